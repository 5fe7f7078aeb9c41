"""Settings reach the stages that they are for."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import anpr.assembly.read
import anpr.wiring
from anpr.settings import Settings
from anpr.wiring import FLOWS, Parts
from pipeline.runtime.clock import SystemClock
from pipeline.runtime.kafka import KafkaConfig
from pipeline.runtime.metrics import Metrics
from pipeline.runtime.waiting import Waiting
from sinks.clickhouse.controllers import LEZ, POLICE, Controller
from tests.pipeline.builders import CAMERA, batch, camera
from tests.pipeline.stages.test_read_plates import Engine, frame_message, reading

STAGES = {
    "read": {"read_plates"},
    "consolidate": {"consolidate"},
    "match": {"match"},
    "lookback": {"look_back", "match"},
    "judge": {"assess_lez"},
    "watch": {"watch"},
}


def _parts(settings: Settings) -> Parts:
    clock, metrics = SystemClock(), Metrics()
    return Parts(settings, KafkaConfig("unused:9092"), clock, metrics, Waiting("any", metrics, clock))


@pytest.mark.parametrize("keep", [True, False])
def test_what_is_no_plate_is_kept_if_the_setting_says_so(
    keep: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(anpr.assembly.read, "load_engine", lambda *_args, **_options: Engine(reading("TAXI")))
    parts = _parts(Settings(evidence=str(tmp_path), vision_keep_not_plates=keep))
    flow = FLOWS["read"].assemble(parts, {})
    flow.references[0].put(CAMERA.encode(), camera())
    outcome = flow.stage(batch([frame_message()]))
    assert flow.pictures is not None
    flow.pictures.put(outcome.pictures, lambda: None)
    kept = sorted(path.relative_to(tmp_path).parts[:2] for path in tmp_path.rglob("*.j*"))
    assert kept == [("not-plates", "sign")] * 2 * keep
    assert (outcome.emitted, dict(outcome.dropped)) == ([], {"sign": 1, "no_plate": 1})


@pytest.mark.parametrize(("behind_s", "per_s"), [(30.0, 20_000.0), (5.0, 1_500.0)])
def test_a_lane_is_as_the_settings_say(behind_s: float, per_s: float) -> None:
    parts = _parts(Settings(lane_behind_s=behind_s, lane_backlog_per_s=per_s))
    lane = anpr.wiring._lane("consolidate", parts, FLOWS["consolidate"].assemble(parts, {}).lane)
    assert lane is not None
    assert (lane.rules.behind_s, lane.rules.backlog_per_s) == (behind_s, per_s)


def test_without_a_lane_a_flow_works_in_order_alone() -> None:
    parts = _parts(Settings(lane_behind_s=0))
    assert anpr.wiring._lane("consolidate", parts, FLOWS["consolidate"].assemble(parts, {}).lane) is None


@pytest.mark.parametrize(("name", "controller"), [("store", POLICE), ("store-lez", LEZ)])
def test_store_flows_read_what_their_controller_keeps_and_all_dead_letters(name: str, controller: Controller) -> None:
    assert FLOWS[name].topics == (*(stored.topic for stored in controller.stored), "dead-letters")


@pytest.mark.slow
@pytest.mark.parametrize("name", FLOWS)
def test_a_worker_loads_its_own_flow_and_no_other(name: str) -> None:
    code = (
        f"import sys, anpr.worker, anpr.assembly.{FLOWS[name].module}\n"
        "print(*sorted(one for one in sys.modules if one.startswith('pipeline.stages.')))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    of_others = set().union(*STAGES.values()) - STAGES.get(name, set())
    assert {f"pipeline.stages.{stage}" for stage in of_others}.isdisjoint(loaded)
