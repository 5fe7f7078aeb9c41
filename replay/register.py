"""A national vehicle register for load tests: messages of the topic `vehicles`, millions in half a minute.

What a vehicle is follows from its number, in the shares of `replay.fleet`; first registrations fall off as there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

from replay.fleet import EURO_FROM, MEAN_AGE_YEARS, RECENT_FUELS
from replay.history.plates import spell

__all__ = [
    "BELGIAN_OF_100",
    "FOREIGN_OF_100",
    "KINDS",
    "MOST_VEHICLES",
    "TODAY",
    "register",
    "register_kinds",
    "register_plates",
]

MOST_VEHICLES = 20_000_000
"""Beyond, plates would repeat."""
TODAY = date(2026, 3, 1)
"""The youngest vehicle was registered the day before."""
FOREIGN_OF_100 = 1
"""Vehicles of other countries that registered for the zones."""
AT_ONCE = 50_000
BELGIAN_OF_100 = 80
"""Plate numbers of `replay.history.plates`: those of each hundred that are Belgian come first."""
NO_EURO, KNOWN_SINCE, OVER, HELD_BEFORE, OF_TWO_COUNTRIES = 0.04, 0.7, 0.02, 0.005, 0.001
"""Shares: certificate tells no Euro standard; the register tells since when the plate is this vehicle's; deregistered;
an earlier holder is known; a vehicle of another country bears the same text."""
KINDS: tuple[tuple[float, str, str, str, str], ...] = (
    (0.440, "M1", "", "AA", "petrol"),
    (0.300, "M1", "", "AC", "diesel"),
    (0.060, "M1", "", "AF", "petrol_hybrid"),
    (0.045, "M1", "", "AA", "petrol_plugin"),
    (0.055, "M1", "", "AB", "electric"),
    (0.006, "M1", "", "AB", "lpg"),
    (0.018, "N1", "I", "BB", "diesel"),
    (0.008, "N1", "II", "BB", "petrol"),
    (0.016, "N1", "II", "BB", "diesel"),
    (0.022, "N1", "III", "BB", "diesel"),
    (0.002, "N1", "III", "BC", "diesel"),
    (0.004, "N1", "III", "BB", "electric"),
    (0.005, "N2", "", "BA", "diesel"),
    (0.008, "N3", "", "BC", "diesel"),
    (0.001, "N3", "", "BC", "cng"),
    (0.002, "M3", "", "CA", "diesel"),
    (0.004, "T", "", "", "diesel"),
    (0.002, "L1", "", "", "petrol"),
    (0.002, "L3", "", "", "petrol"),
)  # fmt: skip
"""Share, category, class of vans, body, fuel."""
_OLDTIMER_FROM_DAYS = 31 * 365
TEMPLATE = b'{"schema_version":1,"plate":"%b","country":"%b",%b,"first_registered":"%b"%b,"description":"%b"%b}'
DESCRIPTIONS = (b"Volkswagen Golf, grey", b"Renault Clio, white", b"Peugeot 208, black", b"BMW 3, blue")
EARLIER = b',"others":[{"country":"BE","category":"M1","fuel":"diesel","euro":3,"registered_until":"%bT00:00:00Z"}]'
ABROAD = b',"others":[{"country":"FR","category":"M1","fuel":"petrol","euro":5}]'


@dataclass(frozen=True, slots=True)
class _Draws:
    """What chance decides of some vehicles."""

    kinds: NDArray[np.int64]
    ages: NDArray[np.int64]
    """Days since first registration."""
    shares: NDArray[np.float64]
    """(vehicles, 4): no Euro standard, since known, deregistered, others."""


def register_plates(numbers: NDArray[np.int64]) -> tuple[list[str], list[str]]:
    """Plates and countries of vehicles, by number below MOST_VEHICLES; all differ."""
    foreign = numbers % 100 >= 100 - FOREIGN_OF_100
    hundreds, within = np.divmod(numbers, BELGIAN_OF_100)
    belgian = hundreds * 100 + within
    hundreds, within = np.divmod(numbers // 100, 100 - BELGIAN_OF_100)
    spelt = spell(np.where(foreign, hundreds * 100 + BELGIAN_OF_100 + within, belgian))
    return spelt.plate.strings(), [spelt.country.names[code] for code in spelt.country.codes.tolist()]


def register_kinds(count: int, seed: int = 1) -> NDArray[np.uint8]:
    """Place in KINDS of each of the first vehicles, as `register` tells them."""
    starts = range(0, count, AT_ONCE)
    parts = [
        _kinds(min(AT_ONCE, count - first), np.random.default_rng([seed, first])).astype(np.uint8) for first in starts
    ]
    found: NDArray[np.uint8] = np.concatenate(parts)
    return found


def register(count: int, seed: int = 1) -> Iterator[list[tuple[bytes, bytes]]]:
    """Key and value of a message for each of the first vehicles, some ten thousand at a time."""
    for first in range(0, count, AT_ONCE):
        yield _messages(np.arange(first, min(first + AT_ONCE, count)), np.random.default_rng([seed, first]))


def _messages(numbers: NDArray[np.int64], rng: np.random.Generator) -> list[tuple[bytes, bytes]]:
    plates, countries = register_plates(numbers)
    draws = _draw(len(numbers), rng)
    rows = zip(plates, countries, draws.kinds.tolist(), draws.ages.tolist(), draws.shares.tolist(), strict=True)
    return [
        (plate.encode(), _value(n, plate.encode(), country.encode(), *row))
        for n, (plate, country, *row) in enumerate(rows)
    ]


def _kinds(count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """The first draw of a generator: fewer of them are the first ones of more."""
    return rng.choice(len(KINDS), size=count, p=[kind[0] for kind in KINDS])


def _draw(count: int, rng: np.random.Generator) -> _Draws:
    kinds = _kinds(count, rng)
    recent = np.array([kind[4] in RECENT_FUELS for kind in KINDS])[kinds]
    years = np.minimum(rng.exponential(MEAN_AGE_YEARS, count), np.where(recent, 6.0, 40.0))
    return _Draws(kinds, (years * 365.25).astype(np.int64) + 1, rng.random((count, 4)))


def _value(n: int, plate: bytes, country: bytes, kind: int, age: int, shares: Sequence[float]) -> bytes:
    first = TODAY - timedelta(days=age)
    told = TODAY - timedelta(days=int(age * shares[1]))  # some changed hands since
    return TEMPLATE % (
        plate,
        country,
        _described(kind, first, age, no_euro=shares[0] < NO_EURO),
        _iso(first),
        _held(told, shares),
        DESCRIPTIONS[n % len(DESCRIPTIONS)],
        _others(told, shares[3]),
    )


def _described(kind: int, first: date, age: int, *, no_euro: bool) -> bytes:
    """Category, class, body, fuel, standard, exemptions."""
    _, category, n1_class, body, fuel = KINDS[kind]
    text = f'"category":"{category}","fuel":"{fuel}"'
    text += f',"n1_class":"{n1_class}"' if n1_class else ""
    text += f',"body_code":"{body}"' if body else ""
    if fuel == "electric":
        text += ',"exemptions":["zero_emission"]'
    elif age > _OLDTIMER_FROM_DAYS:
        text += ',"exemptions":["oldtimer"]'
    if fuel != "electric" and not no_euro:
        _, euro, suffix = next((row for row in EURO_FROM if first >= row[0]), (first, 0, ""))
        text += f',"euro":{euro}' + (f',"euro_suffix":"{suffix}"' if suffix else "")
    return text.encode()


def _held(told: date, shares: Sequence[float]) -> bytes:
    held = b',"registered_from":"%bT00:00:00Z"' % _iso(told) if shares[1] < KNOWN_SINCE else b""
    if shares[2] < OVER:
        held += b',"registered_until":"%bT00:00:00Z"' % _iso(TODAY - (TODAY - told) // 2)
    return held


def _others(told: date, share: float) -> bytes:
    if share < HELD_BEFORE:
        return EARLIER % _iso(told)
    return ABROAD if share < HELD_BEFORE + OF_TWO_COUNTRIES else b""


def _iso(day: date) -> bytes:
    return day.isoformat().encode()
