"""The store is away, or its disk full: its worker waits, all else goes on, nothing is lost or there twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from anpr.pressure.plan import PressurePlan
from anpr.pressure.run import Pressed
from tests.end_to_end.pressure.trial import pressed

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


def _store_alone_waits(found: Pressed) -> None:
    assert set(found.waited_s) == {"store: store"}
    assert found.waited_s["store: store"] >= 2
    assert found.metrics["store"]["health"].startswith("waiting for the store")
    assert {name: left for name, left in found.queue.items() if name not in ("store", "cases") and left > 3000} == {}
    assert found.queue["store"] > found.rate_per_s * 5
    assert set(found.answers) == {"200"}, "the door needs no store"


def test_a_store_that_is_away(tmp_path: Path) -> None:
    found = pressed(PressurePlan("store-down", seconds=18, rate_per_s=300, before_s=3), tmp_path)
    _store_alone_waits(found)
    assert any(words.startswith("fault store: no ClickHouse at") for words in found.doctor), found.doctor
    assert any(words.startswith("warning worker store: waiting for the store") for words in found.doctor), found.doctor


def test_a_store_whose_disk_is_full(tmp_path: Path) -> None:
    found = pressed(PressurePlan("disk-full-store", seconds=15, rate_per_s=300, before_s=3), tmp_path)
    _store_alone_waits(found)
    assert any(words.startswith("fault store: its disk") for words in found.doctor), found.doctor
    assert any(words.startswith("fault disk: full") for words in found.doctor), found.doctor
