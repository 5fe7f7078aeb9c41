"""Holds: placed and released through the audit, kept by the database, seen by their own case only."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from anpr.embedded.store.launch import StoreProcess
from schemas.search import SearchRecord
from sinks.clickhouse.audit.verify import verify
from sinks.clickhouse.client import connect
from sinks.clickhouse.officers import Decision, Register
from sinks.clickhouse.plate_search.finding import find
from sinks.clickhouse.queries.held_by_case import held_by_case
from sinks.clickhouse.queries.latest import latest
from sinks.clickhouse.retention.apply import apply
from sinks.clickhouse.retention.holds import (
    MOST_PLATES,
    UNTIL_RELEASED,
    HoldRefused,
    HoldRequest,
    Holds,
)
from sinks.clickhouse.retention.rules import YEAR
from sinks.clickhouse.searches import SearchDesk, SearchRequest
from tests.sinks.retention.known import CASE, REASON, Row, aged, kept, place, request, some_months_ago, store, stored

pytestmark = pytest.mark.slow

PLATE, OTHER = "1AAA111", "1CCC333"
READ_HELD = """SELECT plate, captured_at FROM held_passages_of_search(
    search_id = {id:UUID}, officer = {officer:String}) ORDER BY captured_at"""


def _audited(client: Client, hold_id: object) -> list[tuple[str, str]]:
    return list(
        client.query(
            """SELECT toString(action), actor FROM audit
            WHERE JSONExtractString(record, 'about', 'hold_id') = {id:String} ORDER BY at""",
            parameters={"id": str(hold_id)},
        ).result_rows
    )


# ---- placing and releasing -------------------------------------------------------------------------------------------


def test_a_hold_keeps_what_is_stored_and_what_comes(client: Client, holds: Holds) -> None:
    before = [(PLATE, "gate-1", aged(-100)), (OTHER, "gate-1", aged(-100))]
    store(client, before)
    hold = place(holds, "1-aaa-111")
    after = [(PLATE, "gate-2", aged(-50)), (OTHER, "gate-2", aged(-50))]
    store(client, after)
    assert kept(client, hold.hold_id) == {before[0], after[0]}
    assert (hold.plates, hold.rows, hold.captured_until) == ((PLATE,), 1, UNTIL_RELEASED)
    assert holds.get(hold.hold_id).rows == 2


def test_a_plate_misread_within_its_class_is_held_too(client: Client, holds: Holds) -> None:
    hold = place(holds, "1B08")
    rows = [("1808", "gate-1", aged(-9)), ("1BO8", "gate-1", aged(-8)), ("1C08", "gate-1", aged(-7))]
    store(client, rows)
    assert kept(client, hold.hold_id) == set(rows[:2])


def test_everybody_at_a_camera_is_held_for_a_time(client: Client, holds: Holds) -> None:
    store(client, [(PLATE, "gate-1", aged(-30)), (OTHER, "gate-1", aged(-31)), (OTHER, "gate-2", aged(-30))])
    hold = place(holds, cameras=("gate-1",), captured_from=aged(-29), captured_until=aged(-32))
    store(client, [("1DDD444", "gate-1", aged(-30.5)), ("1DDD444", "gate-1", aged(-33))])
    assert {(plate, camera) for plate, camera, _ in kept(client, hold.hold_id)} == {
        *((PLATE, "gate-1"), (OTHER, "gate-1"), ("1DDD444", "gate-1"))
    }
    assert len(kept(client, hold.hold_id)) == 3


def test_two_holds_keep_a_passage_each_for_itself(client: Client, holds: Holds) -> None:
    row = (PLATE, "gate-1", aged(-3))
    store(client, [row])
    one, other = place(holds, PLATE), place(holds, PLATE)
    holds.release(one.hold_id, "The suspect is cleared")
    assert (kept(client, one.hold_id), kept(client, other.hold_id)) == (set(), {row})


def test_a_release_deletes_what_only_the_hold_kept(client: Client) -> None:
    hold = place(some_months_ago(client), PLATE)
    store(client, [(PLATE, "gate-1", aged(20)), (PLATE, "gate-1", aged(-20))])
    holds = some_months_ago(client, 0)
    apply(client, holds, datetime.now(UTC), lambda *_: None)
    released = holds.release(hold.hold_id, "The court has closed the file")
    assert (released.rows, released.rows_past_year) == (2, 1)
    assert stored(client, "held_passages") == set()
    assert stored(client) == {(PLATE, "gate-1", aged(-20))}
    store(client, [(PLATE, "gate-2", aged(-2))])
    assert stored(client, "held_passages") == set(), "a released hold takes nothing more"
    assert not released.hold.active


def test_holds_and_releases_are_in_the_audit_and_what_they_made_is_compared(client: Client, holds: Holds) -> None:
    hold = place(holds, PLATE)
    holds.release(hold.hold_id, "The suspect is cleared")
    assert _audited(client, hold.hold_id) == [("hold_placed", "A. Peeters"), ("hold_released", "A. Peeters")]
    assert holds.get(hold.hold_id).release_reason == "The suspect is cleared"
    assert [one for one in verify(client, datetime.now(UTC)).broken if one.table == "holds"] == []


@pytest.mark.parametrize(
    ("tampering", "what"),
    [
        ("ALTER TABLE holds DELETE WHERE hold_id = {id:UUID}", "gone"),
        ("ALTER TABLE holds UPDATE plates = ['1ZZZ999'] WHERE hold_id = {id:UUID}", "not what was recorded"),
        ("ALTER TABLE holds UPDATE reason = 'x' WHERE hold_id = {id:UUID}", "not what was recorded"),
        ("ALTER TABLE holds UPDATE plate_keys = [] WHERE hold_id = {id:UUID}", "not what was recorded"),
        (
            """INSERT INTO holds SELECT * REPLACE (2 AS revision, 'X' AS released_by, now64(3) AS released_at)
            FROM holds WHERE hold_id = {id:UUID}""",
            "not what was recorded",
        ),
        (
            "INSERT INTO holds SELECT * REPLACE (generateUUIDv4() AS hold_id) FROM (SELECT * FROM holds)",
            "never recorded",
        ),
    ],
)
def test_a_hold_changed_by_hand_is_found(client: Client, holds: Holds, tampering: str, what: str) -> None:
    hold = place(holds, PLATE)
    client.command(tampering, parameters={"id": hold.hold_id}, settings={"mutations_sync": 2})
    found = [one.what for one in verify(client, datetime.now(UTC)).broken if one.table == "holds"]
    assert len(found) == 1
    assert what in found[0]


# ---- what is missing is mended ---------------------------------------------------------------------------------------


def test_what_a_hold_lacks_is_counted_and_copied(client: Client, holds: Holds) -> None:
    row = (PLATE, "gate-1", aged(-3))
    hold = place(holds, PLATE)
    store(client, [row])
    client.command("TRUNCATE TABLE held_passages")
    assert holds.missing(hold) == 1
    applied = apply(client, holds, datetime.now(UTC), lambda *_: None)
    assert (applied.rows_copied, holds.missing(hold)) == (1, 0)
    assert kept(client, hold.hold_id) == {row}


def test_a_hold_placed_while_passages_come_in_misses_none(store_of: StoreProcess, client: Client, holds: Holds) -> None:
    blocks = [[(PLATE, f"gate-{worker}", aged(-40 - n / 100))] for worker in (1, 2) for n in range(25)]

    def insert(block: list[Row]) -> None:
        with connect(store_of.dsn) as own:
            store(own, block)

    with ThreadPoolExecutor(3) as pool:
        coming = [pool.submit(insert, block) for block in blocks]
        hold = place(holds, PLATE)
        for one in coming:
            one.result()
    apply(client, holds, datetime.now(UTC), lambda *_: None)
    assert kept(client, hold.hold_id) == stored(client) == {row for block in blocks for row in block}
    assert holds.missing(hold) == 0


def test_an_interrupted_release_is_finished(client: Client, holds: Holds, monkeypatch: pytest.MonkeyPatch) -> None:
    store(client, [(PLATE, "gate-1", aged(-3))])
    hold = place(holds, PLATE)
    monkeypatch.setattr(Holds, "drop_released", lambda _self: 0)
    holds.release(hold.hold_id, "The suspect is cleared")
    monkeypatch.undo()
    assert holds.released_rows() == 1
    assert apply(client, holds, datetime.now(UTC), lambda *_: None).rows_of_released == 1
    assert stored(client, "held_passages") == set()


# ---- who may, and what is refused ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["B. Dupont", "Nobody"])
def test_only_an_investigator_or_administrator_holds(client: Client, holds: Holds, name: str) -> None:
    others = Holds(client, lambda: datetime.now(UTC), name)
    with pytest.raises(HoldRefused, match="may not hold"):
        place(others, PLATE)
    hold = place(holds, PLATE)
    with pytest.raises(HoldRefused, match="may not hold"):
        others.release(hold.hold_id, "The suspect is cleared")
    assert holds.get(hold.hold_id).active


def test_a_hold_is_released_once(holds: Holds) -> None:
    hold = place(holds, PLATE)
    holds.release(hold.hold_id, "The suspect is cleared")
    with pytest.raises(HoldRefused, match="was released on"):
        holds.release(hold.hold_id, "The suspect is cleared")
    with pytest.raises(HoldRefused, match="there is no hold"):
        holds.release(uuid4(), "The suspect is cleared")


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        (HoldRequest("", REASON, (PLATE,)), "its number"),
        (HoldRequest("x" * 65, REASON, (PLATE,)), "64 characters"),
        (HoldRequest(CASE, "x", (PLATE,)), "state a reason"),
        (HoldRequest(CASE, PLATE, (PLATE,)), "no reason"),
        (HoldRequest(CASE, REASON), "plates, cameras or both"),
        (HoldRequest(CASE, REASON, ("1AA*",)), "no wildcards"),
        (HoldRequest(CASE, REASON, ("1'; DROP TABLE holds",)), "is no plate"),
        (HoldRequest(CASE, REASON, ("é" * 5000,)), "is no plate"),
        (HoldRequest(CASE, REASON, tuple(f"1AAA{n:03}" for n in range(MOST_PLATES + 1))), "place several"),
        (HoldRequest(CASE, REASON, cameras=("gate-1",)), "everybody is held"),
        (request(PLATE, captured_from=aged(-9), captured_until=aged(-8)), "before it begins"),
        (request(PLATE, captured_from=aged(90), captured_until=aged(1)), "more than twelve months ago"),
    ],
)
def test_what_cannot_be_held_is_refused_and_leaves_nothing(holds: Holds, asked: HoldRequest, says: str) -> None:
    with pytest.raises(HoldRefused, match=says):
        holds.place(asked)
    assert holds.list() == []


def test_what_is_due_already_is_not_brought_back(client: Client, holds: Holds) -> None:
    hold = place(holds, PLATE, captured_from=aged(3650))
    assert abs(hold.captured_from - YEAR.before(datetime.now(UTC))) < timedelta(minutes=1)
    store(client, [(PLATE, "gate-1", aged(1))])
    assert kept(client, hold.hold_id) == set()


# ---- who sees it -----------------------------------------------------------------------------------------------------


def _decide(client: Client, case: str = CASE) -> str:
    """A magistrate opens three years of this case; entered by somebody who does not search."""
    decision, now = f"KB-{uuid4().hex[:8]}", datetime.now(UTC)
    register = Register(client, lambda: now, "C. Greffier")
    register.decide(
        Decision(
            decision, "J. Rechter", case, now - timedelta(days=1100), now + timedelta(days=1), now + timedelta(days=1)
        )
    )
    return decision


def _search(client: Client, decision: str | None, case: str | None = CASE, **more: Any) -> SearchRecord:
    now = datetime.now(UTC)
    asked: dict[str, Any] = {
        "pattern": PLATE,
        "reason": REASON,
        "officer": "A. Peeters",
        "role": "investigator",
        "purpose": "crime",
        "captured_from": now - timedelta(days=1000),
        "captured_until": now,
    }
    request = SearchRequest(case_number=case, decision_id=decision, **(asked | more))
    return SearchDesk(client, lambda: datetime.now(UTC)).open(request)


@pytest.fixture
def past(client: Client) -> list[tuple[str, datetime]]:
    """One passage past twelve months and one younger, of a plate that is held; another plate, held too."""
    place(some_months_ago(client), PLATE, OTHER)
    store(client, [(PLATE, "gate-1", aged(30)), (PLATE, "gate-1", aged(-30)), (OTHER, "gate-1", aged(30))])
    apply(client, some_months_ago(client, 0), datetime.now(UTC), lambda *_: None)
    return [(PLATE, aged(30))]


@pytest.fixture
def analyst(store_of: StoreProcess) -> Any:
    """Somebody with SQL and without rights on the tables."""
    with connect(store_of.dsn, role="anpr_analyst") as opened:
        yield opened


@pytest.fixture
def store_of(store: StoreProcess) -> StoreProcess:
    """The store, where a test has another use for its name."""
    return store


def _held(analyst: Client, search: SearchRecord, officer: str = "A. Peeters") -> list[tuple[str, datetime]]:
    rows = analyst.query(READ_HELD, parameters={"id": search.search_id, "officer": officer}).result_rows
    return [(plate, at) for plate, at in rows]


def test_a_search_on_the_case_with_a_decision_sees_what_is_held(client: Client, analyst: Client, past: Any) -> None:
    search = _search(client, _decide(client))
    assert _held(analyst, search) == past, "the younger one is in passages, the other plate is not searched"
    assert [one.captured_at for one in latest(client, search, [PLATE])] == [aged(-30)]


@pytest.mark.parametrize(("pattern", "tolerance"), [(PLATE, 0), (PLATE, 1), ("1AAA???", 0)])
def test_a_search_shows_what_its_case_holds_below_what_is_younger(
    client: Client, past: Any, pattern: str, tolerance: int
) -> None:
    search = _search(client, _decide(client), pattern=pattern, tolerance=tolerance)
    found = find(client, search).sightings
    assert [one.seen.captured_at for one in found] == [aged(-30), past[0][1]]
    assert found[-1].why == f"held for file {CASE}"
    assert found[-1].seen.plate == PLATE
    other = _search(client, _decide(client, "GNT-1"), "GNT-1", pattern=pattern, tolerance=tolerance)
    assert [one.seen.captured_at for one in find(client, other).sightings] == [aged(-30)]


def test_no_more_is_shown_than_the_limit(client: Client, past: Any) -> None:
    search = _search(client, _decide(client))
    found = find(client, search, limit=1)
    assert [one.seen.captured_at for one in found.sightings] == [aged(-30)]
    assert held_by_case(client, search, limit=1)[0].captured_at == past[0][1]


def test_a_search_within_the_year_does_not_ask_what_is_held(client: Client, past: Any) -> None:
    assert past
    search = _search(client, None, captured_from=datetime.now(UTC) - timedelta(days=20))
    assert held_by_case(client, search) == []
    assert find(client, search).sightings == []


def test_a_search_on_another_case_sees_nothing_of_it(client: Client, analyst: Client, past: Any) -> None:
    assert past
    assert _held(analyst, _search(client, _decide(client, "GNT-1"), "GNT-1")) == []


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"decision": None}, "range_closed|decision_missing"),
        ({"decision": None, "case": None}, "range_closed|decision_missing"),
        ({"purpose": "traffic_offence"}, "range_closed|purpose_closed"),
    ],
)
def test_without_a_decision_or_for_a_lesser_purpose_nobody_looks_that_far(
    client: Client, analyst: Client, past: Any, more: dict[str, Any], code: str
) -> None:
    assert past
    given = {"decision": _decide(client)} | more
    with pytest.raises(ClickHouseError, match=code):
        _held(analyst, _search(client, given.pop("decision"), given.pop("case", CASE), **given))


def test_somebody_else_s_search_opens_nothing(client: Client, analyst: Client, past: Any) -> None:
    assert past
    with pytest.raises(ClickHouseError, match="search_of_another"):
        _held(analyst, _search(client, _decide(client)), officer="B. Dupont")
    with pytest.raises(ClickHouseError, match="ACCESS_DENIED"):
        analyst.query("SELECT plate FROM held_passages")


def test_after_the_release_nobody_sees_it(client: Client, analyst: Client, past: Any) -> None:
    assert past
    holds = some_months_ago(client, 0)
    holds.release(holds.list()[0].hold_id, "The court has closed the file")
    assert _held(analyst, _search(client, _decide(client))) == []


def test_a_search_in_one_zone_sees_what_passed_there(client: Client, analyst: Client, past: Any) -> None:
    assert past
    search = _search(client, _decide(client), police_zone="BRU-NORTH")
    assert _held(analyst, search) == []
