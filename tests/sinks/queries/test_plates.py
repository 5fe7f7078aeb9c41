"""Plates that fit a pattern, or that a camera may have read for another: complete, ranked, and guarded."""

from __future__ import annotations

import random
import re
import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.plates.misread import misread_keys
from pipeline.plates.text import plate_key, within_one_edit
from schemas.search import SearchRecord
from sinks.clickhouse.plate_search.narrowing import Narrowing
from sinks.clickhouse.plate_search.patterns import pattern_of
from sinks.clickhouse.queries.ask import ask, sql_of
from sinks.clickhouse.queries.plates_fitting import Fitting, fitting_by_turns, months_of, plates_through
from sinks.clickhouse.queries.plates_misread import plates_misread
from sinks.clickhouse.refusal import SearchRefused
from tests.sinks.queries.facts import (
    NOON,
    Fact,
    at,
    explained,
    open_one,
    scene,
    some_camera,
    some_plate,
    store_camera,
    store_facts,
)

pytestmark = pytest.mark.slow

MONTH = int(f"{NOON:%Y%m}")
DAY_S = 86_400


def _stored(client: Client, plates: Iterable[str], camera_id: str = "cam-1", seconds: float = 0) -> None:
    store_facts(client, [Fact(plate, camera_id, at(seconds)) for plate in plates])


def plates_fitting(client: Client, search: SearchRecord, limit: int = 100) -> Sequence[Fitting]:
    """Plates of the first turn: it goes back until `limit` fit to the letter."""
    return next(fitting_by_turns(client, search, limit, limit))[:limit]


def _fitting(client: Client, pattern: str, **more: Any) -> list[str]:
    return [one.plate for one in plates_fitting(client, open_one(client, pattern, **more))]


@pytest.mark.parametrize(
    ("typed", "wanted"),
    [
        ("{}", {"{}"}),
        ("{}?", {"{}9", "{}B"}),
        ("?{}", {"9{}"}),
        ("{}*", {"{}", "{}9", "{}B", "{}9X7"}),
        ("*{}", {"{}", "9{}"}),
        ("*{}*", {"{}", "9{}", "{}9", "{}B", "{}9X7"}),
        ("{}9??", {"{}9X7"}),
        ("{}[A9]", {"{}9"}),
        ("{}?X*|9{}", {"{}9X7", "9{}"}),
        ("*{}+X7", {"{}9X7"}),
        ("{}???", {"{}9X7"}),
        ("{}????", set()),
    ],
)
def test_a_pattern_finds_all_that_fit_it_and_nothing_else(typed: str, wanted: set[str], client: Client) -> None:
    core = some_plate()[:8]
    _stored(client, [core, f"{core}9", f"9{core}", f"{core}B", f"{core}9X7", some_plate()])
    found = _fitting(client, pattern_of(typed.replace("{}", core)))
    assert sorted(found) == sorted(text.replace("{}", core) for text in wanted)


def test_look_alikes_are_found_below_what_fits_to_the_letter(client: Client) -> None:
    core = some_plate()[:5]
    exact, alike, other = f"{core}B0", f"{core}8O", f"{core}C0"
    _stored(client, [exact, other])
    _stored(client, [alike], seconds=DAY_S)
    for pattern in (f"{core}B0", f"{core[:3]}??B0", f"*{core}B0*", f"{core}B*", f"?{core[1:]}B0"):
        found = plates_fitting(client, open_one(client, pattern))
        assert [(one.plate, one.exact) for one in found] == [(exact, True), (alike, False)]


def test_typed_with_look_alikes_it_finds_the_plate(client: Client) -> None:
    """As officers type what they saw: `B?135BO` for BB135B0."""
    core = some_plate()[:5]
    _stored(client, [f"BB13{core}B0"])
    assert _fitting(client, f"B?I3{core}8O") == [f"BB13{core}B0"]


