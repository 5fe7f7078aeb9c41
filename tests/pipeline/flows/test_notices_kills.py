"""The notices worker is killed in mid-work: nothing is lost, nothing is done twice, the same notices stand."""

from __future__ import annotations

import random
import uuid
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from pipeline.notices.records import PassRecord
from schemas.codec import changed, decoder
from schemas.lez import LezPass, LezVerdict
from schemas.lez_file import LezFile
from schemas.lez_notice import LezNotice
from tests.pipeline.flows.notice_desk import NoticeDesk, ago, pass_of, verdict_of
from tests.pipeline.flows.test_cases import plate_of
from tests.pipeline.flows.workplace import own_place
from tests.pipeline.notices import builders
from tests.pipeline.runtime.workers import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
PLATES, PASSAGES = 30, 700
SETTLED_S = 120.0
"""A killed member of a group is missed for a session; this is beyond several of them on a busy machine."""
Said = LezVerdict | LezPass


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[NoticeDesk]:
    """A worker of its own, and on the embedded kind a broker of its own."""
    kafka = None if request.param == "embedded" else str(request.getfixturevalue("kafka"))
    with own_place(NoticeDesk, tmp_path, kafka) as desk:
        yield desk


def traffic(rng: random.Random, plates: Sequence[str]) -> list[Said]:
    """Passages of half a year that come in now, some taken back or corrected; a few days are paid for."""
    said: list[Said] = []
    for _ in range(PASSAGES):
        plate, at = rng.choice(plates), ago(rng.choice([1, 2, 3, 95, 96, 200]), minutes=rng.randrange(600))
        name = uuid.UUID(int=rng.getrandbits(128)).hex
        said.append(verdict_of(plate, at, name=name))
        if rng.random() < 0.2:
            said.append(verdict_of(plate, at, name=name, revision=2, withdrawn=rng.random() < 0.5))
        if rng.random() < 0.05:
            said.append(pass_of(plate, at))
    return said


def send(desk: NoticeDesk, said: Sequence[Said]) -> None:
    desk.send_verdicts(one for one in said if not isinstance(one, PassRecord))
    desk.send_passes(one for one in said if isinstance(one, PassRecord))


def wanted(said: Iterable[Said]) -> set[LezNotice]:
    """What stands when all that was said is heard in one go, in whatever order."""
    desks: defaultdict[str, builders.Desk] = defaultdict(builders.Desk)
    for one in said:
        desks[one.plate].hear(replace(builders.given(one, ago(0)), plate=one.plate))
    return {one for desk in desks.values() for one in standing(desk.notices)}


def standing(notices: Iterable[LezNotice]) -> set[LezNotice]:
    """Notices that stand, whatever way they came to be so."""
    live = (one for one in notices if one.state in {"waiting", "proposed", "approved"})
    return {changed(one, revision=1, updated_at=one.captured_at) for one in live}


def test_a_worker_that_is_killed_in_mid_work_loses_and_doubles_nothing(desk: NoticeDesk) -> None:
    rng = random.Random(20261126)
    plates = [plate_of(n) for n in range(PLATES)]
    said = traffic(rng, plates)
    third = len(said) // 3
    for begin in (0, third, 2 * third):
        seen = len(desk.told(plates))
        send(desk, said[begin : begin + third] if begin < 2 * third else said[begin:])
        # in mid-work: some of this third has had its effect, the rest is on its way
        until(lambda seen=seen: len(desk.told(plates)) > seen, lambda: None, "some")
        assert desk.child is not None
        desk.child.kill()
        desk.start()
    all_wanted = wanted(said)

    def all_heard(notices: Mapping[uuid.UUID, LezNotice]) -> bool:
        """What stands may be as wanted for a moment before the last word has come: then the files are ahead of it."""
        return standing(notices.values()) == all_wanted and not not_held(desk, notices.values())

    try:
        desk.await_notices(plates, all_heard, "the same notices, and files that hold them", SETTLED_S)
    except TimeoutError as late:
        notices = desk.notices(plates).values()
        stands, astray = standing(notices), not_held(desk, notices)
        missing, more = len(all_wanted - stands), len(stands - all_wanted)
        pytest.fail(f"{late}: {missing} missing, {more} too many; not in files: {astray}\n{desk.log()[-3000:]}")
    assert_told_in_order(desk, desk.told(plates))


def assert_told_in_order(desk: NoticeDesk, told: Sequence[LezNotice]) -> None:
    """A state may be told twice after a crash, but then it is the same one, and none is left out."""
    states: defaultdict[uuid.UUID, dict[int, LezNotice]] = defaultdict(dict)
    for one in told:
        same = states[one.notice_id].setdefault(one.revision, one)
        assert changed(same, updated_at=one.updated_at) == one
    for by_revision in states.values():
        one = by_revision[max(by_revision)]
        assert sorted(by_revision) == list(range(1, one.revision + 1)), _history(desk, told, one)


def _history(desk: NoticeDesk, told: Sequence[LezNotice], notice: LezNotice) -> str:
    """How a notice was told, and how its vehicle's file was kept, each in the order of its log."""
    lines = [f"told {one.revision} {one.state} {one.updated_at}" for one in told if one.notice_id == notice.notice_id]
    for message in desk.messages("lez-files"):
        if message.key == notice.plate.encode() and message.value:
            file = decoder(LezFile)(message.value)
            kept, telling = (
                [n.revision for n in them if n.notice_id == notice.notice_id] for them in (file.notices, file.telling)
            )
            lines.append(f"kept at {message.timestamp_ms}: at {kept}, to tell before that {telling}")
    return "\n".join(lines)


def not_held(desk: NoticeDesk, notices: Iterable[LezNotice]) -> list[str]:
    """Notices that are not in their vehicle's file as they were told last, and what is there instead."""
    latest = {message.key: message.value for message in desk.messages("lez-files")}
    files = {key: decoder(LezFile)(value).notices for key, value in latest.items() if value}
    told = []
    for one in notices:
        held = [held for held in files.get(one.plate.encode(), ()) if held.notice_id == one.notice_id]
        if one not in {changed(held, updated_at=one.updated_at) for held in held}:
            there = [f"{held.state} {held.revision}" for held in held]
            file = f"{len(files[one.plate.encode()])} in the file" if one.plate.encode() in files else "no file"
            told.append(f"{one.state} {one.revision} of {one.day}: there {there}, {file}")
    return told


def test_a_decision_on_its_way_survives_the_kill(desk: NoticeDesk) -> None:
    plate = plate_of()
    desk.send_verdicts([verdict_of(plate, ago(5))])
    (notice,) = desk.await_notices([plate], len, "the notice").values()
    assert desk.child is not None
    desk.child.kill()
    desk.decide(notice, "approve", decision_id=uuid.uuid4())
    desk.start()
    desk.await_notices([plate], lambda notices: next(iter(notices.values())).state == "approved", "approved")
    assert notice.final_at < notice.captured_at + timedelta(days=3)
