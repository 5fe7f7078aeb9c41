"""The guard below the program: plain SQL, as an analyst would type it, to the store's own rights and views.

Nothing of the program stands between: searches are recorded by an INSERT, read by a SELECT, and the words looked for
are ClickHouse's own error.
"""

from __future__ import annotations

import json
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
from sinks.clickhouse.officers import FOREVER, Officer, Register
from sinks.clickhouse.searches import VALID_FOR
from tests.sinks.audited import decision, now
from tests.sinks.rows import Sink, message, passage, plate

Record = Callable[..., str]
OF_MONTH = f", month = {now():%Y%m}, keys = []"
VIEWS = {
    "sightings_of_search": ", plates = ['{plate}']",
    "sightings_of_zone_search": ", plates = ['{plate}']",
    "passages_of_search": ", plates = ['{plate}']",
    "passages_of_scene": ", scene = 1",
    "companions_of_search": ", within_s = 60",
    "held_passages_of_search": "",
    "plates_of_search": f"{OF_MONTH}, prefix = '', run = '', and_run = '', mask = 0, value = 0",
    "plates_of_zone_search": OF_MONTH,
    "search_scope": "",
}


@pytest.fixture(scope="module")
def analyst(store: StoreProcess, client: Client) -> Iterator[Client]:
    """Somebody with SQL."""
    assert client
    analyst = connect(store.dsn, role="anpr_analyst")
    yield analyst
    analyst.close()


@pytest.fixture(scope="module")
def service(store: StoreProcess, client: Client) -> Iterator[Client]:
    """What writes records of searches: the console's right, which somebody may abuse."""
    assert client
    service = connect(store.dsn, role="anpr_search")
    yield service
    service.close()


@pytest.fixture
def seen(sink: Sink) -> str:
    """A plate that passed two hours ago, and fifty days ago."""
    core = plate()[:8]
    moments = (now() - timedelta(hours=2), now() - timedelta(days=50))
    rows = [passage(core, captured_at=moment.isoformat()) for moment in moments]
    sink.store([message("passages", n, row) for n, row in enumerate(rows)])
    return core


@pytest.fixture(params=["audit_search_in", "audit_in"])
def record(service: Client, seen: str, request: pytest.FixtureRequest) -> Record:
    """Writes the record of a search by hand, anything in it, through either inlet; returns its id."""

    def record(**more: Any) -> str:
        search_id, moment = str(uuid.uuid4()), more.pop("created_at", now())
        about = {
            "search_id": search_id,
            "created_at": instant(moment),
            "expires_at": instant(more.pop("expires_at", moment + timedelta(minutes=10))),
            "officer": "A. Peeters",
            "role": "officer",
            "police_zone": None,
            "purpose": "crime",
            "reason": "Hit and run in the Rue Neuve",
            "case_number": None,
            "decision_id": None,
            "kind": "plate",
            "pattern": seen,
            "tolerance": 0,
            "scenes": [],
            "captured_from": instant(more.pop("captured_from", now() - timedelta(days=30))),
            "captured_until": instant(now()),
            **more,
        }
        _insert(service, "search_opened", str(about["officer"]), about, request.param)
        return search_id

    return record


def _insert(service: Client, action: str, actor: str, about: dict[str, Any], inlet: str = "audit_in") -> None:
    row = {
        "chain": uuid.uuid4().hex[:16],
        "seq": 1,
        "at": instant(now()),
        "action": action,
        "actor": actor,
        "hash": "0" * 64,
        "record": json.dumps({"about": about}),
    }
    service.raw_insert(inlet, insert_block=json.dumps(row).encode(), fmt="JSONEachRow",
                       settings={"date_time_input_format": "best_effort"})  # fmt: skip


def _look(
    analyst: Client, search_id: str, plate: str, officer: str = "A. Peeters", view: str = "sightings_of_search"
) -> int:
    """Rows that a view shows."""
    more = VIEWS[view].replace("{plate}", plate)
    sql = f"SELECT count() FROM {view}(search_id = '{search_id}', officer = '{officer}'{more})"
    return int(analyst.query(sql).result_rows[0][0])


def test_a_recorded_search_opens_what_it_says(record: Record, seen: str, analyst: Client) -> None:
    assert _look(analyst, record(), seen) == 1
    assert _look(analyst, record(), "OTHERPLATE") == 0


