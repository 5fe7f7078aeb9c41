"""Questions to the zones' database: against a plain look at what was stored; and the examples of docs/lez.md."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from clickhouse_connect.driver.client import Client

from anpr.embedded.store.launch import StoreProcess
from schemas.search import Role
from sinks.clickhouse.client import connect
from sinks.clickhouse.lez.queries.counts import passages_by, passages_by_kind, vehicles_by_kind
from sinks.clickhouse.lez.queries.rejudging import verdicts_of_day
from sinks.clickhouse.lez.queries.verdicts import history_of, verdict_named, waiting
from sinks.clickhouse.lez.searches import LezDesk, LezSearch, LezSearchRequest, Purpose
from sinks.clickhouse.refusal import SearchRefused
from tests.anpr.program import ROOT
from tests.docs.examples import Example, examples_of
from tests.sinks.lez.verdicts import AGENT, CHIEF, HOUR, REASON, later, messages, verdict
from tests.sinks.rows import Sink

SPAN = (HOUR - timedelta(hours=2), HOUR + timedelta(hours=3))
EXAMPLES = [one for one in examples_of(ROOT / "docs" / "lez.md") if one.language == "sql"]


def _told(zone: str) -> Sequence[dict[str, Any]]:
    """Three hours of traffic: a vehicle twice, a van, one that is barred, a foreigner, one that was cleared."""
    twice = verdict(zone)
    return (
        twice,
        verdict(zone, plate=twice["plate"], captured_at=(HOUR + timedelta(hours=1)).isoformat()),
        verdict(zone, category="N1", n1_class="III", camera_id="gate-2"),
        verdict(zone, standard="4", verdict="non_compliant", action="fine", fine_eur=350),
        verdict(zone, verdict="unregistered", country="FR", category=None, fuel=None, standard=None, action="fine"),
        verdict(zone, withdrawn=True),
    )


def _search(client: Client, zone: str, purpose: Purpose, role: Role, *plates: str) -> LezSearch:
    officer = CHIEF if role == "administrator" else AGENT
    desk = LezDesk(client, lambda: datetime.now(UTC))
    return desk.open(LezSearchRequest(REASON, officer, purpose, *SPAN, plates=plates, zone=zone, role=role))


@pytest.mark.parametrize(
    ("by", "parts"),
    [
        ("fuel", {"diesel": 4, "": 1}),
        ("standard", {"6": 3, "4": 1, "": 1}),
        ("category", {"M1": 3, "N1-III": 1, "": 1}),
        ("country", {"BE": 4, "FR": 1}),
        ("camera", {"gate-1": 4, "gate-2": 1}),
        ("verdict", {"compliant": 3, "non_compliant": 1, "unregistered": 1}),
        ("action", {"none": 3, "fine": 2}),
    ],
)
def test_passages_by_one_thing(lez: Client, lez_sink: Sink, zone: str, by: Any, parts: dict[str, int]) -> None:
    lez_sink.store(messages("lez-verdicts", *_told(zone)))
    found = passages_by(lez, zone, SPAN, "Europe/Brussels", by)
    assert {one.part: one.passages for one in found} == parts
    assert sum(one.barred for one in found) == sum(one.acted_on for one in found) == 2


def test_passages_by_hour_are_those_of_the_zone_s_clocks(lez: Client, lez_sink: Sink, zone: str) -> None:
    lez_sink.store(messages("lez-verdicts", *_told(zone)))
    hours = {f"{(HOUR.hour + offset) % 24:02}": count for offset, count in ((5, 4), (6, 1))}
    found = passages_by(lez, zone, SPAN, "Etc/GMT-5", "hour")  # whose sign is the other way round
    assert {one.part: one.passages for one in found} == hours
    by_kind = Counter[int]()
    for one in passages_by_kind(lez, zone, SPAN, "Etc/GMT-5"):
        by_kind[one.hour_of_day] += one.passages
    assert {f"{hour:02}": count for hour, count in by_kind.items()} == hours


def test_a_vehicle_is_counted_once(lez: Client, lez_sink: Sink, zone: str) -> None:
    lez_sink.store(messages("lez-verdicts", *_told(zone)))
    found = {(one.category, one.standard): one for one in vehicles_by_kind(lez, zone, SPAN)}
    assert (found["M1", "6"].vehicles, found["M1", "6"].compliant_vehicles) == (1, 1)
    assert (found["M1", "4"].vehicles, found["M1", "4"].compliant_vehicles) == (1, 0)
    assert sum(one.vehicles for one in found.values()) == 4


def test_what_holds_and_what_was_said_before(lez: Client, lez_sink: Sink, zone: str) -> None:
    first = verdict(zone, first_registered="2012-05-01", exemptions=["oldtimer"], euro=6)
    second = later(first, verdict="non_compliant", cause="rejudgement")
    lez_sink.store(messages("lez-verdicts", first, second))
    search = _search(lez, zone, "rejudgement", "administrator")
    (held,) = verdicts_of_day(lez, search, zone, *SPAN)
    assert (held.verdict, held.cause, held.exemptions, held.euro) == ("non_compliant", "rejudgement", ("oldtimer",), 6)
    assert held.first_registered.isoformat() == "2012-05-01"  # type: ignore[union-attr]
    named = _search(lez, zone, "objection", "lez_agent", first["plate"])
    history = history_of(lez, named, UUID(first["verdict_id"]))
    assert [(one.verdict, one.cause) for one in history] == [("compliant", "passage"), ("non_compliant", "rejudgement")]
    other = _search(lez, zone, "objection", "lez_agent", "1XYZ999")
    assert history_of(lez, other, UUID(first["verdict_id"])) == []


def test_a_doubtful_read_waits_until_it_is_confirmed(lez: Client, lez_sink: Sink, zone: str) -> None:
    doubtful = verdict(zone, verdict="unknown", sure=False, doubtful=True, if_sure="non_compliant", standard="4")
    harmless = verdict(zone, verdict="unknown", sure=False, doubtful=True, if_sure="compliant")
    lez_sink.store(messages("lez-verdicts", doubtful, harmless, verdict(zone)))
    search = _search(lez, zone, "plate_confirmation", "lez_agent")
    assert [str(one.verdict_id) for one in waiting(lez, search, zone, 10)] == [doubtful["verdict_id"]]
    found = verdict_named(lez, search, UUID(doubtful["verdict_id"]))
    assert found is not None
    assert (found.doubtful, found.plate) == (True, doubtful["plate"])
    assert verdict_named(lez, search, UUID(harmless["verdict_id"])) is None  # not opened by this purpose
    sure = later(doubtful, verdict="non_compliant", sure=True, doubtful=False, if_sure=None, cause="confirmation")
    lez_sink.store(messages("lez-verdicts", doubtful, harmless, verdict(zone), sure)[3:])
    assert list(waiting(lez, search, zone, 10)) == []


def test_a_stream_says_no_as_other_questions_do(lez: Client, zone: str) -> None:
    search = _search(lez, zone, "objection", "lez_agent", "1ABC234")
    stranger = LezSearch(search.search_id, "X. Nobody", search.plates)
    with pytest.raises(SearchRefused, match="belongs to somebody else"):
        list(verdicts_of_day(lez, stranger, zone, *SPAN))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda one: f"line-{one.line}")
def test_the_examples_of_the_guide_run_for_an_analyst(store: StoreProcess, lez: Client, example: Example) -> None:
    assert lez.command("SELECT 1") == 1
    with connect(store.lez_dsn, role="lez_analyst") as analyst:
        analyst.query(example.text)
