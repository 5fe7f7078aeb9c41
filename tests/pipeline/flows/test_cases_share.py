"""Several cases workers share the vehicles of a group, on Apache Kafka: one goes, the others know what it knew."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pipeline.cases.builders import action
from tests.pipeline.flows.desk import Desk
from tests.pipeline.flows.test_cases import hit_now, plate_of

pytestmark = [pytest.mark.slow, pytest.mark.kafka, pytest.mark.timeout(300)]
VEHICLES = 40


@pytest.fixture
def desks(kafka: str, tmp_path: Path) -> Iterator[tuple[Desk, Desk]]:
    """Two workers of the group."""
    found = tuple(Desk(kafka, tmp_path / name, "group") for name in ("one", "two"))
    for desk in found:
        desk.folder.mkdir()
        desk.open()
    yield found[0], found[1]
    for desk in found:
        desk.stop()


@pytest.mark.parametrize("how", ["killed", "stopped"])
def test_whoever_takes_over_has_the_files(how: str, desks: tuple[Desk, Desk]) -> None:
    one, two = desks
    plates = [plate_of(n) for n in range(VEHICLES)]
    one.send_hits(hit_now(plate) for plate in plates)
    cases = one.await_cases(plates, lambda found: len(found) == VEHICLES, "all cases")
    assert one.child is not None
    if how == "killed":
        one.child.kill()
    else:
        assert one.stop() == 0, one.log()
    two.send_hits(hit_now(plate) for plate in plates)
    for case in cases.values():
        two.act(case.plate, action(case.case_id, "acknowledge", action_id=uuid.uuid4()))
    after = two.await_cases(
        plates,
        lambda found: all((c.hit_count, c.state) == (2, "acknowledged") for c in found.values()),
        "all went on where they were",
    )
    assert after.keys() == cases.keys(), "no vehicle got a second case"
    one.start()
    two.send_hits(hit_now(plate) for plate in plates)
    again = two.await_cases(plates, lambda found: all(c.hit_count == 3 for c in found.values()), "shared again")
    assert again.keys() == cases.keys()