@pytest.mark.parametrize("view", VIEWS)
def test_no_view_opens_without_a_search(view: str, seen: str, analyst: Client) -> None:
    with pytest.raises(DatabaseError, match="search_unknown: no search with this id is recorded"):
        _look(analyst, str(uuid.uuid4()), seen, view=view)


@pytest.mark.parametrize("view", VIEWS)
def test_no_view_opens_by_somebody_elses_search(view: str, record: Record, seen: str, analyst: Client) -> None:
    with pytest.raises(DatabaseError, match="search_of_another: this search belongs to somebody else"):
        _look(analyst, record(), seen, officer="B. Dupont", view=view)


def _hours(hours: float) -> datetime:
    return now() + timedelta(hours=hours)


REFUSED: dict[str, tuple[str, dict[str, Any]]] = {
    "an hour old": ("search_expired", {"created_at": timedelta(hours=-1)}),
    "another zone": ("zone_closed", {"officer": "Z. Noord", "police_zone": "BRU-SOUTH"}),
    "all zones, for one of a zone": ("zone_closed", {"officer": "Z. Noord"}),
    "a role that is not theirs": ("officer_unknown", {"officer": "B. Dupont", "role": "investigator"}),
    "nobody": ("officer_unknown", {"officer": "Nobody"}),
    "no officer at all": ("officer_unknown", {"officer": ""}),
    "a purpose that there is not": ("purpose_closed", {"purpose": "curiosity"}),
    "older than a month": ("decision_missing", {"captured_from": timedelta(hours=-24 * 45)}),
    "older than a month, a decision that there is not": (
        "decision_missing",
        {"captured_from": timedelta(hours=-24 * 45), "decision_id": "D-INVENTED", "case_number": "BR.1"},
    ),
    "older than the purpose ever opens": (
        "range_closed",
        {"captured_from": timedelta(hours=-24 * 45), "purpose": "traffic_offence"},
    ),
    "older than a year": ("range_closed", {"captured_from": timedelta(hours=-24 * 400)}),
    "open for a year": ("search_wrong", {"expires_at": timedelta(hours=24 * 365)}),
    "recorded tomorrow": ("search_wrong", {"created_at": timedelta(hours=24)}),
    "dated back, to reach further": (
        "search_wrong",
        {
            "created_at": timedelta(days=-20),
            "expires_at": timedelta(minutes=6),
            "captured_from": timedelta(days=-50),
        },
    ),
    "no reason": ("search_wrong", {"reason": "x"}),
    "a pattern that is an expression": ("search_wrong", {"pattern": ".{8}"}),
    "no pattern": ("search_wrong", {"pattern": ""}),
    "by scenes, asked for a plate": ("kind_closed", {"kind": "scenes"}),
    "of a kind that there is not": ("kind_closed", {"kind": "everything"}),
}
"""Name → code, what is odd; moments from when the test runs, minutes after this was read."""


@pytest.mark.parametrize(("code", "more"), REFUSED.values(), ids=REFUSED)
def test_the_database_refuses(code: str, more: dict[str, Any], record: Record, seen: str, analyst: Client) -> None:
    officer = more.get("officer", "A. Peeters")
    moments = {name: now() + value for name, value in more.items() if isinstance(value, timedelta)}
    with pytest.raises(DatabaseError, match=f"'{code}: .{{20,}}' for enum"):
        _look(analyst, record(**more | moments), seen, officer=officer)


def test_a_role_that_may_not_search_for_a_purpose_is_refused(record: Record, seen: str, analyst: Client,
                                                             client: Client) -> None:  # fmt: skip
    name = f"Officer {uuid.uuid4().hex[:8]}"
    Register(client, now, "Administrator").add(Officer(name, "lez_agent", "", _hours(-24), FOREVER))
    with pytest.raises(DatabaseError, match="purpose_closed: this role may not search for this purpose"):
        _look(analyst, record(officer=name, role="lez_agent"), seen, officer=name)


