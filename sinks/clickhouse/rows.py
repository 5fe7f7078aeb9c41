"""to_rows: from messages to rows, without building a row.

A message is checked against its contract, then its own bytes become the row: a JSON object to which the place in
the log is added in front. ClickHouse parses JSON far faster than Python can build columns.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

from pipeline.hotlist.digest import digest_of
from pipeline.messages import Batch, Message
from pipeline.outcome import Emit, Outcome, Rejection
from pipeline.runtime.dead_letters import HEADER, TOPIC
from schemas.codec import Refused, compiled, decoder, encode
from schemas.dead_letter import DeadLetter
from schemas.passage import Passage
from schemas.read import Read
from sinks.clickhouse.held import HeldOffsets
from sinks.clickhouse.tables import STORED, Stored

__all__ = ["ToRows"]

LETTER_BYTES = 65_536
UNREVISED = frozenset({"cameras", "hotlist_entries"})
"""Tables whose records carry no revision: of equal keys the one with the latest stamp holds."""
ReadRecord = compiled(Read)


class ToRows:
    """Messages of the stored topics in, one JSON row each out; `Emit.topic` names the table.

    With `reads="best"` a passage also gives a row of `reads`: the read that it shows.
    """

    def __init__(self, held: HeldOffsets, logs: Mapping[str, str], reads: str = "all") -> None:
        self._held = held
        self._best_reads = reads == "best"
        self._tables = {stored.topic: stored.goes_into for stored in STORED} | {TOPIC: "dead_letters"}
        self._decoders = {stored.topic: _check(stored, full=reads == "best") for stored in STORED}
        self._decode_letter = decoder(DeadLetter)
        self._prefixes = {topic: f'{{"_log":"{log}","_partition":'.encode() for topic, log in logs.items()}

    def __call__(self, batch: Batch) -> Outcome:
        """Rows in log order. Dropped: `already_stored` (found by the read-back), `removed` (null value, of topics whose
        table does not tell what is gone).

        Rows of `reads` that come from passages stand first: the read-back after a crash looks at the passages alone,
        so a passage may be stored only after its read.
        """
        outcome = Outcome()
        best_reads: list[Emit] = []
        for message in batch.messages:
            if self._held.holds((message.topic, message.partition), message.offset):
                outcome.dropped["already_stored"] += 1
            elif not message.value and message.topic == "hotlist":
                outcome.emitted.append(self._row(message, "hotlist_entries", _removed(message)))
            elif not message.value and message.topic != TOPIC:
                outcome.dropped["removed"] += 1
            else:
                self._add(message, outcome, best_reads)
        if best_reads:
            outcome.emitted[:0] = best_reads
        return outcome

    def _add(self, message: Message, outcome: Outcome, best_reads: list[Emit]) -> None:
        try:
            if message.topic == TOPIC:
                outcome.emitted.append(self._row(message, "dead_letters", self._letter(message)))
                return
            record = self._decoders[message.topic](message.value)
        except Refused as refused:
            outcome.rejected.append(Rejection(message, refused.reason, refused.detail))
            return
        body = _inside(message.value)
        if message.topic == "hotlist":
            body = b'"_digest":%d,%b' % (digest_of(record), body)
        outcome.emitted.append(self._row(message, self._tables[message.topic], body))
        if self._best_reads and message.topic == "passages" and not getattr(record, "withdrawn", False):
            best_reads.append(self._row(message, "reads", encode(_best_read(record))[1:]))

    def _row(self, message: Message, table: str, body: bytes) -> Emit:
        stamp = b'"_stamp_ms":%d,' % message.timestamp_ms if table in UNREVISED else b""
        prefix = self._prefixes[message.topic]
        row = b'%b%d,"_offset":%d,%b%b' % (prefix, message.partition, message.offset, stamp, body)
        return Emit(table, b"", row, message)

    def _letter(self, message: Message) -> bytes:
        header = dict(message.headers).get(HEADER)
        if header is None:
            raise Refused("header_missing", f"a dead letter needs the header {HEADER}")
        self._decode_letter(header)
        key = base64.b64encode(message.key or b"")
        value = base64.b64encode(message.value[:LETTER_BYTES])
        return b'%b,"key_base64":"%b","value_base64":"%b"}' % (header[1:-1], key, value)


def _check(stored: Stored, *, full: bool) -> Callable[[bytes], Any]:
    """What a message must pass to become a row.

    Reads and lists come from outside and are checked whole. What our own stages wrote is checked for the fields that
    every message must have; the store itself refuses a wrong value in the others.
    """
    required = frozenset(name for name, field in stored.model.model_fields.items() if field.is_required())
    whole = stored.topic in {"reads", "hotlist"} or full
    return decoder(stored.model) if whole else decoder(stored.model, required)


def _inside(value: bytes) -> bytes:
    """A JSON object on one line, without its opening brace."""
    value = value.strip()
    return value.replace(b"\n", b" ")[1:] if b"\n" in value else value[1:]


def _removed(message: Message) -> bytes:
    """What is left of an entry that was taken off its list."""
    return json.dumps({"entry_id": (message.key or b"").decode("utf-8", "replace"), "removed": True}).encode()[1:]


def _best_read(passage: Passage) -> Read:
    """The read that a passage shows."""
    return ReadRecord(
        read_id=passage.best_read_id,
        camera_id=passage.camera_id,
        captured_at=passage.best_captured_at,
        received_at=passage.received_at,
        plate_raw=passage.plate_raw,
        confidence=passage.confidence,
        candidates=passage.candidates,
        country=passage.country,
        box=passage.box,
        frame_id=passage.frame_id,
        evidence=passage.evidence,
        vehicle_class=passage.vehicle_class,
        direction=passage.direction,
        lane=passage.lane,
        position=passage.position,
        reader=passage.reader,
    )