def test_among_equals_the_newest_comes_first_and_the_limit_holds(client: Client) -> None:
    core = some_plate()[:8]
    for days, plate in ((-2, f"{core}A"), (0, f"{core}C"), (1, f"{core}E"), (-1, f"{core}C")):
        _stored(client, [plate], seconds=days * DAY_S)
    search = open_one(client, f"{core}?")
    found = plates_fitting(client, search)
    assert [(one.plate, one.last_day) for one in found] == [
        (f"{core}E", at(DAY_S).date()),
        (f"{core}C", NOON.date()),
        (f"{core}A", at(-2 * DAY_S).date()),
    ]
    assert [one.plate for one in plates_fitting(client, search, limit=2)] == [f"{core}E", f"{core}C"]


def test_several_months_are_searched_and_each_plate_is_told_once(client: Client) -> None:
    core = some_plate()[:8]
    _stored(client, [f"{core}A", f"{core}C"])
    _stored(client, [f"{core}A", f"{core}E"], seconds=-28 * DAY_S)
    _stored(client, [f"{core}F"], seconds=-60 * DAY_S)
    search = open_one(client, f"{core}?", captured_from=at(-28 * DAY_S))
    assert [one.plate for one in plates_fitting(client, search)] == [f"{core}A", f"{core}C", f"{core}E"]


def test_the_search_s_days_are_the_limit_of_what_is_told(client: Client) -> None:
    core = some_plate()[:8]
    _stored(client, [f"{core}A"], seconds=-2 * DAY_S)
    _stored(client, [f"{core}C"], seconds=DAY_S)
    search = open_one(client, f"{core}?", captured_from=at(-DAY_S), captured_until=at(0))
    told = plates_fitting(client, search)
    assert f"{core}A" not in [one.plate for one in told]
    assert all(one.last_day <= NOON.date() for one in told), "not when it passed after the search's end"


ALPHABET = "AB8C10O"
STEM = 6
"""Long enough that no plate of another test begins with it by chance."""


@pytest.fixture(scope="module")
def fleet(client: Client) -> list[str]:
    """Plates of few characters behind a stem of no other test, so that random patterns fit some."""
    stem, dice = some_plate()[:STEM], random.Random(4)
    plates = sorted({stem + "".join(dice.choices(ALPHABET, k=dice.randint(1, 6))) for _ in range(400)})
    _stored(client, plates)
    return plates


@pytest.mark.slow
@given(
    st.lists(st.sampled_from([*ALPHABET, "?", "?", "*", "[8C]", "[AO]"]), min_size=1, max_size=6).map("".join),
    st.sampled_from(["{stem}{rest}", "*{stem}{rest}", "?{stem1}{rest}", "{stem}{rest}|*{stem}*{rest}"]),
)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_pattern_finds_what_a_plain_comparison_finds(
    client: Client, fleet: list[str], rest: str, form: str
) -> None:
    stem = fleet[0][:STEM]
    pattern = pattern_of(form.format(stem=stem, stem1=stem[1:], rest=rest), "exact", narrow=True)
    regex = re.compile(plate_key(pattern).replace("?", ".").replace("*", ".*"))
    found = plates_fitting(client, open_one(client, pattern), limit=10_000)
    ours = {one.plate for one in found if one.plate.startswith(stem)}
    assert ours == {plate for plate in fleet if regex.fullmatch(plate_key(plate))}
    exact = re.compile(pattern.replace("?", ".").replace("*", ".*"))
    assert [one.exact for one in found] == [bool(exact.fullmatch(one.plate)) for one in found]