def test_a_search_ends_with_the_registration_that_it_went_by(record: Record, seen: str, analyst: Client,
                                                             client: Client) -> None:  # fmt: skip
    name = f"Officer {uuid.uuid4().hex[:8]}"
    register = Register(client, now, "Administrator")
    register.add(Officer(name, "officer", "BRU-NORTH", _hours(-24), FOREVER))
    search = record(officer=name, police_zone="BRU-NORTH")
    view = "sightings_of_zone_search"
    assert _look(analyst, search, seen, officer=name, view=view) == 0, "open, and nothing passed in the zone"
    register.add(Officer(name, "officer", "BRU-SOUTH", _hours(-24), FOREVER))
    with pytest.raises(DatabaseError, match="officer_unknown: not registered in this role, or no longer"):
        _look(analyst, search, seen, officer=name, view=view)


def test_the_plates_of_the_country_are_closed_to_a_search_of_a_zone(record: Record, analyst: Client) -> None:
    in_zone, in_country = record(police_zone="BRU-NORTH"), record()
    for view in ("plates_of_search", "sightings_of_search"):
        with pytest.raises(DatabaseError, match="zone_closed: this search is of one police zone"):
            _look(analyst, in_zone, "", view=view)
    with pytest.raises(DatabaseError, match="zone_closed: this search is of the whole country"):
        _look(analyst, in_country, "", view="plates_of_zone_search")
    assert _look(analyst, in_country, "", view="plates_of_search") == 1
    assert _look(analyst, in_zone, "", view="plates_of_zone_search") == 0


@pytest.fixture
def decide(client: Client) -> Callable[..., str]:
    """Records a decision on file BR.1 and returns its reference."""

    def decide(by: str = "Administrator", **more: Any) -> str:
        reference = f"D-{uuid.uuid4().hex[:8]}"
        Register(client, now, by).decide(decision(reference, **more))
        return reference

    return decide


def _older(record: Record, reference: str, case_number: str = "BR.1") -> str:
    return record(captured_from=_hours(-24 * 55), decision_id=reference, case_number=case_number)


def test_a_decision_opens_what_is_older(record: Record, seen: str, decide: Callable[..., str], analyst: Client) -> None:
    assert _look(analyst, _older(record, decide()), seen) == 2


@pytest.mark.parametrize(
    ("given", "case_number"),
    [
        ({"by": "A. Peeters"}, "BR.1"),
        ({}, "BR.2"),
        ({"case_number": "BR.2"}, "BR.1"),
        ({"covers_from": _hours(-24 * 50)}, "BR.1"),
        ({"covers_until": _hours(-24 * 10)}, "BR.1"),
        ({"valid_until": datetime(2026, 1, 1, tzinfo=UTC)}, "BR.1"),
    ],
    ids=[
        "recorded by the searcher",
        "search on another file",
        "of another file",
        "begins later",
        "ends earlier",
        "over",
    ],
)
def test_a_decision_that_does_not_fit_opens_nothing(
    given: dict[str, Any], case_number: str, record: Record, seen: str, decide: Callable[..., str], analyst: Client
) -> None:
    with pytest.raises(DatabaseError, match="decision_missing: older than a month needs a decision of a magistrate"):
        _look(analyst, _older(record, decide(**given), case_number), seen)


def test_program_and_database_agree_how_long_a_search_is_open(record: Record, seen: str, analyst: Client) -> None:
    moment = now()
    assert _look(analyst, record(created_at=moment, expires_at=moment + VALID_FOR), seen) == 1
    longer = record(created_at=moment, expires_at=moment + VALID_FOR + timedelta(milliseconds=1))
    with pytest.raises(DatabaseError, match="search_wrong"):
        _look(analyst, longer, seen)


@pytest.mark.parametrize("table", ["searches", "officers", "access_decisions", "purposes", "audit", "audit_heads"])
@pytest.mark.parametrize("who", ["analyst", "service"])
def test_who_reads_and_who_records_can_not_write_past_the_audit(
    who: str, table: str, request: pytest.FixtureRequest
) -> None:
    client: Client = request.getfixturevalue(who)
    for statement in (f"INSERT INTO {table} SELECT * FROM {table}", f"DELETE FROM {table} WHERE 1",
                      f"ALTER TABLE {table} DELETE WHERE 1", f"TRUNCATE TABLE {table}"):  # fmt: skip
        with pytest.raises(DatabaseError, match=r"ACCESS_DENIED|READONLY"):
            client.command(statement)
