"""How far each spool has come, as the topic `uploads` and this process know it. No clock, no broker: asked and told."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Literal

from anpr.door.arrived import Arrived
from schemas.codec import changed, compiled, decoder
from schemas.upload import Floor, Sequence, Upload

__all__ = ["TAKEOVER", "Ledger", "Verdict"]

Verdict = Literal["new", "repeated", "unsettled", "elsewhere", "other_content"]
"""`unsettled`: it was begun, and what became of it must be looked up. `elsewhere`: another door may still try it."""
TAKEOVER = timedelta(minutes=5)
"""After so long another door has ended its attempt: its messages time out after four minutes (`sender.GIVE_UP_S`)."""
REMEMBERED = 16
"""Uploads of a spool whose digests are known. A device that lost power may come back by one or two."""
MOST_UNCOUNTED = 10_000
"""Uploads without a count whose digests are known, over all devices."""
UploadRecord, FloorRecord, SequenceRecord = compiled(Upload), compiled(Floor), compiled(Sequence)


class Ledger:
    """Used in the event loop only."""

    def __init__(self, door: str) -> None:
        """door: this process, `name/start`: of one name there is one at a time. Without a name, nobody succeeds it."""
        self.door = door
        self._name = door.rpartition("/")[0]
        self._spools: dict[str, Upload] = {}
        self._uncounted: OrderedDict[str, None] = OrderedDict()
        self._decode: Callable[[bytes], Upload] = decoder(Upload)

    def put(self, key: bytes, value: bytes | None) -> None:
        """A message of the topic; our own are older than what we know. Raises Refused."""
        lane = key.decode("utf-8", "replace")
        if not value:
            self._spools.pop(lane, None)
            return
        record = self._decode(value)
        if record.door != self.door:
            self._spools[lane] = record

    def is_ours(self, lane: str) -> bool:
        """Whether this process was the last to take something of the spool: then nobody knows more."""
        found = self._spools.get(lane)
        return found is not None and found.door == self.door

    def verdict(self, arrived: Arrived, now: datetime) -> Verdict:
        """What an upload is to us."""
        if arrived.spooled is None:
            return "repeated" if arrived.lane in self._uncounted else "new"
        found, number = self._spools.get(arrived.lane), arrived.spooled.number
        if found is None or number > found.number:
            return "new"
        if number < found.number:
            digests = {one.number: one.digest for one in found.before}
            return "repeated" if digests.get(number) == arrived.digest else "other_content"
        if found.digest != arrived.digest:
            return "other_content"
        if found.state == "done":
            return "repeated"
        return "unsettled" if self._is_over(found, now) else "elsewhere"

    def _is_over(self, found: Upload, now: datetime) -> bool:
        """Whether nobody tries it any more: we have it, or whoever had our name before, or it was long ago."""
        before_us = self._name and found.door.rpartition("/")[0] == self._name
        return found.door == self.door or bool(before_us) or now - found.opened_at >= TAKEOVER

    def floors(self, lane: str) -> dict[int, int]:
        """Of the spool's newest upload: partition → offset before which none of its messages lies."""
        found = self._spools[lane]
        return {floor.partition: floor.offset for floor in found.floors}

    def open(self, arrived: Arrived, floors: Mapping[int, int], now: datetime) -> Upload:
        """The record to write before the upload's messages; it holds from now on."""
        assert arrived.spooled is not None
        record = UploadRecord(
            spool_key=arrived.lane,
            device=arrived.device,
            spool=arrived.spooled.spool,
            number=arrived.spooled.number,
            digest=arrived.digest,
            state="open",
            door=self.door,
            opened_at=now,
            topic=arrived.topic,
            floors=tuple(FloorRecord(partition=place, offset=offset) for place, offset in sorted(floors.items())),
            before=self._before(arrived.lane, arrived.spooled.number),
            clock_skew_s=arrived.skew_s,
        )
        self._spools[arrived.lane] = record
        return record

    def _before(self, lane: str, number: int) -> tuple[Sequence, ...]:
        found = self._spools.get(lane)
        if found is None:
            return ()
        if found.number == number:
            return found.before
        return (SequenceRecord(number=found.number, digest=found.digest), *found.before)[:REMEMBERED]

    def done(self, arrived: Arrived) -> Upload | None:
        """All of it is acknowledged: the record that says so; None: the device keeps no count."""
        if arrived.spooled is None:
            self._uncounted[arrived.lane] = None
            if len(self._uncounted) > MOST_UNCOUNTED:
                self._uncounted.popitem(last=False)
            return None
        record = changed(self._spools[arrived.lane], state="done", floors=())
        self._spools[arrived.lane] = record
        return record
