"""A scenario of `bench/pressure.py`, scaled down to what a test may take, and what must come of each."""

from __future__ import annotations

from pathlib import Path

import pytest

from anpr.pressure.disk import NoSmallDisk
from anpr.pressure.plan import PressurePlan
from anpr.pressure.run import Pressed, play
from anpr.settings import resolve
from tests.brokers import jars_or_skip

__all__ = ["pressed"]

GROWTH_MB = 150.0
"""A process may take so much more at its highest: queues that are full, and no more however long it lasts."""
LIFE_S = 15.0


def pressed(plan: PressurePlan, folder: Path) -> Pressed:
    """Play it. Whatever the fault: all is there once, nobody died or looked dead, memory is bounded, it caught up."""
    if plan.on_kafka:
        jars_or_skip()
    try:
        found = play(resolve({}, data_dir=folder / "data"), plan, print)
    except NoSmallDisk as why:
        pytest.skip(str(why))
    print(found)
    assert found.whole, found
    assert found.made == found.acknowledged > plan.rate_per_s * plan.seconds
    growth = {name: one["highest"] - one["before"] for name, one in found.memory_mb.items() if name != "clickhouse"}
    assert {name: mb for name, mb in growth.items() if mb > GROWTH_MB} == {}
    assert {name: seconds for name, seconds in found.longest_without_life_s.items() if seconds > LIFE_S} == {}
    assert found.catch_up_per_s > 2 * plan.rate_per_s or found.behind < 5 * plan.rate_per_s
    assert [words for words in found.doctor_after if words.startswith("fault")] == []
    return found
