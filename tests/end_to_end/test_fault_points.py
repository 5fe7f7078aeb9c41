"""A worker dies between every two steps of the delivery order, one after the other; at the end nothing is missing."""

from __future__ import annotations

import json
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from anpr.embedded.child import Child, ChildError, start_child, wait_ready
from anpr.platform import Platform, open_platform
from anpr.settings import resolve
from tests.anpr.program import wait_until
from tests.end_to_end.city import Town, one_read, traffic
from tests.end_to_end.conftest import FLOWS
from tests.end_to_end.crashing_worker import POINTS, Point

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
TRACKS = 60
LETTER = "letter"


@pytest.fixture(scope="module")
def struck(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A platform with the worker of cases too; all points are struck on it, then it is looked at."""
    settings = resolve({}, data_dir=tmp_path_factory.mktemp("points") / "data")
    with open_platform(settings, workers=(*FLOWS, "cases")) as platform:
        town = Town(platform)
        town.register()
        yield town
        town.close()


def _crashing(platform: Platform, name: str, point: Point) -> Child:
    """In place of the flow's worker."""
    platform.workers[point.flow].stop()
    settings = platform.settings
    ready = settings.data_dir / f"worker.{point.flow}.ready"
    ready.unlink(missing_ok=True)
    command = [sys.executable, "-m", "tests.end_to_end.crashing_worker", name, point.flow, "--ready-file", str(ready)]
    log = settings.data_dir / "logs" / f"{point.flow}.log"
    child = start_child(f"worker {point.flow}", command, log, environ=settings.environment())
    platform.workers[point.flow] = child
    try:
        wait_ready(child, ready.exists, timeout_s=60)
    except ChildError:
        if child.returncode != -9:  # else it came to its point before anybody saw that it was ready
            raise
    if ready.exists():
        platform.ports[point.flow] = json.loads(ready.read_text())["port"]
    return child


def _until_it_dies(town: Town, child: Child, seed: int, *, letters: bool) -> None:
    """Traffic comes on as long as it lives: what it waits for may need more than one batch."""
    dead = threading.Event()
    for number in range(40):
        town.send(traffic(TRACKS, seed=1_000 * seed + number))
        if letters:
            town.send_raw("reads", b"cam-00", b"no JSON")
        town.flush_alone()
        try:
            wait_until(lambda: child.returncode is not None, what="the crash", timeout_s=1.5)
        except TimeoutError:
            continue
        dead.set()
        break
    assert dead.is_set(), "the worker never came to this point"
    assert child.returncode == -9


@pytest.mark.parametrize("name", POINTS)
def test_the_worker_dies_there_and_its_successor_goes_on(struck: Town, name: str) -> None:
    point = POINTS[name]
    child = _crashing(struck.platform, name, point)
    _until_it_dies(struck, child, seed=list(POINTS).index(name) + 1, letters=LETTER in name)
    notes = struck.platform.tend()
    assert [note.split()[1] for note in notes] == [point.flow]
    struck.send([one_read("1GUT011")])


def test_then_nothing_is_lost_doubled_or_wrong(struck: Town) -> None:
    assert struck.drain() == []
    truth = struck.truth()
    assert len(truth.passages) > TRACKS * len(POINTS)
    assert struck.stored_passages() == truth.passages
    assert struck.stored_hits() == truth.hits
    assert struck.stored_verdicts() == truth.verdicts
    assert struck.doubles("passages", "passage_id") == (0, 0)
    assert struck.doubles("hits", "hit_id") == (0, 0)
    assert struck.doubles("verdicts_last", "verdict_id", struck.lez)[0] == 0
    _assert_cases(struck, {hit for (hit,) in struck.rows("SELECT hit_id FROM hits FINAL WHERE NOT withdrawn")})
    letters = struck.rows("SELECT count(), uniqExact(source_offset) FROM dead_letters FINAL")
    assert letters[0][0] == letters[0][1] > 0


def _assert_cases(town: Town, hits: set[Any]) -> None:
    """Each hit that stands is in one case."""
    grouped = [hit for (ids,) in town.rows("SELECT hit_ids FROM cases FINAL") for hit in ids]
    assert len(grouped) == len(set(grouped))
    assert set(grouped) == hits
