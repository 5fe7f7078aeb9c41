"""Two processes on one store: an open search goes on in the other, for its officer, for its time, with its limits."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from console.investigating.asked import Compared
from console.investigating.reopening import asked_of
from console.investigating.room import InvestigationRoom, Stated
from console.pictures import NoPicture, Pictures
from console.searching.room import Asked, SearchRoom, Wish
from console.searching.whereabouts import Whereabouts
from console.store import Store
from pipeline.runtime.clock import SystemClock
from schemas.search import Role
from sinks.clickhouse.officers import FOREVER, Officer, Register
from sinks.clickhouse.refusal import SearchRefused
from sinks.clickhouse.searches import SearchDesk, SearchRequest
from tests.console.world import now
from tests.sinks.queries.facts import Fact, some_plate, store_camera, store_facts

pytestmark = pytest.mark.slow
OFFICER, OTHER, NORTH = "A. Peeters", "B. Dupont", "Z. Noord"
ZONES: dict[str, dict[Role, str]] = {
    OFFICER: {"officer": "", "investigator": ""},
    OTHER: {"officer": "", "investigator": ""},
    NORTH: {"officer": "BRU-NORTH"},
}
REASON = "Hit and run in the Rue Neuve"
Look = Callable[[SearchRoom, str, uuid.UUID], object]


@dataclass(frozen=True)
class Ago:
    """A clock that is so much behind: what it records is so old."""

    behind: timedelta

    def now(self) -> datetime:
        return datetime.now(UTC) - self.behind

    def monotonic(self) -> float:
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        raise AssertionError(f"nobody waits here, least of all {seconds} s")


@pytest.fixture(scope="module")
def shared(tables: Client, tmp_path_factory: pytest.TempPathFactory) -> Store:
    """What both processes work on: people, cameras."""
    register = Register(tables, now, "Administrator")
    register.bootstrap(("administrator",))
    for name, roles in ZONES.items():
        for role, zone in roles.items():
            register.add(Officer(name, role, zone, now() - timedelta(days=500), FOREVER))
    store_camera(tables, "gate-1", 50.85, 4.35, zone="BRU-NORTH")
    store_camera(tables, "gate-2", 50.86, 4.37)
    return Store(tables, None, None, "evidence", tmp_path_factory.mktemp("data"))


@pytest.fixture
def plates(shared: Store) -> tuple[str, str]:
    """Two plates that passed both cameras in the last hours and begin alike."""
    core = some_plate()[:6]
    both = (f"{core}A1", f"{core}C7")
    begin = now() - timedelta(hours=3)
    store_facts(
        shared.police,
        [
            Fact(plate, camera, begin + timedelta(minutes=10 * n + m), {"evidence": f"{camera}/{plate}.jpg"})
            for m, plate in enumerate(both)
            for n, camera in enumerate(("gate-1", "gate-2"))
        ],
    )
    return both


def a_process(shared: Store, behind: timedelta = timedelta(0)) -> SearchRoom:
    """A search room that remembers nothing."""
    return SearchRoom(shared, Ago(behind))


def begun(room: SearchRoom, pattern: str, officer: str = OFFICER, **more: Any) -> uuid.UUID:
    return room.open(officer, ZONES[officer], Asked(pattern, REASON, "crime", **more)).search_id


def refused(look: Callable[[], object]) -> SearchRefused:
    with pytest.raises(SearchRefused) as told:
        look()
    return told.value


def audited(shared: Store, search_id: uuid.UUID) -> list[tuple[str, str]]:
    """Who did what with it, in order."""
    rows = shared.police.query(
        "SELECT actor, action FROM audit WHERE search_id = {id:String} ORDER BY at, seq",
        parameters={"id": str(search_id)},
    ).result_rows
    return [(str(actor), str(action)) for actor, action in rows]


def test_another_process_tells_the_search_and_finds_the_same(shared: Store, plates: tuple[str, str]) -> None:
    first, second = a_process(shared), a_process(shared)
    search_id = begun(first, f"{plates[0][:6]}A1 or 8", case_number="BXL-1")
    assert second.again(OFFICER, search_id) == first.again(OFFICER, search_id)
    assert second.again(OFFICER, search_id).understood.notes == ["either"]
    assert second.passages(OFFICER, search_id, Wish()) == first.passages(OFFICER, search_id, Wish())
    assert [action for _who, action in audited(shared, search_id)] == ["search_opened", "search_shown", "search_shown"]


@pytest.mark.parametrize("match", ["auto", "exact", "misread", "partial"])
def test_it_looks_as_it_was_asked_to(match: Any, shared: Store, plates: tuple[str, str]) -> None:
    first, second = a_process(shared), a_process(shared)
    search_id = begun(first, plates[0], match=match)
    assert second.mine(OFFICER, search_id).match == match
    assert second.passages(OFFICER, search_id, Wish()) == first.passages(OFFICER, search_id, Wish())


def test_a_passage_that_the_other_one_showed_is_known_here_and_asked_for_once(
    shared: Store, plates: tuple[str, str]
) -> None:
    first, second = a_process(shared), a_process(shared)
    search_id = begun(first, f"{plates[0][:6]}*")
    shown = first.passages(OFFICER, search_id, Wish(limit=10)).passages
    one = next(passage for passage in shown if passage.plate == plates[1])
    ways = [Whereabouts(room, SystemClock()).route(OFFICER, search_id, one.passage_id, 10) for room in (second, second)]
    assert [point.camera.camera_id for point in ways[0].passages] == ["gate-1", "gate-2"]
    less = second.passages(OFFICER, search_id, Wish(without=(one.passage_id,)))
    assert {passage.plate for passage in less.passages} == {plates[0]}
    stranger = refused(lambda: Whereabouts(second, SystemClock()).route(OFFICER, search_id, uuid.uuid4(), 10))
    assert stranger.code == "passage_unknown"
    questions = shared.police.query(
        "SELECT JSONExtractString(about, 'question') FROM audit "
        "WHERE action = 'search_shown' AND search_id = {id:String} ORDER BY 1",
        parameters={"id": str(search_id)},
    ).result_rows
    assert [row[0] for row in questions] == ["partial", "partial", "partial", "route", "route"]


def test_its_pictures_are_open_too_and_no_others(shared: Store, plates: tuple[str, str]) -> None:
    first, second = a_process(shared), a_process(shared)
    search_id = begun(first, plates[0])
    passage_id = first.passages(OFFICER, search_id, Wish()).passages[0].passage_id
    kept = second.mine(OFFICER, search_id)
    found = second.passage(kept, passage_id)
    assert found is not None
    assert (found.plate, found.evidence) == (plates[0], f"gate-2/{plates[0]}.jpg")
    pictures = Pictures(shared, second, None, None, SystemClock())  # type: ignore[arg-type]  # of no case here
    with pytest.raises(NoPicture, match="has not shown such a passage"):
        pictures.of_search(OFFICER, search_id, uuid.uuid4())


def test_a_passage_of_a_way_is_open_in_every_process_and_each_look_is_recorded(
    shared: Store, plates: tuple[str, str]
) -> None:
    opened, showed, fresh = (a_process(shared) for _ in range(3))
    search_id = begun(opened, f"{plates[0][:6]}*")
    listed = opened.passages(OFFICER, search_id, Wish(limit=2)).passages
    one = next(passage for passage in listed if passage.plate == plates[1])
    way = Whereabouts(showed, SystemClock()).route(OFFICER, search_id, one.passage_id, 10)
    before = way.passages[0].passage_id
    assert before not in {passage.passage_id for passage in listed}
    for process in (opened, fresh):
        records = len(audited(shared, search_id))
        found = process.passage(process.mine(OFFICER, search_id), before)
        assert found is not None
        assert (found.plate, found.evidence) == (plates[1], f"gate-1/{plates[1]}.jpg")
        assert len(audited(shared, search_id)) == records + 1
        assert process.passage(process.mine(OFFICER, search_id), before) == found, "known from then on"
        assert len(audited(shared, search_id)) == records + 1


def test_a_passage_that_the_search_does_not_open_is_open_in_no_process(shared: Store, plates: tuple[str, str]) -> None:
    first, second = a_process(shared), a_process(shared)
    search_id, others = begun(first, plates[0], match="exact"), begun(first, plates[1], match="exact")
    first.passages(OFFICER, search_id, Wish())
    theirs = first.passages(OFFICER, others, Wish()).passages[0].passage_id
    for process in (first, second):
        assert process.passage(process.mine(OFFICER, search_id), theirs) is None


LOOKS: dict[str, Look] = {
    "again": lambda room, officer, search_id: room.again(officer, search_id),
    "passages": lambda room, officer, search_id: room.passages(officer, search_id, Wish()),
    "export": lambda room, officer, search_id: room.export(officer, search_id, Wish(), "csv"),
    "route": lambda room, officer, search_id: Whereabouts(room, SystemClock()).route(officer, search_id, None, 10),
}


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
@pytest.mark.parametrize("days", [0, 40])
def test_somebody_else_s_stays_theirs_in_every_process_and_later(
    look: Look, days: int, shared: Store, plates: tuple[str, str]
) -> None:
    earlier = a_process(shared, timedelta(days=days))
    since = now() - timedelta(days=days + 1)
    search_id = begun(earlier, plates[0], since=since, until=since + timedelta(hours=1))
    other = a_process(shared)
    for _ in range(2):  # nothing that the first look left behind opens it
        told = refused(lambda: look(other, OTHER, search_id))
        assert (told.code, plates[0] in str(told)) == ("search_of_another", False)
    assert audited(shared, search_id) == [(OFFICER, "search_opened"), *[(OTHER, "search_denied")] * 2]


def test_it_ends_at_its_time_wherever_it_is_asked(shared: Store, plates: tuple[str, str]) -> None:
    nearly, over = a_process(shared, timedelta(minutes=14)), a_process(shared, timedelta(minutes=16))
    other = a_process(shared)
    assert other.passages(OFFICER, begun(nearly, plates[0]), Wish()).count == 2
    ended = begun(over, plates[0])
    told = refused(lambda: other.passages(OFFICER, ended, Wish()))
    assert (told.code, "state the reason again" in str(told)) == ("search_expired", True)


def test_one_that_was_found_again_ends_at_its_own_time(shared: Store, plates: tuple[str, str]) -> None:
    search_id = begun(a_process(shared), plates[0])
    ahead = a_process(shared, timedelta(minutes=-16))  # found again while the store says that it is open
    told = refused(lambda: ahead.passages(OFFICER, search_id, Wish()))
    assert told.code == "search_expired"


def test_an_identifier_that_was_tampered_with_opens_nothing_and_leaves_no_record(
    shared: Store, plates: tuple[str, str]
) -> None:
    first, second = a_process(shared), a_process(shared)
    search_id = begun(first, plates[0])
    tampered = uuid.UUID(int=search_id.int ^ 1)
    assert refused(lambda: second.passages(OFFICER, tampered, Wish())).code == "search_unknown"
    assert audited(shared, tampered) == []


def test_the_zone_of_the_search_holds_in_every_process(shared: Store, plates: tuple[str, str]) -> None:
    search_id = begun(a_process(shared), plates[0], NORTH)
    found = a_process(shared).passages(NORTH, search_id, Wish())
    assert {one.camera.camera_id for one in found.passages} == {"gate-1"}


def test_who_is_ended_meanwhile_finds_nothing_again(shared: Store, plates: tuple[str, str]) -> None:
    name = f"Leaver {uuid.uuid4().hex[:8]}"
    register = Register(shared.police, now, "Administrator")
    register.add(Officer(name, "officer", "", now() - timedelta(days=1), FOREVER))
    room = a_process(shared)
    search_id = room.open(name, {"officer": ""}, Asked(plates[0], REASON, "crime")).search_id
    register.end(name)
    assert refused(lambda: a_process(shared).passages(name, search_id, Wish())).code == "officer_unknown"


def test_a_program_that_keeps_no_question_open_is_told_to_ask_again(shared: Store, plates: tuple[str, str]) -> None:
    asked = SearchRequest(plates[0], REASON, OFFICER, "crime", now() - timedelta(days=1), now())
    record = SearchDesk(shared.police, now).open(asked)
    told = refused(lambda: a_process(shared).passages(OFFICER, record.search_id, Wish()))
    assert (told.code, "not open here any more: state the reason again" in str(told)) == ("search_expired", True)


def test_what_is_forgotten_for_want_of_room_is_found_again(shared: Store, plates: tuple[str, str]) -> None:
    room = a_process(shared)
    room._open = type(room._open)(most_searches=1)
    first, second = begun(room, plates[0]), begun(room, plates[1])
    assert [room.passages(OFFICER, one, Wish()).count for one in (first, second, first)] == [2, 2, 2]


# ---- investigations ------------------------------------------------------------------------------------------------


def an_office(shared: Store, behind: timedelta = timedelta(0)) -> InvestigationRoom:
    """An investigation room that remembers nothing."""
    return InvestigationRoom(shared, Ago(behind))


def compared(office: InvestigationRoom, plates: tuple[str, str], limit: int = 3) -> uuid.UUID:
    question = Compared(now() - timedelta(days=1), None, plates, limit)
    return office.open(OFFICER, ZONES[OFFICER], Stated(REASON, "crime"), question).record.search_id


def test_another_process_asks_an_investigator_s_question_again(shared: Store, plates: tuple[str, str]) -> None:
    first, second = an_office(shared), an_office(shared)
    search_id = compared(first, plates)
    again, before = second.again(OFFICER, search_id), first.again(OFFICER, search_id)
    assert again.answer == before.answer
    assert (again.record, again.answer.shown) == (before.record, 3), "with its limit"
    assert second.export(OFFICER, search_id, "csv").rows == 3


def test_somebody_else_s_question_is_theirs_in_every_process(shared: Store, plates: tuple[str, str]) -> None:
    search_id, other = compared(an_office(shared), plates), an_office(shared)
    assert refused(lambda: other.again(OTHER, search_id)).code == "search_of_another"
    assert audited(shared, search_id)[-1] == (OTHER, "search_denied")
    assert refused(lambda: other.again(OTHER, uuid.uuid4())).code == "search_unknown"


def test_an_investigator_s_question_ends_at_its_time_wherever_it_is_asked(
    shared: Store, plates: tuple[str, str]
) -> None:
    nearly = compared(an_office(shared, timedelta(minutes=14)), plates)
    assert an_office(shared).again(OFFICER, nearly).answer.shown == 3
    long_ago, asked = now() - timedelta(minutes=16), asked_of(Compared(plates=plates))
    request = SearchRequest("|".join(plates), REASON, OFFICER, "crime", long_ago, now(), asked=asked)
    over = SearchDesk(shared.police, lambda: long_ago).open(request).search_id
    assert refused(lambda: an_office(shared).again(OFFICER, over)).code == "search_expired"


def test_one_kind_of_room_does_not_open_the_other_s(shared: Store, plates: tuple[str, str]) -> None:
    question, search = compared(an_office(shared), plates), begun(a_process(shared), plates[0])
    assert refused(lambda: a_process(shared).passages(OFFICER, question, Wish())).code == "search_expired"
    assert refused(lambda: an_office(shared).again(OFFICER, search)).code == "search_expired"
