"""Values that contracts do not expect, and values at the edge of what they allow."""

from __future__ import annotations

from random import Random
from typing import Any

__all__ = ["VERSIONS", "odd_moment", "odd_value"]

NUMBERS: tuple[Any, ...] = (
    *(0, -0.0, -1, 1, 2, 255, 256, 1e-320, 0.1, 0.999999999, 1.0000001),
    *(2**31 - 1, 2**31, 2**32, 2**53 + 1, 2**63 - 1, 2**63, 2**64, -(2**63), -(2**63) - 1, 10**30, 10**400),
    *(1e10, 1e308, -1e308),
)
TEXTS = (
    *("", " ", "\x00", "\u2028", "\u202e", "🚗", "é", "ß", "ＡＢＣ", "\ud83d\ude97", "null", "NaN", "true"),
    *(
        "A" * 12,
        "A" * 13,
        "A" * 24,
        "A" * 25,
        "A" * 64,
        "A" * 65,
        "A" * 1000,
        "A" * 1001,
        "1ABC234",
        "1-ABC-234",
        "????",
    ),
    *(
        "*",
        "1A*",
        "[B8]",
        "../../etc/passwd",
        "'; DROP TABLE passages; --",
        "{plate}",
        "%s%n",
        "<script>",
        "\n",
        "\r\n\r\n",
    ),
    *("00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "{00000000-0000-0000-0000-0}"),
)
MOMENTS = (
    *("0001-01-01T00:00:00Z", "0001-01-01T00:00:00+14:00", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59.999999Z"),
    *("9999-12-31T23:59:59-12:00", "9999-12-31T23:59:59.999999-23:59", "1970-01-01T00:00:00Z", "1969-12-31T23:59:59Z"),
    *(
        "2038-01-19T03:14:08Z",
        "2100-02-28T23:59:59Z",
        "2106-02-07T06:28:16Z",
        "2299-12-31T23:59:59Z",
        "1899-12-31T00:00:00Z",
    ),
    *("2026-11-26T00:00:00", "2026-11-26", "2026-02-29T00:00:00Z", "2026-12-31T23:59:60Z", "2026-11-26T24:00:00Z"),
    *("2026-11-26t00:00:00z", "2026-11-26 00:00:00Z", "2026-11-26T00:00:00.123456789Z", "2026-11-26T00:00:00+24:00"),
)
VERSIONS: tuple[Any, ...] = (
    0,
    -1,
    2,
    3,
    999,
    1.0,
    1.5,
    "1",
    "",
    True,
    False,
    None,
    [],
    {},
    [1],
    1e30,
    10**400,
    -(2**63),
)


def odd_moment(random: Random) -> str:
    """A time that a clock may show that is wrong, or that is none."""
    return random.choice(MOMENTS)


def odd_value(random: Random) -> Any:
    """Anything that JSON can say."""
    kind = random.randrange(8)
    if kind < 2:
        return random.choice(NUMBERS)
    if kind < 4:
        return random.choice(TEXTS)
    if kind == 4:
        return odd_moment(random)
    if kind == 5:
        return random.choice((None, True, False))
    return _container(random)


def _container(random: Random) -> Any:
    inner = random.choice((*NUMBERS[:4], *TEXTS[:6], None))
    return random.choice(([], {}, [inner], {"": inner}, [[inner]] * 3, {"a": {"b": [inner]}}, [inner] * 200))
