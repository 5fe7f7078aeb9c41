"""The broker is away: the door says so, devices keep what they have, workers wait."""

from __future__ import annotations

from pathlib import Path

import pytest

from anpr.pressure.plan import PressurePlan
from anpr.pressure.run import Pressed
from tests.end_to_end.pressure.trial import pressed

pytestmark = [pytest.mark.slow, pytest.mark.kafka, pytest.mark.timeout(240)]


def _devices_are_told(found: Pressed) -> None:
    assert found.answers.get("503", 0) > 0
    assert set(found.answers) <= {"200", "503"}
    assert found.retry_after_s[0] >= 1
    assert found.most_spooled > found.rate_per_s * 5
    assert found.metrics["door"]["told_to_come_again"] > 0
    assert any(words.startswith("fault broker: no broker answers") for words in found.doctor), found.doctor
    assert any(words.startswith("fault door:") for words in found.doctor), found.doctor
    assert "consolidate: broker" in found.waited_s


def test_a_broker_that_is_away(tmp_path: Path) -> None:
    _devices_are_told(pressed(PressurePlan("broker-down", seconds=20, rate_per_s=300, before_s=3), tmp_path))