def test_misreads_are_ranked_by_how_likely_they_are(client: Client) -> None:
    core = some_plate()[:6]
    plate = f"{core}B0"
    likely = [plate, f"{core}BO", f"{core}80", f"{core}B", f"{core}B0W", f"{core}BX"]
    too_far = [f"{core}XX", core, f"X{core}B0X", f"{core}XB0X"]
    _stored(client, [*likely, *too_far])
    found = plates_misread(client, open_one(client, plate, tolerance=1))
    assert [one.plate for one in found] == likely
    assert [one.why for one in found] == [
        "exact",
        "O for 0 at place 8",
        "8 for B at place 7",
        "0 missing at the end",
        "W too many at the end",
        "X for 0 at place 8",
    ]
    assert [one.plate for one in plates_misread(client, open_one(client, plate, tolerance=1), limit=2)] == likely[:2]


def test_without_the_tolerance_a_search_opens_look_alikes_only(client: Client) -> None:
    core = some_plate()[:6]
    _stored(client, [f"{core}B0", f"{core}8O", f"{core}B", f"{core}BX"])
    found = plates_misread(client, open_one(client, f"{core}B0"))
    assert [one.plate for one in found] == [f"{core}B0", f"{core}8O"]


@given(st.text("AB8C", min_size=2, max_size=6))
@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_misreads_are_those_within_one_edit(client: Client, fleet: list[str], rest: str) -> None:
    plate = fleet[0][:3] + rest
    found = {one.plate for one in plates_misread(client, open_one(client, plate, tolerance=1), limit=10_000)}
    near = {one for one in fleet if within_one_edit(plate_key(plate), plate_key(one))}
    assert found & set(fleet) == near


WIDER = [
    Narrowing(),
    Narrowing(keys=misread_keys("ACE")),
    Narrowing(prefix="A"),
    Narrowing(run="C"),
    Narrowing(mask=255, value=65),
]


@pytest.mark.parametrize("narrowing", WIDER, ids=str)
def test_who_asks_can_not_widen_what_was_recorded(narrowing: Narrowing, client: Client) -> None:
    core = some_plate()[:8]
    _stored(client, [core, f"{core}9", some_plate()])
    search = open_one(client, core)
    found = {one.plate for one in plates_through(client, search, MONTH, narrowing, 1000)}
    assert found <= {core}
    two_edits = Narrowing(keys=(plate_key(core), f"{plate_key(core)}99"))
    assert {one.plate for one in plates_through(client, search, MONTH, two_edits, 1000)} == {core}


def test_another_month_than_the_search_s_is_closed(client: Client) -> None:
    core = some_plate()[:8]
    _stored(client, [core], seconds=-60 * DAY_S)
    month = int(f"{at(-60 * DAY_S):%Y%m}")
    assert not plates_through(client, open_one(client, core), month, Narrowing(), 10)


def _refused(client: Client, code: str, **given: Any) -> None:
    with pytest.raises(SearchRefused) as refused:
        ask(client, "plates_fitting", Fitting, month=MONTH, limit=1, **Narrowing().parameters(), **given)
    assert refused.value.code == code


def test_the_view_demands_a_search_of_one_s_own_that_is_by_plate(client: Client) -> None:
    search = open_one(client, "1ABC*")
    by_place = open_one(client, scenes=[scene([some_camera()])])
    _refused(client, "search_unknown", search_id=uuid.uuid4(), officer=search.officer)
    _refused(client, "search_of_another", search_id=search.search_id, officer="B. Dupont")
    _refused(client, "kind_closed", search_id=by_place.search_id, officer=by_place.officer)


@pytest.mark.parametrize("pattern", ["*", "?", "A*", "*[AB]*", "1ABC*|*"])
def test_a_pattern_for_everybody_is_refused_by_the_database_too(pattern: str, client: Client) -> None:
    """However it came to be recorded."""
    search = open_one(client, "1ABC*")
    forged = uuid.uuid4()
    columns = "created_at, expires_at, officer, role, purpose, reason, kind, captured_from, captured_until"
    client.command(
        f"INSERT INTO searches (search_id, pattern, {columns}) "
        f"SELECT {{forged:UUID}}, {{pattern:String}}, {columns} FROM searches WHERE search_id = {{id:UUID}}",
        parameters={"forged": forged, "pattern": pattern, "id": search.search_id},
    )
    _refused(client, "pattern_wide", search_id=forged, officer=search.officer)


