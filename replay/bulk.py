"""Encoded reads for load tests, far faster than any consumer: one byte template, only what differs is filled in.

No roads here: each vehicle always passes its own camera, so that no plate is in two places at once, however fast
reads are asked for. Each read is a track and a vehicle passage of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from math import prod
from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

from replay.plates import BE_FIRST, BE_LETTERS, BE_OLD_LETTERS, FR_LETTERS, NL_LETTERS
from schemas.hotlist import HotlistEntry

__all__ = ["ReadFactory", "vehicle_plate", "vehicle_plates"]

Bytes: TypeAlias = NDArray[np.uint8]
Numbers: TypeAlias = NDArray[np.int64]
N = TypeVar("N", int, Numbers)

TEMPLATE = (
    ("id", b'{"schema_version":1,"read_id":"'),
    ("camera", b'","camera_id":'),
    ("captured_at", b',"captured_at":'),
    ("received_at", b',"received_at":'),
    ("plate", b',"plate_raw":'),
    ("confidence", b',"confidence":'),
    ("plate", b',"candidates":[{"text":'),
    ("confidence", b',"confidence":'),
    ("country", b'}],"country":"'),
    ("track", b'","track_id":"'),
    ("view", b'","vehicle_class":"car",'),
    ("", b',"reader":"sim-bulk/1"}'),
)
"""Fields, each behind the bytes before it. All are of one width, so that reads are rows of a table of bytes: what is
shorter has blanks behind it, which JSON does not mind."""
ID_WIDTH, TRACK_DIGITS = 36, 12
VIEWS = 64
"""Different boxes, lanes and directions, encoded beforehand."""
MOST_LISTED = 1000
"""Vehicles on the hotlist, at most."""
SKEW = 0.7
"""0: all vehicles drive equally often; 0.7: the busiest ones 3.3 times as often as the mean."""

TRACK_SHIFTS = np.arange(8 * (TRACK_DIGITS // 2 - 1), -1, -8)
HEX = np.frombuffer(b"0123456789abcdef", np.uint8)
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
        self._quoted = _padded([b'"%b"' % name for name in self._cameras])
        self._fleet_size = fleet_size
        self._listed_share = listed_share
        self._listed_count = min(MOST_LISTED, fleet_size // 2)
        self._rng = np.random.default_rng(seed)
        confidences, views = zip(*_views(self._rng), strict=True)
        self._confidences, self._views = _padded(confidences), _padded(views)
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
        first, self.reads = self.reads, self.reads + n
        self.listed_reads += listed
        digits = _hex_digits(np.frombuffer(self._rng.bytes(16 * n), np.uint8).reshape(n, 16))
        cameras = (vehicles + vehicles // 100) % len(self._cameras)
        views = self._rng.integers(0, VIEWS, n)
        plates, countries = vehicle_plates(vehicles)
        rows = _rows(
            {
                "id": _identifiers(digits),
                "camera": self._quoted[cameras],
                "captured_at": _bytes(b'"%b"' % _instant(captured_at)),
                "received_at": _bytes(b'"%b"' % _instant(received_at)),
                "plate": plates,
                "confidence": self._confidences[views],
                "country": countries,
                "track": _hex_digits((np.arange(first, first + n)[:, None] >> TRACK_SHIFTS & 255).astype(np.uint8)),
                "view": self._views[views],
            },
            n,
        )
        return list(zip([self._cameras[camera] for camera in cameras.tolist()], rows, strict=True))

    def _draw(self, n: int) -> tuple[Numbers, int]:
        """Vehicle numbers, and how many are listed: numbers below `_listed_count` are."""
        free = self._fleet_size - self._listed_count
        spot = self._rng.random(n)
        numbers = self._listed_count + (free * spot * (1 - SKEW + SKEW * spot)).astype(np.int64)
        listed = self._rng.random(n) < self._listed_share
        numbers[listed] = self._rng.integers(0, self._listed_count, int(listed.sum()))
        return numbers, int(listed.sum())


def _rows(fields: dict[str, Bytes], n: int) -> list[bytes]:
    """One message each. fields: by name (n, width), or (width,) where all have the same."""
    parts: list[Bytes] = []
    for name, before in TEMPLATE:
        parts += [_bytes(before), fields[name]] if name else [_bytes(before)]
    width = sum(part.shape[-1] for part in parts)
    table, place = np.empty((n, width), np.uint8), 0
    for part in parts:
        table[:, place : place + part.shape[-1]] = part
        place += part.shape[-1]
    whole = table.tobytes()
    return [whole[start : start + width] for start in range(0, n * width, width)]


def _identifiers(digits: Bytes) -> Bytes:
    """Random digits (n, 32) in the shape of a UUIDv5, as real identifiers are."""
    made = np.full((len(digits), ID_WIDTH), ord("-"), np.uint8)
    for to, start, end in ((0, 0, 8), (9, 8, 12), (14, 12, 16), (19, 16, 20), (24, 20, 32)):
        made[:, to : to + end - start] = digits[:, start:end]
    made[:, 14], made[:, 19] = ord("5"), ord("a")
    return made


def _hex_digits(numbers: Bytes) -> Bytes:
    """(n, k) → (n, 2k)."""
    return HEX[np.stack([numbers >> 4, numbers & 15], axis=2).reshape(len(numbers), -1)]


def _padded(texts: Sequence[bytes]) -> Bytes:
    """Of any lengths, with blanks behind them."""
    width = max(map(len, texts))
    return np.stack([_bytes(text.ljust(width)) for text in texts])


def _bytes(text: bytes) -> Bytes:
    return np.frombuffer(text, np.uint8)


def vehicle_plate(number: int) -> tuple[bytes, bytes]:
    """Compact plate and country of a vehicle, by arithmetic: no list of a million plates is kept.

    Shares: 76 % Belgian of now, 16 % Belgian of before 2010, 5 % French, 3 % Dutch. Different numbers below
    5,000,000 give different plates.
    """
    hundreds, kind = divmod(number, 100)
    first, country, places = next(series for series in reversed(SERIES) if kind >= series[0])
    spelt = _spell(hundreds * _width(first) + kind - first, places)
    return "".join(characters[digit] for characters, digit in zip(places, spelt, strict=True)).encode(), country


def vehicle_plates(numbers: Numbers) -> tuple[Bytes, Bytes]:
    """Of many vehicles: plates in quotes (n, 9), countries (n, 2)."""
    hundreds, kinds = np.divmod(numbers, 100)
    plates = np.full((len(numbers), 9), ord(" "), np.uint8)
    countries = np.empty((len(numbers), 2), np.uint8)
    for place, (first, country, places) in enumerate(SERIES):
        until = SERIES[place + 1][0] if place + 1 < len(SERIES) else 100
        rows = np.flatnonzero((kinds >= first) & (kinds < until))
        spelt = _spell(hundreds[rows] * _width(first) + kinds[rows] - first, places)
        plates[rows, 0] = plates[rows, len(places) + 1] = ord('"')
        for nth, (characters, digit) in enumerate(zip(places, spelt, strict=True), start=1):
            plates[rows, nth] = _bytes(characters.encode())[digit]
        countries[rows] = _bytes(country)
    return plates, countries


def _width(first: int) -> int:
    """Vehicles of a hundred that are of the series which begins at this number."""
    begins = [series[0] for series in SERIES] + [100]
    return begins[begins.index(first) + 1] - first


D = "0123456789"
FR = FR_LETTERS.replace("S", "")  # so that no barred pair can be spelt
NL = NL_LETTERS.replace("S", "")
SERIES = (
    (0, b"BE", ("12", BE_FIRST, BE_LETTERS, BE_LETTERS, D, D, D)),
    (76, b"BE", ((BE_OLD_LETTERS,) * 3 + (D, D, D))),
    (92, b"FR", (FR, FR, D, "123456789", D, FR, FR)),
    (97, b"NL", (NL, D, D, D, NL, NL)),
)
"""Of a hundred vehicles: from which on, country, characters at each place."""


def _spell(number: N, places: tuple[str, ...]) -> list[N]:
    """The number in a mixed base, whose digits at each place are those of the characters allowed there."""
    left: Any = number * MIXED % prod(map(len, places))  # one to one: the prime divides no alphabet's size
    digits = []
    for characters in places:
        left, digit = divmod(left, len(characters))
        digits.append(digit)
    return digits


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
