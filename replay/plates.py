"""Invented plates of believable shapes: compact text, national display form, country.

Shapes and their letters follow the plate syntax of the project's domain reference (Belgian decrees, RDW side
codes, SIV …). Shares are estimates for Brussels traffic; 16 % of Belgian plates
have the shape of before 2010.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from replay.seeds import Weighted

__all__ = ["COUNTRY_SHARES", "Plate", "PlatePress", "compact"]

DIGITS = "0123456789"
ALL = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
BE_LETTERS = "ABCDEFGHIJKLMNPQRSTUVWXYZ"  # the letter O is unused in the series of 2010
BE_FIRST = "ABCDEFGHJKLNPRSTVXY"  # I M O Q U W Z open other series
BE_OLD_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"  # before 2010 no I, O, Q
NL_LETTERS = "BDFGHJKLNPRSTVXZ"  # without M, W: motorcycles and trailers start with them
FR_LETTERS = "ABCDEFGHJKLMNPQRSTVWXYZ"
LU_LETTERS = "BEFGMNRTVXY"  # a subset that cannot spell a reserved or barred pair
GB_LETTERS = "ABCDEFGHJKLMNPRSTUVWXY"
RO_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"
DE_DISTRICTS = ("AC", "B", "BN", "D", "DN", "DO", "E", "EU", "F", "HH", "K", "KLE", "M", "S", "TR", "WOB")
NL_BARRED = ("GVD", "KKK", "NSB", "PKK", "PSV", "TBS", "SS", "SD", "PVV", "SGP", "VVD")
WORDS = ("LUNA", "ZEBRA", "MAX", "TANGO", "BOB", "VELO", "JAZZ", "KOALA", "OSCAR", "FLORA", "ROBIN", "SAM")

COUNTRY_SHARES = (
    ("BE", 80.0),
    ("NL", 5.0),
    ("FR", 6.5),
    ("DE", 4.0),
    ("LU", 1.5),
    ("GB", 1.0),
    ("PL", 1.0),
    ("RO", 1.0),
)
"""Country (ISO 3166-1) → per cent of the traffic; an estimate."""


@dataclass(frozen=True, slots=True)
class Plate:
    """A registration as text."""

    display: str
    """National form with separators: `1-ABC-234`."""
    country: str
    series: str
    """Shape: `BE_STD`, `NL_11` …"""

    @property
    def text(self) -> str:
        """Compact form: `1ABC234`."""
        return compact(self.display)


def compact(display: str) -> str:
    """Letters and digits only."""
    return display.replace("-", "").replace(" ", "")


class PlatePress:
    """Makes plates that differ from each other. Which ones depends only on its stream of chance."""

    def __init__(self, rng: random.Random) -> None:
        self._rng = rng
        self._made: set[str] = set()

    def press(self, country: str | None = None, kind: str = "car") -> Plate:
        """A new plate. country: None = by share of the traffic. kind: `car` or `motorcycle`."""
        country = country or _COUNTRIES.draw(self._rng)
        while True:
            plate = self._try(country, kind)
            if plate.text not in self._made:
                self._made.add(plate.text)
                return plate

    def _try(self, country: str, kind: str) -> Plate:
        if country == "BE" and kind == "motorcycle":
            return Plate(_fill("M-Faa-ddd", self._rng), "BE", "BE_MOTO")
        series, make = _SERIES[country].draw(self._rng)
        return Plate(make(self._rng), country, series)


Maker = Callable[[random.Random], str]

_COUNTRIES = Weighted(COUNTRY_SHARES)
_SETS = {
    "d": DIGITS, "1": "123456789", "a": BE_LETTERS, "F": BE_FIRST, "o": BE_OLD_LETTERS, "n": NL_LETTERS,
    "f": FR_LETTERS, "l": LU_LETTERS, "g": GB_LETTERS,
    "r": RO_LETTERS, "x": ALL,
}  # fmt: skip


def _fill(pattern: str, rng: random.Random) -> str:
    """Replace each place holder of `_SETS` by a random member; everything else stays as it is."""
    return "".join(rng.choice(_SETS[c]) if c in _SETS else c for c in pattern)


def _shape(pattern: str, barred: tuple[str, ...] = ()) -> Maker:
    """A maker for a pattern that tries again while the result contains a barred group."""

    def make(rng: random.Random) -> str:
        while True:
            display = _fill(pattern, rng)
            if not any(bad in compact(display) for bad in barred):
                return display

    return make


def _standard(rng: random.Random) -> str:
    """Index 2 since February 2021; about as many of each on the road."""
    return rng.choice(("1", "2")) + _fill("-Faa-ddd", rng)


def _personalised(rng: random.Random) -> str:
    """A word of 3 to 5 letters, a dash, 1 or 2 digits: at most 8 characters, and no series shape."""
    return f"{rng.choice(WORDS)}-{rng.randrange(1, 100)}"


def _german(rng: random.Random) -> str:
    """At most 8 letters and digits in all."""
    district, pair = rng.choice(DE_DISTRICTS), rng.choice(("AB", "EK", "KL", "MT", "P", "R", "TX", "WE", "Z"))
    return f"{district}-{pair} {rng.randrange(1, 10 ** min(8 - len(district + pair), 4))}"


def _british(rng: random.Random) -> str:
    """Age number of March or September, 2002 to 2026."""
    year = rng.randrange(2, 26)
    return f"{_fill('gg', rng)}{year + rng.choice((0, 50)):02d} {_fill('ggg', rng)}"


def _french(rng: random.Random) -> str:
    """AA-001-AA to ZZ-999-ZZ, without SS."""
    pair = _shape("ff", barred=("SS",))
    return f"{pair(rng)}-{rng.randrange(1, 1000):03d}-{pair(rng)}"


def _romanian(rng: random.Random) -> str:
    county = rng.choice(("CJ", "IS", "TM", "BV", "AR", "SB"))
    return f"{county} {_fill('dd', rng)} {_fill('rrr', rng)}"


_SERIES: dict[str, Weighted[tuple[str, Maker]]] = {
    "BE": Weighted(
        [
            (("BE_STD", _standard), 78.5),
            (("BE_C11", _shape("ooo-ddd")), 16.0),
            (("BE_C12", _shape("ddd-ooo")), 3.0),
            (("BE_TAXI", _shape("T-Xaa-ddd")), 1.0),
            (("BE_PERS", _personalised), 1.5),
        ]
    ),
    "NL": Weighted(
        [
            (("NL_6", _shape("dd-nn-nn", NL_BARRED)), 10.0),
            (("NL_7", _shape("dd-nnn-d", NL_BARRED)), 15.0),
            (("NL_8", _shape("d-nnn-dd", NL_BARRED)), 20.0),
            (("NL_9", _shape("nn-ddd-n", NL_BARRED)), 22.0),
            (("NL_10", _shape("n-ddd-nn", NL_BARRED)), 23.0),
            (("NL_11", _shape("nnn-dd-n", NL_BARRED)), 10.0),
        ]
    ),
    "FR": Weighted([(("FR_SIV", _french), 1.0)]),
    "DE": Weighted([(("DE", _german), 1.0)]),
    "LU": Weighted([(("LU", _shape("ll dddd")), 1.0)]),
    "GB": Weighted([(("GB", _british), 1.0)]),
    "PL": Weighted([(("PL", _shape("Wl ddddd")), 1.0)]),
    "RO": Weighted([(("RO", _romanian), 1.0)]),
}
