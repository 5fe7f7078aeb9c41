"""No plate of the zones without a recorded search: asked of the database itself, past the program that checks first."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from anpr.embedded.store.launch import StoreProcess
from sinks.clickhouse.audit.records import instant
from sinks.clickhouse.client import connect
from sinks.clickhouse.controllers import LEZ
from sinks.clickhouse.lez.access import OF_SEARCH
from sinks.clickhouse.lez.results import notices, passes, permits, verdict_history, verdicts
from sinks.clickhouse.lez.searches import LezDesk, LezSearch, LezSearchRequest
from sinks.clickhouse.migrate import load_migrations
from sinks.clickhouse.refusal import SearchRefused
from tests.schemas.examples import files, load
from tests.sinks.lez.verdicts import AGENT, CHIEF, HOUR, REASON, later, messages, notice, verdict
from tests.sinks.rows import Sink, plate

Record = Callable[..., str]


def now() -> datetime:
    """This moment."""
    return datetime.now(UTC)


@pytest.fixture(scope="module")
def agent(store: StoreProcess, lez: Client) -> Iterator[Client]:
    """The program in which agents work."""
    assert lez
    with connect(store.lez_dsn, role="lez_agent") as opened:
        yield opened


@pytest.fixture
def seen(lez_sink: Sink, zone: str) -> str:
    """A plate with a verdict that was taken twice, a notice, a pass and a permit in the zone."""
    own = plate()
    told = verdict(zone, plate=own, verdict="non_compliant")
    of_day = {"plate": own, "zone": zone, "day": f"{HOUR:%Y-%m-%d}", "pass_id": str(uuid.uuid4())}
    bought = load(files("lez_pass", "valid")[0]) | of_day
    granted = load(files("lez_permits", "valid")[0]) | {"plate": own}
    lez_sink.store(messages("lez-verdicts", told, later(told, verdict="exempt", cause="rejudgement"), verdict(zone)))
    lez_sink.store(messages("lez-notices", notice(zone, plate=own), notice(zone)))
    lez_sink.store(messages("lez-passes", bought))
    lez_sink.store(messages("lez-permits", granted))
    return own


@pytest.fixture
def record(agent: Client, seen: str) -> Record:
    """Writes the record of a search by hand, anything in it; returns its id."""

    def record(**more: Any) -> str:
        search_id, moment = str(uuid.uuid4()), more.pop("created_at", now())
        about = {
            "search_id": search_id,
            "created_at": instant(moment),
            "expires_at": instant(more.pop("expires_at", moment + timedelta(minutes=10))),
            "role": "lez_agent",
            "zone": "",
            "purpose": "objection",
            "reason": REASON,
            "case_number": "",
            "pattern": seen,
            "captured_from": instant(more.pop("captured_from", now() - timedelta(days=30))),
            "captured_until": instant(more.pop("captured_until", now())),
        }
        actor = str(more.pop("officer", AGENT))
        row = {
            **{"chain": uuid.uuid4().hex[:16], "seq": 1, "at": instant(now()), "action": "search_opened"},
            **{"actor": actor, "hash": "0" * 64, "record": json.dumps({"about": about | more})},
        }
        agent.raw_insert("audit_in", insert_block=json.dumps(row).encode(), fmt="JSONEachRow",
                         settings={"date_time_input_format": "best_effort"})  # fmt: skip
        return search_id

    return record


def _look(agent: Client, search_id: str, officer: str = AGENT, view: str = "verdicts_of_search") -> int:
    """Rows that a view shows."""
    given = {"id": search_id, "officer": officer}
    sql = f"SELECT count() FROM {view}(search_id = {{id:UUID}}, officer = {{officer:String}})"
    return int(agent.query(sql, parameters=given).result_rows[0][0])


def test_a_recorded_search_opens_what_it_says(record: Record, agent: Client, zone: str) -> None:
    own = record()
    assert [_look(agent, own, view=view) for view in OF_SEARCH] == [1, 2, 1, 1, 1, 1]
    elsewhere = record(zone="another-zone")
    assert [_look(agent, elsewhere, view=view) for view in OF_SEARCH[:5]] == [0] * 5
    assert _look(agent, record(captured_until=HOUR)) == 0, "before then"
    assert _look(agent, record(pattern="1OTHER")) == 0
    assert _look(agent, record(zone=zone)) == 1


@pytest.mark.parametrize("view", OF_SEARCH)
def test_no_view_opens_without_a_search_of_ones_own(view: str, record: Record, agent: Client) -> None:
    with pytest.raises(DatabaseError, match="search_unknown: no search with this id is recorded"):
        _look(agent, str(uuid.uuid4()), view=view)
    with pytest.raises(DatabaseError, match="search_of_another: this search belongs to somebody else"):
        _look(agent, record(), officer=CHIEF, view=view)


def _ago(**before: float) -> datetime:
    return now() - timedelta(**before)


REFUSED: dict[str, tuple[str, dict[str, Any]]] = {
    "an hour old": ("search_expired", {"created_at": _ago(hours=1)}),
    "nobody": ("officer_unknown", {"officer": "Nobody"}),
    "a role that is not theirs": ("officer_unknown", {"role": "administrator", "purpose": "court"}),
    "a purpose that there is not": ("purpose_closed", {"purpose": "curiosity"}),
    "a purpose of the police": ("purpose_closed", {"purpose": "crime"}),
    "a purpose of the administrator": ("purpose_closed", {"purpose": "rejudgement"}),
    "everybody, for an objection": ("plates_missing", {"pattern": "*"}),
    "further back than it opens": ("range_closed", {"captured_from": _ago(days=1900)}),
    "open for a year": ("search_wrong", {"expires_at": _ago(days=-365)}),
    "recorded tomorrow": ("search_wrong", {"created_at": _ago(days=-1)}),
    "no reason": ("search_wrong", {"reason": "x"}),
    "part of a plate": ("search_wrong", {"pattern": "1AB*"}),
    "an expression": ("search_wrong", {"pattern": ".*"}),
    "no plate": ("search_wrong", {"pattern": ""}),
    "no time": ("search_wrong", {"captured_from": _ago(days=1), "captured_until": _ago(days=2)}),
}


@pytest.mark.parametrize(("code", "more"), REFUSED.values(), ids=REFUSED)
def test_the_database_refuses(code: str, more: dict[str, Any], record: Record, agent: Client) -> None:
    with pytest.raises(DatabaseError, match=f"'{code}: .{{20,}}' for enum"):
        _look(agent, record(**more), officer=more.get("officer", AGENT))


def test_a_review_opens_the_notices_of_a_zone_and_no_verdicts(record: Record, agent: Client, zone: str) -> None:
    review = record(purpose="notice_review", pattern="*", zone=zone)
    assert _look(agent, review, view="notices_of_search") == 2
    for view in set(OF_SEARCH) - {"notices_of_search", "notice_history_of_search"}:
        with pytest.raises(DatabaseError, match="plates_missing"):
            _look(agent, review, view=view)


def test_a_confirmation_opens_the_doubtful_ones_that_would_matter(
    record: Record, agent: Client, zone: str, lez_sink: Sink
) -> None:
    doubtful = [{"sure": False, "verdict": "unknown", "if_sure": kind} for kind in ("non_compliant", "compliant")]
    lez_sink.store(messages("lez-verdicts", *(verdict(zone, **more) for more in doubtful), verdict(zone)))
    assert _look(agent, record(purpose="plate_confirmation", pattern="*", zone=zone)) == 1


def test_the_administrator_opens_a_zone_to_judge_it_anew(record: Record, agent: Client, zone: str) -> None:
    given = {"purpose": "rejudgement", "role": "administrator", "pattern": "*", "zone": zone, "officer": CHIEF}
    assert _look(agent, record(**given), CHIEF) == 2
    assert _look(agent, record(**given), CHIEF, "passes_of_search") == 1


def test_all_views_begin_with_the_same_guard() -> None:
    text = next(one.text for one in load_migrations(LEZ) if one.name == "0004_views")
    guards = re.findall(r"AS\nWITH \((.*?)\) AS scope", text, re.DOTALL)
    own = re.compile(r"NOT has(?:Any)?\(any\(whole\), .*?\),\n|, has\(any\(whole\), 'verdicts'\)")
    plain = {own.sub("", one) for one in guards}
    assert (len(guards), len(plain)) == (len(OF_SEARCH), 1)


def test_a_plate_is_found_without_reading_the_others(record: Record, lez_sink: Sink, zone: str) -> None:
    """The scope is one value, so the filter on plates prunes; what is in the way is the search's own plate alone."""
    more = [verdict(zone, captured_at=(HOUR - timedelta(seconds=n)).isoformat()) for n in range(20_000)]
    lez_sink.store(messages("lez-verdicts", *more))
    search = LezSearch(uuid.UUID(record()), AGENT, ())
    sql = "SELECT plate FROM verdicts_of_search(search_id = {search_id:UUID}, officer = {officer:String})"
    rows = lez_sink.client.query(f"EXPLAIN indexes = 1 {sql}", parameters=search.given).result_rows
    told = "\n".join(row[0] for row in rows)
    (granules,) = re.findall(r"Name: by_plate\n.*\n.*\n\s+Granules: (\d+)/(\d+)", told)
    assert int(granules[0]) < int(granules[1])


