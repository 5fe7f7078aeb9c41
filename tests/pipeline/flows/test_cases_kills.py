"""The cases worker is killed in mid-work: nothing is lost, nothing is done twice."""

from __future__ import annotations

import itertools
import random
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from schemas.case import Case
from schemas.case_file import CaseFile
from schemas.codec import decoder
from schemas.hit import Hit
from tests.pipeline.cases.builders import action
from tests.pipeline.flows.desk import Desk
from tests.pipeline.flows.test_cases import hit_now, plate_of
from tests.pipeline.flows.workplace import own_place

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
VEHICLES, HITS = 40, 1200


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Desk]:
    """A worker of its own, and on the embedded kind a broker of its own."""
    kafka = None if request.param == "embedded" else str(request.getfixturevalue("kafka"))
    with own_place(Desk, tmp_path, kafka) as desk:
        yield desk


def _traffic(rng: random.Random, plates: Sequence[str]) -> list[Hit]:
    """Hits of these vehicles, a tenth of them taken back at once."""
    hits: list[Hit] = []
    for _ in range(HITS):
        one: dict[str, Any] = {"name": uuid.UUID(int=rng.getrandbits(128)).hex, "camera_id": f"cam-{rng.randrange(9)}"}
        plate = rng.choice(plates)
        hits.append(hit_now(plate, **one))
        if rng.random() < 0.1:
            hits.append(hit_now(plate, **one, revision=2, withdrawn=True))
    return hits


def _standing(hits: Iterable[Hit]) -> dict[str, set[UUID]]:
    """Plate → hits that are not taken back."""
    latest = {hit.hit_id: hit for hit in hits}
    found: defaultdict[str, set[UUID]] = defaultdict(set)
    for hit in latest.values():
        if not hit.withdrawn:
            found[hit.plate].add(hit.hit_id)
    return found


def test_a_worker_that_is_killed_in_mid_work_loses_and_doubles_nothing(desk: Desk) -> None:
    rng = random.Random(20261125)
    plates = [plate_of(n) for n in range(VEHICLES)]
    hits = _traffic(rng, plates)
    cut = [0, len(hits) // 3, 2 * len(hits) // 3, len(hits)]
    for begin, end in itertools.pairwise(cut):
        desk.send_hits(hits[begin:end])
        seen = {hit.plate for hit in hits[:begin]}
        # in mid-work: some of this third is told, the rest is on its way
        desk.await_cases(
            plates, lambda cases, seen=seen: len({c.plate for c in cases.values()}) > len(seen) // 2, "some"
        )
        assert desk.child is not None
        desk.child.kill()
        desk.start()
    wanted = _standing(hits)
    cases = desk.await_cases(plates, lambda cases: _ids(cases.values()) == wanted, "every hit in its case")
    assert len(cases) == VEHICLES, "one vehicle, one case"
    _assert_told_in_order(desk.told(plates))
    _assert_files_are_the_cases(desk, cases)


def _ids(cases: Iterable[Case]) -> dict[str, set[UUID]]:
    return {case.plate: set(case.hit_ids) for case in cases}


def _assert_told_in_order(told: Sequence[Case]) -> None:
    """A state may be told twice after a crash, but then it is the same one; none is left out or goes back for good."""
    states: defaultdict[UUID, dict[int, Case]] = defaultdict(dict)
    for case in told:
        same = states[case.case_id].setdefault(case.revision, case)
        assert (same.hit_ids, same.state) == (case.hit_ids, case.state)
    for by_revision in states.values():
        kinds = [(event.kind, event.fact_id) for event in by_revision[max(by_revision)].timeline]
        sighted = [fact for kind, fact in kinds if kind == "sighted"]
        assert len(sighted) == len(set(sighted))


def _assert_files_are_the_cases(desk: Desk, cases: dict[UUID, Case]) -> None:
    latest = {m.key: m.value for m in desk.messages("case-files")}
    for case in cases.values():
        file = decoder(CaseFile)(latest[case.plate.encode()])
        assert [held.case for held in file.cases] == [case]


def test_an_action_on_its_way_survives_the_kill(desk: Desk) -> None:
    plate = plate_of()
    desk.send_hits([hit_now(plate)])
    (case,) = desk.await_cases([plate], len, "the case").values()
    assert desk.child is not None
    desk.child.kill()
    desk.act(plate, action(case.case_id, "pursue", action_id=uuid.uuid4()))
    desk.start()
    desk.await_cases([plate], lambda cases: next(iter(cases.values())).state == "pursuing", "pursued")