def test_who_searches_in_a_zone_is_told_of_no_plate_that_did_not_pass_there(client: Client) -> None:
    north, south = some_camera(), some_camera()
    store_camera(client, north, zone="BRU-NORTH")
    store_camera(client, south, zone="BRU-SOUTH")
    core = some_plate()[:7]
    _stored(client, [f"{core}B", f"{core}9"], north)
    _stored(client, [f"{core}8", f"{core}X"], south)
    _stored(client, [f"{core}B"], south, seconds=DAY_S)
    zone = {"officer": "Z. Noord", "police_zone": "BRU-NORTH"}
    found = plates_fitting(client, open_one(client, f"{core}?", **zone))
    assert [one.plate for one in found] == [f"{core}9", f"{core}B"]
    assert {one.last_day for one in found} == {NOON.date()}, "not of what passed elsewhere later"
    misread = plates_misread(client, open_one(client, f"{core}8", tolerance=1, **zone))
    assert [one.plate for one in misread] == [f"{core}B", f"{core}9"]


def test_months_go_backwards_over_the_year() -> None:
    def moment(year: int, month: int, day: int) -> datetime:
        return datetime(year, month, day, tzinfo=UTC)

    assert list(months_of(moment(2026, 11, 3), moment(2026, 11, 30))) == [202611]
    assert list(months_of(moment(2025, 12, 31), moment(2026, 2, 1))) == [202602, 202601, 202512]
    assert len(list(months_of(moment(2016, 1, 1), moment(2026, 2, 1)))) == 14


@pytest.fixture(scope="module")
def crowd(client: Client) -> SearchRecord:
    """So many plates in the month that an index pays, and a search."""
    client.command(
        "INSERT INTO plates SELECT {month:UInt32}, concat('9', leftPad(toString(number), 6, '0')), "
        "toDate({day:String}) FROM numbers(200000)",
        parameters={"month": MONTH, "day": f"{NOON:%Y-%m-%d}"},
    )
    client.command("OPTIMIZE TABLE plates FINAL")
    return open_one(client, "9123456", tolerance=1)


@pytest.mark.parametrize(
    ("narrowing", "most"),
    [
        (Narrowing(keys=("9123456",)), 1),
        (Narrowing(prefix="91234"), 2),
        (Narrowing(prefix="91234", run="56"), 2),
        (Narrowing(keys=misread_keys("9123456")), 60),
    ],
    ids=["exact", "prefix", "prefix and run", "misread"],
)
def test_keys_and_prefixes_go_by_the_primary_key(
    narrowing: Narrowing, most: int, crowd: SearchRecord, client: Client
) -> None:
    given = {"search_id": crowd.search_id, "officer": crowd.officer, "month": MONTH, "limit": 9}
    plan = explained(client, sql_of("plates_fitting"), given | narrowing.parameters())
    reading = plan.split(".plates)")[1]
    by_month, _found, by_key = reading.partition("PrimaryKey")
    assert "Partition" in by_month
    assert "translate(plate" in by_key.split("Condition")[0]
    read, of = map(int, re.findall(r"Granules: (\d+)/(\d+)", by_key)[0])
    assert of > 150
    assert read <= most


def test_any_other_search_reads_one_month_alone(crowd: SearchRecord, client: Client) -> None:
    _stored(client, [some_plate()], seconds=-timedelta(days=28).total_seconds())
    given = {"search_id": crowd.search_id, "officer": crowd.officer, "month": MONTH, "limit": 9}
    plan = explained(client, sql_of("plates_fitting"), given | Narrowing(run="345").parameters())
    partition = plan.split(".plates)")[1].partition("Partition")[2]
    assert "month" in partition.split("Condition")[0]
