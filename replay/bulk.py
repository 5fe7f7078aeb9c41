"""Encoded reads for load tests, far faster than any consumer: one byte template, only what differs is filled in.

No roads here: each vehicle always passes its own camera, so that no plate is in two places at once, however fast
reads are asked for. Each read is a track and a vehicle passage of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from math import prod

import numpy as np

from replay.plates import BE_FIRST, BE_LETTERS, BE_OLD_LETTERS, FR_LETTERS, NL_LETTERS
from schemas.hotlist import HotlistEntry

__all__ = ["ReadFactory", "vehicle_plate"]

TEMPLATE = (
    b'{"schema_version":1,"read_id":"%b","camera_id":"%b","captured_at":"%b","received_at":"%b",'
    b'"plate_raw":"%b","confidence":%b,"candidates":[{"text":"%b","confidence":%b}],"country":"%b",'
    b'"track_id":"%x","vehicle_class":"car",%b,"reader":"sim-bulk/1"}'
)
VIEWS = 64
"""Different boxes, lanes and directions, encoded beforehand."""
MOST_LISTED = 1000
"""Vehicles on the hotlist, at most."""
SKEW = 0.7
"""0: all vehicles drive equally often; 0.7: the busiest ones 3.3 times as often as the mean."""

MIXED = 7_368_787
"""A prime that spreads neighbouring vehicle numbers over a series."""


class ReadFactory:
    """Makes batches of encoded reads. The same arguments and calls give the same bytes."""

    def __init__(
        self, cameras: Sequence[str], fleet_size: int = 1_000_000, listed_share: float = 0.005, seed: int = 0
    ) -> None:
        """cameras: identifiers. listed_share: share of reads whose plate is on the hotlist, 0 to 1.

        Raises ValueError without a camera, for a share outside 0…1 or a fleet of less than 2 or more than
        5,000,000 vehicles (beyond, plates would repeat).
        """
        if not cameras or not 0 <= listed_share <= 1 or not 2 <= fleet_size <= 5_000_000:
            raise ValueError("a factory needs cameras, a share from 0 to 1, and 2 to 5,000,000 vehicles")
        self._cameras = [name.encode() for name in cameras]
        self._fleet_size = fleet_size
        self._listed_share = listed_share
        self._listed_count = min(MOST_LISTED, fleet_size // 2)
        self._rng = np.random.default_rng(seed)
        self._views = _views(self._rng)
        self.reads = 0
        """Reads made so far: so many passages must come out."""
        self.listed_reads = 0
        """Those whose plate is on the hotlist: so many hits must come out, if its every entry is loaded."""

    def hotlist(self, start: datetime) -> list[HotlistEntry]:
        """An entry for each listed plate, valid from a day before `start`."""
        since = start - timedelta(days=1)
        return [_entry(n, vehicle_plate(n)[0].decode(), since) for n in range(self._listed_count)]

    def next_batch(self, n: int, captured_at: datetime, received_at: datetime) -> list[tuple[bytes, bytes]]:
        """n messages (key = camera, value = Read as JSON). Times: aware, the same for the whole batch."""
        vehicles, listed = self._draw(n)
        self.reads += n
        self.listed_reads += listed
        digits = self._rng.bytes(16 * n).hex().encode()
        ids = [_uuid(digits[at : at + 32]) for at in range(0, 32 * n, 32)]
        views = self._rng.integers(0, VIEWS, n).tolist()
        when = _instant(captured_at), _instant(received_at)
        rows = zip(ids, vehicles, views, range(self.reads - n, self.reads), strict=True)
        return [self._message(*row, when) for row in rows]

    def _draw(self, n: int) -> tuple[list[int], int]:
        """Vehicle numbers, and how many are listed: numbers below `_listed_count` are."""
        free = self._fleet_size - self._listed_count
        spot = self._rng.random(n)
        numbers = self._listed_count + (free * spot * (1 - SKEW + SKEW * spot)).astype(np.int64)
        listed = self._rng.random(n) < self._listed_share
        numbers[listed] = self._rng.integers(0, self._listed_count, int(listed.sum()))
        return numbers.tolist(), int(listed.sum())

    def _message(
        self, read_id: bytes, vehicle: int, view: int, track: int, when: tuple[bytes, bytes]
    ) -> tuple[bytes, bytes]:
        camera = self._cameras[(vehicle + vehicle // 100) % len(self._cameras)]
        plate, country = vehicle_plate(vehicle)
        confidence, fields = self._views[view]
        value = TEMPLATE % (
            read_id, camera, *when, plate, confidence, plate, confidence, country, track, fields
        )  # fmt: skip
        return camera, value


def _uuid(digits: bytes) -> bytes:
    """32 random hexadecimal digits in the shape of a UUIDv5, as real identifiers are."""
    return b"%b-%b-5%b-a%b-%b" % (digits[:8], digits[8:12], digits[13:16], digits[17:20], digits[20:])


def vehicle_plate(number: int) -> tuple[bytes, bytes]:
    """Compact plate and country of a vehicle, by arithmetic: no list of a million plates is kept.

    Shares: 76 % Belgian of now, 16 % Belgian of before 2010, 5 % French, 3 % Dutch. Different numbers below
    5,000,000 give different plates.
    """
    hundreds, kind = divmod(number, 100)
    if kind < 76:
        return _spell(hundreds * 76 + kind, ("12", BE_FIRST, BE_LETTERS, BE_LETTERS, D, D, D)), b"BE"
    if kind < 92:
        return _spell(hundreds * 16 + kind - 76, (BE_OLD_LETTERS,) * 3 + (D, D, D)), b"BE"
    if kind < 97:
        return _spell(hundreds * 5 + kind - 92, (FR, FR, D, "123456789", D, FR, FR)), b"FR"
    return _spell(hundreds * 3 + kind - 97, (NL, D, D, D, NL, NL)), b"NL"


D = "0123456789"
FR = FR_LETTERS.replace("S", "")  # so that no barred pair can be spelt
NL = NL_LETTERS.replace("S", "")


def _spell(number: int, places: tuple[str, ...]) -> bytes:
    """The number in a mixed base, whose digits at each place are the characters allowed there."""
    number = number * MIXED % prod(map(len, places))  # one to one: the prime divides no alphabet's size
    text = ""
    for characters in places:
        number, digit = divmod(number, len(characters))
        text += characters[digit]
    return text.encode()


def _views(rng: np.random.Generator) -> list[tuple[bytes, bytes]]:
    """Pairs of confidence and the fields that tell how the vehicle was seen, encoded."""
    return [_view(*map(int, rng.integers(0, 1000, 4))) for _ in range(VIEWS)]


def _view(a: int, b: int, c: int, d: int) -> tuple[bytes, bytes]:
    direction = b"approaching" if d % 2 else b"departing"
    box = b'"box":{"x":%d,"y":%d,"w":%d,"h":%d}' % (300 + a, 200 + b // 2, 110 + c % 80, 26 + c % 17)
    return b"0.%03d" % (900 + a % 99), b'"direction":"%b","lane":%d,%b' % (direction, 1 + d % 2, box)


def _instant(moment: datetime) -> bytes:
    """RFC 3339 in UTC. Raises ValueError for a naive time."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z").encode()


def _entry(number: int, plate: str, since: datetime) -> HotlistEntry:
    return HotlistEntry(
        entry_id=f"bulk-{number:06d}",
        list_kind="stolen_vehicle",
        plate=plate,
        owner="federal",
        priority=10,
        reason="Load test",
        valid_from=since,
    )