# ---- through the program ---------------------------------------------------------------------------------------------


def _request(plates: tuple[str, ...], **more: Any) -> LezSearchRequest:
    return LezSearchRequest(REASON, AGENT, "objection", _ago(days=30), now(), plates, **more)


def test_an_agent_s_desk_records_looks_and_says_what_it_showed(agent: Client, lez: Client, seen: str) -> None:
    desk = LezDesk(agent, now)
    search = desk.open(_request((f"{seen[:4]}-{seen[4:].lower()}",)))
    assert search.plates == (seen,)
    assert [one.verdict for one in verdicts(agent, search)] == ["exempt"]
    assert [one.cause for one in verdict_history(agent, search)] == ["passage", "rejudgement"]
    assert [len(list(ask(agent, search))) for ask in (notices, passes, permits)] == [1, 1, 1]
    desk.shown(search, "verdicts", 1)
    actions = lez.query("SELECT action FROM audit WHERE search_id = {id:String} ORDER BY seq",
                        parameters={"id": str(search.search_id)}).result_rows  # fmt: skip
    assert actions == [("search_opened",), ("search_shown",)]


@pytest.mark.parametrize(
    ("plates", "more", "code"),
    [
        (("1AB*",), {}, "pattern_wrong"),
        (("",), {}, "pattern_wrong"),
        (("1ABC234",), {"reason": "x"}, "reason_short"),
        (("1ABC234",), {"purpose": "crime"}, "field_wrong"),
        (("1ABC234",), {"captured_until": _ago(days=40)}, "range_empty"),
    ],
)
def test_the_desk_refuses_and_records_that(
    plates: tuple[str, ...], more: dict[str, Any], code: str, agent: Client, lez: Client
) -> None:
    given = {"reason": REASON, "officer": f"Agent {uuid.uuid4().hex[:8]}", "purpose": "objection",
             "captured_from": _ago(days=30), "captured_until": now(), "plates": plates} | more  # fmt: skip
    with pytest.raises(SearchRefused) as refused:
        LezDesk(agent, now).open(LezSearchRequest(**given))
    assert refused.value.code == code
    told = lez.query("SELECT action, JSONExtractString(about, 'code') FROM audit WHERE actor = {who:String}",
                     parameters={"who": given["officer"]}).result_rows  # fmt: skip
    assert told == [("search_denied", code)]


def test_what_the_database_refuses_comes_as_a_refusal(agent: Client) -> None:
    search = LezDesk(agent, now).open(_request(()))
    with pytest.raises(SearchRefused, match="opens what is told of named plates"):
        list(verdicts(agent, search))
