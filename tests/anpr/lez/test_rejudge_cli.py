"""`anpr lez rejudge | verdict | doubtful | confirm | report | what-if` from outside, on a platform that runs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from anpr.platform import Platform, open_platform
from anpr.settings import resolve
from pipeline.identity import fact_id
from pipeline.lez.facts import Facts
from pipeline.runtime.kafka import producer_client
from schemas.codec import changed, encode
from schemas.lez import LezVerdict
from sinks.clickhouse.client import connect
from tests.anpr.program import Ran, anpr, wait_until
from tests.pipeline.flows.test_cases import plate_of
from tests.pipeline.lez.test_rejudgement import taken

pytestmark = pytest.mark.slow
OFFICER = "L. Janssens"
WHY = ("--reason", "decree of 15 December 2025 strikes the step of 2026")
DIESEL_4, DIESEL_5 = (Facts("BE", "M1", "diesel", standard=euro, euro=int(euro)) for euro in ("4", "5"))
PLANNED, STRUCK = datetime(2024, 6, 1, tzinfo=UTC), "2026-01-15"
"""Antwerp: a step of 2026 that was planned, and struck on 15 December 2025."""
BEFORE_THE_LAW = datetime(2016, 1, 1, tzinfo=UTC)
Lez = Callable[..., Ran]


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """Broker, store and the workers of the zones; opening it registers the officer, as agent and administrator."""
    settings = resolve({}, data_dir=tmp_path_factory.mktemp("lez") / "data", officer=OFFICER)
    with open_platform(settings, workers=("notices", "store-lez")) as platform:
        yield platform


@pytest.fixture(scope="module")
def client(platform: Platform) -> Client:
    """The database of the zones, as its owner."""
    return connect(platform.settings.lez())


@pytest.fixture
def lez(platform: Platform) -> Lez:
    """Runs `anpr lez` beside it."""

    def run(*words: str, officer: str = OFFICER) -> Ran:
        return anpr(Path(platform.settings.data_dir), "lez", *words, officer=officer)

    return run


def ago(days: float) -> datetime:
    """A moment at noon UTC, so many days before today."""
    return datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0) - timedelta(days=days)


def passed(facts: Facts, at: datetime, known_at: datetime, **how: Any) -> LezVerdict:
    """A vehicle that nobody saw before passes in Antwerp."""
    plate, zone = plate_of(), how.pop("zone", "antwerp")
    verdict = taken(facts, at, known_at, zone=zone, **how)
    return changed(verdict, verdict_id=fact_id("v", plate), passage_id=fact_id("p", plate), revision=1, plate=plate)


def stored(platform: Platform, client: Client, *verdicts: LezVerdict) -> None:
    """Tell them, and wait until the store has them."""
    producer = producer_client(platform.settings.kafka())
    for one in verdicts:
        producer.produce("lez-verdicts", encode(one), one.plate.encode())
    assert producer.flush(20) == 0
    ids = [one.verdict_id for one in verdicts]
    count = "SELECT uniqExact(verdict_id) FROM verdicts WHERE verdict_id IN {ids:Array(UUID)}"
    wait_until(
        lambda: client.query(count, parameters={"ids": ids}).result_rows[0][0] == len(ids), what="verdicts in the store"
    )


def notices(client: Client, *plates: str) -> dict[str, tuple[str, str]]:
    """Plate → state of its notice, and why it was withdrawn."""
    sql = "SELECT plate, state, withdrawn_for FROM notices_now WHERE plate IN {plates:Array(String)}"
    rows = client.query(sql, parameters={"plates": list(plates)}).result_rows
    return {plate: (state, why) for plate, state, why in rows}


def rejudged(lez: Lez, day: datetime, *more: str) -> Any:
    """What the command says of the day, in Antwerp, as known when the step was struck."""
    one = day.date().isoformat()
    ran = lez("rejudge", "--zone", "antwerp", "--from", one, "--to", one, "--known-at", STRUCK, *WHY, "--json", *more)
    assert ran.code == 0, ran.err
    return ran.json


def test_what_a_law_takes_back_falls_and_stays_readable(lez: Lez, platform: Platform, client: Client) -> None:
    day = ago(8)
    fell = [passed(DIESEL_5, day + timedelta(minutes=minute), PLANNED) for minute in range(2)]
    stands = passed(DIESEL_4, day, PLANNED)
    stored(platform, client, *fell, stands)
    plates = [one.plate for one in (*fell, stands)]
    wait_until(lambda: set(notices(client, *plates).values()) == {("proposed", "")}, what="three proposals")
    wait_until(lambda: len(notices(client, *plates)) == 3, what="three proposals")
    approved = client.query(
        "SELECT toString(notice_id) FROM notices_now WHERE plate = {plate:String}", parameters={"plate": fell[0].plate}
    ).result_rows[0][0]
    assert lez("approve", approved, "--note", "picture and plate agree").code == 0

    only_shown = rejudged(lez, day)
    assert (only_shown["looked_at"], only_shown["changed"], only_shown["sendable"], only_shown["sent"]) == (3, 2, 2, 0)
    assert only_shown["changes"][0] | {"digest": ""} == {
        **{"verdict_was": "non_compliant", "action_was": "fine", "verdict": "compliant", "action": "none"},
        **{"verdicts": 2, "vehicles": 2, "sendable": 2, "nameless": 0, "known_later": 0, "unverified": 0, "digest": ""},
    }
    assert {(one["becomes"], one["state"]): one["notices"] for one in only_shown["notices"]} == {
        ("withdrawn", "approved"): 1,
        ("withdrawn", "proposed"): 1,
    }
    assert only_shown["approved"] == [approved]
    assert notices(client, fell[1].plate) == {fell[1].plate: ("proposed", "")}

    sent = rejudged(lez, day, "--publish", "--yes")
    assert (sent["sent"], sent["stored"], sent["as_shown"]) == (2, True, True)
    assert sent["digest"] == only_shown["digest"]
    wait_until(
        lambda: [notices(client, one.plate)[one.plate] for one in fell] == [("withdrawn", "rejudged")] * 2,
        what="both notices withdrawn",
    )
    assert notices(client, stands.plate) == {stands.plate: ("proposed", "")}
    assert rejudged(lez, day, "--publish", "--yes")["sent"] == 0

    told = lez("verdict", str(fell[0].verdict_id), "--plate", fell[0].plate, *WHY, "--json").json
    assert [(one["verdict"], one["action"], one["cause"]) for one in told["taken"]] == [
        ("non_compliant", "fine", "passage"),
        ("compliant", "none", "rejudgement"),
    ]
    assert {one["agreement"] for one in told["taken"]} == {"same"}
    assert "Antwerpen" in told["reason_nl"]
    assert [one["verdict"] for one in told["history"]][-2:] == ["non_compliant", "compliant"]
    shown = lez("verdict", str(fell[0].verdict_id), "--plate", fell[0].plate, *WHY).out
    assert "The law book says the same today of that day." in shown


def test_of_a_cleared_plate_nothing_can_follow(lez: Lez, platform: Platform, client: Client) -> None:
    old, late = passed(DIESEL_4, ago(200), BEFORE_THE_LAW), passed(DIESEL_5, ago(200), datetime.now(UTC))
    stored(platform, client, old, changed(late, verdict="unknown", rule="antwerp:by_hand"))
    told = rejudged(lez, ago(200))
    assert (told["changed"], told["nameless"], told["known_later"], told["sendable"]) == (2, 1, 1, 0)
    day = ago(200).date().isoformat()
    span = ("--zone", "antwerp", "--from", day, "--to", day)
    shown = lez("rejudge", *span, "--known-at", STRUCK, *WHY).out
    assert "Nothing can follow from them" in shown
    assert "only a look back" in shown
    assert "There is nothing to send." in shown
    administrator = ("--purpose", "rejudgement", "--role", "administrator")
    explained = lez("verdict", str(old.verdict_id), *administrator, *WHY, "--json").json
    assert (explained["rule"], explained["agreement"]) == ("antwerp:no_law", "same")
    counted = lez("what-if", *span, "--json").json
    assert counted["changes"] == [{"verdict": "not_applicable", "would_be": "non_compliant", "passages": 1}]


@pytest.mark.skipif(datetime.now(UTC) > datetime(2027, 12, 1, tzinfo=UTC), reason="verdicts are kept for 24 months")
def test_a_postponement_that_was_annulled_never_existed(lez: Lez, platform: Platform, client: Client) -> None:
    at, known_at = datetime(2025, 12, 20, 9, tzinfo=UTC), datetime(2025, 6, 1, tzinfo=UTC)
    verdict = passed(DIESEL_5, at, known_at, zone="brussels")
    assert (verdict.verdict, verdict.action) == ("compliant", "none")
    stored(platform, client, verdict)
    span = ("--zone", "brussels", "--from", "2025-12-20", "--to", "2025-12-20")
    told = lez("rejudge", *span, "--known-at", "2025-12-15", *WHY, "--json").json
    (change,) = told["changes"]
    assert (change["verdict_was"], change["verdict"], change["action"]) == ("compliant", "non_compliant", "none")
    assert (change["verdicts"], change["nameless"]) == (1, 1)  # its plate was cleared long before
    counted = lez("what-if", *span, "--known-at", "2025-12-15", "--json").json
    assert (counted["passages"], counted["barred"], counted["would_be_barred"]) == (1, 0, 1)


def test_an_agent_compares_the_picture(lez: Lez, platform: Platform, client: Client) -> None:
    right, wrong = (passed(DIESEL_4, ago(4 + more), ago(4 + more), sure=False) for more in (0, 1))
    stored(platform, client, right, wrong)
    because = ("--reason", "daily comparison of doubtful reads")
    waiting = {
        one["verdict_id"]: one for one in lez("doubtful", "--zone", "antwerp", *because, "--json").json["waiting"]
    }
    assert waiting[str(right.verdict_id)]["if_sure"] == "non_compliant"
    assert right.plate not in str(waiting)

    other = lez("confirm", str(wrong.verdict_id), "--plate", "1-XYZ-999", *because, "--json").json
    assert other["confirmed"] is False
    assert (
        lez("confirm", str(right.verdict_id), "--plate", right.plate, "--country", "FR", *because, "--json").json[
            "confirmed"
        ]
        is False
    )
    done = lez(
        "confirm", str(right.verdict_id), "--plate", f"{right.plate[:1]}-{right.plate[1:]}", *because, "--json"
    ).json
    assert (done["confirmed"], done["verdict"], done["action"]) == (True, "non_compliant", "fine")
    wait_until(lambda: notices(client, right.plate) == {right.plate: ("proposed", "")}, what="a proposal")
    assert notices(client, wrong.plate) == {}
    again = lez("confirm", str(right.verdict_id), "--plate", right.plate, *because)
    again.assert_clear("no doubtful verdict", "waits for a comparison")
    records = client.query(
        "SELECT JSONExtractBool(record, 'about', 'agrees') FROM audit WHERE action = 'verdict_confirmed' ORDER BY seq"
    ).result_rows
    assert [row[0] for row in records] == [False, False, True]
    told = lez("verdict", str(right.verdict_id), "--plate", right.plate, *because, "--json").json
    assert [(one["cause"], one["confirmed_by"]) for one in told["taken"]] == [
        ("passage", ""),
        ("confirmation", OFFICER),
    ]


def test_who_may_not_is_told_so(lez: Lez) -> None:
    day = ago(1).date().isoformat()
    span = ("--zone", "antwerp", "--from", day, "--to", day)
    ran = lez("rejudge", *span, "--known-at", STRUCK, *WHY, officer="X. Nobody")
    ran.assert_clear("not registered as administrator of the low-emission zones")
    lez("rejudge", *span, "--known-at", "2140-01-01", *WHY).assert_clear("of days to come nothing is known yet")
    lez("rejudge", *span, "--known-at", STRUCK, *WHY, "--publish").assert_clear("give --yes")
    lez("rejudge", *span, "--known-at", STRUCK, "--reason", "xx").assert_clear("state a reason")
    one = str(fact_id("v", "nobody"))
    lez("verdict", one, *WHY).assert_clear("name them")
    lez("verdict", one, "--plate", "1ABC234", *WHY).assert_clear("there is no verdict")
    lez("explain", "--verdict", one).assert_clear("anpr lez verdict")


def test_reports_count_without_plates(lez: Lez, platform: Platform, client: Client, tmp_path: Path) -> None:
    stored(
        platform, client, *(passed(facts, ago(20), ago(20), zone="ghent") for facts in (DIESEL_4, DIESEL_5, DIESEL_5))
    )
    day = ago(20).date().isoformat()
    span, plot = ("--zone", "ghent", "--from", day, "--to", day), tmp_path / "report.svg"
    rows = lez("report", *span, "--by", "standard", "--plot", str(plot), "--json").json["rows"]
    assert [(one["part"], one["passages"], one["barred"]) for one in rows] == [("5", 2, 0), ("4", 1, 1)]
    assert plot.read_text().startswith("<svg")
    told = lez("what-if", *span, "--bar", "fuel=diesel,standard<=5", "--json").json
    assert (told["passages"], told["barred"], told["would_be_barred"]) == (3, 1, 3)
    assert (told["vehicles"], told["vehicles_newly_barred"]) == (3, 2)
    assert [one["passages"] for one in told["hours"]] == [3]
    assert "newly barred" in lez("what-if", *span, "--bar", "fuel=diesel,standard<=5").out
    lez("what-if", *span, "--bar", "fuel=coal").assert_clear("coal is not one of")
    lez("report", *span, "--plot", "a.png").assert_clear("SVG")
