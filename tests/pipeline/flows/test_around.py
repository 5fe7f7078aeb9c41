"""A case never waits for its surroundings: they come at once, or it goes out without."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import pytest
from prometheus_client import generate_latest

from pipeline.cases.records import CaseRecord, NextRecord
from pipeline.flows import around as module
from pipeline.flows.around import Around
from pipeline.identity import fact_id
from pipeline.runtime.metrics import Metrics
from schemas.base import GeoPoint
from schemas.camera import PatrolPosition
from schemas.case import Case, NextCamera
from schemas.codec import compiled
from tests.pipeline.builders import at
from tests.pipeline.runtime.fakes import TurnedClock

Point, Patrol = compiled(GeoPoint), compiled(PatrolPosition)
NEXT = NextRecord(camera_id="cam-2", probability=0.6, p50_s=90.0, p90_s=200.0)


def case(**changes: Any) -> Case:
    """An urgent case, just seen."""
    fields: dict[str, Any] = {"case_id": fact_id("test-case", "1"), "revision": 1, "plate": "9ABC", "list_kinds": ()}
    fields |= {"priority": 1, "state": "new", "hit_ids": (), "opened_at": at(0), "updated_at": at(0)}
    fields |= {"last_camera_id": "cam-1", "last_seen_at": at(0), "last_position": Point(lat=50.85, lon=4.35)}
    return CaseRecord(**fields | changes)


class Asked:
    """A store that answers as it is told to."""

    def __init__(self, answer: Any = (NEXT,)) -> None:
        self.answer, self.count = answer, 0
        self.hold = threading.Event()
        self.hold.set()

    def __call__(self, _camera_id: str, _seen_at: datetime) -> Sequence[NextCamera]:
        self.count += 1
        assert self.hold.wait(10)
        if isinstance(self.answer, Exception):
            raise self.answer
        return tuple(self.answer)


@pytest.fixture
def asked() -> Iterator[Asked]:
    """The store; whoever still waits for it at the end is let go."""
    store = Asked()
    yield store
    store.hold.set()


def looking(store: Asked | None, clock: TurnedClock | None = None) -> tuple[Around, Metrics]:
    """Somebody who looks around, with one free patrol."""
    metrics = Metrics()
    patrol = Patrol(patrol_id="5340-2", at=at(-5), position=Point(lat=50.86, lon=4.35), status="available")
    return Around({"5340-2": patrol}, store, metrics, clock or TurnedClock()), metrics


def following(around: Around, *cases: Case) -> list[Sequence[NextCamera]]:
    """What is said of these cases."""
    return asyncio.run(around.following(cases))


def outcomes(metrics: Metrics) -> dict[str, int]:
    """How often what came of asking."""
    lines = generate_latest(metrics.registry).decode().splitlines()
    found = [line for line in lines if line.startswith("anpr_forecasts_total{")]
    return {line.split('"')[1]: int(float(line.split()[-1])) for line in found}


def test_each_case_gets_its_own_answer(asked: Asked) -> None:
    around, metrics = looking(asked)
    assert following(around, case(), case()) == [(NEXT,), (NEXT,)]
    asked.answer = ()
    assert following(around, case()) == [()]
    assert (outcomes(metrics), around.trouble) == ({"made": 2, "nothing_learnt": 1}, "")


def test_a_slow_store_holds_nobody_up(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "WAIT_S", 0.1)
    around, metrics = looking(asked)
    asked.hold.clear()
    began = time.monotonic()
    assert asyncio.run(_then_let_go(around, asked)) == [(), (), (), (), (), ()]
    assert time.monotonic() - began < 5
    assert outcomes(metrics) == {"late": 6}
    assert around.trouble == "no next cameras: the store answers too slowly"


async def _then_let_go(around: Around, asked: Asked) -> list[Sequence[NextCamera]]:
    found = await around.following([case() for _ in range(6)])
    asked.hold.set()
    return found


def test_a_store_that_is_down_is_let_rest_and_then_asked_again(asked: Asked) -> None:
    clock = TurnedClock()
    around, metrics = looking(asked, clock)
    asked.answer = OSError("refused")
    assert following(around, case()) == [()]
    assert following(around, case()) == [()]
    assert (asked.count, around.trouble) == (1, "no next cameras: the store does not answer")
    clock.sleep(module.REST_S + 1)
    asked.answer = (NEXT,)
    assert following(around, case()) == [(NEXT,)]
    assert (outcomes(metrics), around.trouble) == ({"store_down": 1, "resting": 1, "made": 1}, "")


def test_without_a_store_nobody_is_asked() -> None:
    around, _ = looking(None)
    assert following(around, case()) == [()]


def test_patrols_are_those_near_the_last_sighting(asked: Asked) -> None:
    around, _ = looking(asked)
    assert [one.patrol_id for one in around.near(case(), at(0))] == ["5340-2"]
    assert around.near(case(), at(1000)) == (), "its position is old by then"
    assert around.near(case(last_position=None), at(0)) == ()
