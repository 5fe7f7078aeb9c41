"""The sun over Brussels, against almanac values to the degree or two that matters here."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from replay.daylight import Light, light_at, sun_height_deg


@pytest.mark.parametrize(
    ("moment", "light"),
    [
        (datetime(2026, 6, 21, 11, 45, tzinfo=UTC), "day"),
        (datetime(2026, 6, 21, 23, 45, tzinfo=UTC), "night"),
        (datetime(2026, 12, 21, 11, 45, tzinfo=UTC), "day"),
        (datetime(2026, 12, 21, 15, 50, tzinfo=UTC), "dusk"),
        (datetime(2026, 12, 21, 18, 0, tzinfo=UTC), "night"),
        (datetime(2026, 3, 21, 6, 0, tzinfo=UTC), "dusk"),
    ],
)
def test_light(moment: datetime, light: Light) -> None:
    assert light_at(moment) == light


def test_noon_heights_at_the_solstices() -> None:
    assert sun_height_deg(datetime(2026, 6, 21, 11, 43, tzinfo=UTC)) == pytest.approx(62.6, abs=1)
    assert sun_height_deg(datetime(2026, 12, 21, 11, 43, tzinfo=UTC)) == pytest.approx(15.7, abs=1)
