"""Several cases workers share the vehicles of a group, on Apache Kafka: one goes, the others know what it knew."""

from __future__ import annotations

import random
import threading
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

from schemas.hit import Hit
from tests.pipeline.cases.builders import action
from tests.pipeline.flows.desk import Desk
from tests.pipeline.flows.test_cases import hit_now, plate_of

pytestmark = [pytest.mark.slow, pytest.mark.kafka, pytest.mark.timeout(300)]
VEHICLES = 40
ROUNDS = 2


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


@pytest.fixture
def crowd(kafka: str, tmp_path: Path) -> Iterator[list[Desk]]:
    """Places for four workers of the group; the first one works."""
    found = [Desk(kafka, tmp_path / f"{number}", "group") for number in range(4)]
    for desk in found:
        desk.folder.mkdir()
    found[0].open()
    yield found
    for desk in found:
        if desk.child is not None:
            desk.stop()


def test_while_workers_come_and_go_no_hit_is_left_out(crowd: list[Desk]) -> None:
    first, *others = crowd
    plates = [plate_of(n) for n in range(VEHICLES)]
    with _traffic(first, plates) as sent:
        for _ in range(ROUNDS):
            for desk in others:
                desk.start()
            for desk in others:
                assert desk.stop() == 0, desk.log()
    wanted = {hit.hit_id for hit in sent}
    first.await_cases(plates, lambda found: {one for c in found.values() for one in c.hit_ids} == wanted, "each hit")


@contextmanager
def _traffic(desk: Desk, plates: Sequence[str]) -> Iterator[list[Hit]]:
    """Hits come all the while; they are in what is given, whole once it is over."""
    sent, over = list[Hit](), threading.Event()

    def send() -> None:
        while not over.wait(0.05):
            hits = [hit_now(random.choice(plates)) for _ in range(4)]
            desk.send_hits(hits)
            sent.extend(hits)

    sender = threading.Thread(target=send)
    sender.start()
    try:
        yield sent
    finally:
        over.set()
        sender.join()
