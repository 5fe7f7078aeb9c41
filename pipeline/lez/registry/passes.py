"""Day passes by plate: some hundred thousand, as bytes; of an object each takes ten times the room."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from struct import Struct
from uuid import UUID

from schemas.codec import compiled
from schemas.lez import LezPass

__all__ = ["KEPT_FOR", "PassBook"]

KEPT_FOR = timedelta(days=426)
"""Fourteen months: a passage of the last year is judged by the passes that covered it."""
PassRecord = compiled(LezPass)
_ROW = Struct("<16sHiq?")
"""Identifier, zone, day, microsecond of purchase, cancelled."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class PassBook:
    """Passes by plate; a later record of the same pass replaces it."""

    def __init__(self) -> None:
        self._rows: dict[str, bytes] = {}
        self._zones: list[str] = []
        self._count = 0
        self._swept = date.min

    def __len__(self) -> int:
        return self._count

    def __contains__(self, plate: str) -> bool:
        return plate in self._rows

    def put(self, _key: bytes, bought: LezPass) -> None:
        """Record a pass, or its cancellation."""
        own = bought.pass_id.bytes
        others = [row for row in self._rows_of(bought.plate) if not row.startswith(own)]
        self._keep(bought.plate, [*others, self._row(bought)])

    def _row(self, bought: LezPass) -> bytes:
        if bought.zone not in self._zones:
            self._zones.append(bought.zone)
        second = (bought.bought_at - _EPOCH) // _MICROSECOND
        return _ROW.pack(
            bought.pass_id.bytes, self._zones.index(bought.zone), bought.day.toordinal(), second, bought.cancelled
        )

    def _rows_of(self, plate: str) -> Iterator[bytes]:
        held = self._rows.get(plate, b"")
        return (held[at : at + _ROW.size] for at in range(0, len(held), _ROW.size))

    def _keep(self, plate: str, rows: list[bytes]) -> None:
        self._count += len(rows) - len(self._rows.pop(plate, b"")) // _ROW.size
        if rows:
            self._rows[plate] = b"".join(rows)

    def remove(self, key: bytes) -> None:
        """Forget all passes of a plate."""
        self._keep(key.decode("utf-8", "replace"), [])

    def of(self, plate: str) -> tuple[LezPass, ...]:
        """All passes of a plate, bought for it and no other."""
        return tuple(self._told(plate, *_ROW.unpack(row)) for row in self._rows_of(plate))

    def _told(self, plate: str, own: bytes, zone: int, day: int, bought: int, cancelled: bool) -> LezPass:
        return PassRecord(
            pass_id=UUID(bytes=own),
            plate=plate,
            zone=self._zones[zone],
            day=date.fromordinal(day),
            bought_at=_EPOCH + bought * _MICROSECOND,
            cancelled=cancelled,
        )

    def forget_old(self, today: date) -> None:
        """Let passes go that are older than KEPT_FOR; looks once for each new day."""
        if today <= self._swept:
            return
        self._swept, first = today, today.toordinal() - KEPT_FOR.days
        for plate in list(self._rows):
            rows = list(self._rows_of(plate))
            self._keep(plate, [row for row in rows if _ROW.unpack(row)[2] >= first])
