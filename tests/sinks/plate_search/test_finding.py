"""Finding a vehicle: whole plates with their misreads below, parts with the newest of each plate."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime

import pytest
from clickhouse_connect.driver.client import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.plates.misread import probability
from pipeline.plates.text import within_one_edit
from sinks.clickhouse.plate_search.finding import Finding, Narrowed, find
from sinks.clickhouse.plate_search.patterns import pattern_of
from sinks.clickhouse.refusal import SearchRefused
from tests.sinks.queries.facts import Fact, at, open_one, some_plate, store_facts


def _seen(finding: Finding) -> list[tuple[str, float]]:
    return [(one.seen.plate, (one.seen.captured_at - at(0)).total_seconds()) for one in finding.sightings]


@pytest.fixture
def core() -> str:
    """The beginning of plates of no other test."""
    return some_plate()[:6]


def test_a_whole_plate_without_tolerance_is_that_plate_letter_for_letter(core: str, client: Client) -> None:
    plate = f"{core}B0"
    store_facts(client, [Fact(plate, "cam-1", at(0)), Fact(plate, "cam-1", at(60)), Fact(f"{core}8O", "cam-1", at(90))])
    finding = find(client, open_one(client, plate))
    assert (finding.question, finding.plates) == ("exact", 1)
    assert _seen(finding) == [(plate, 60), (plate, 0)]
    assert {one.why for one in finding.sightings} == {"exact"}


def test_misreads_come_below_the_plate_itself_the_likeliest_first(core: str, client: Client) -> None:
    plate = f"{core}B0"
    facts = [
        Fact(plate, "cam-1", at(0), {"confidence": 0.95}),
        Fact(f"{core}BO", "cam-1", at(10), {"confidence": 0.99}),
        Fact(f"{core}BO", "cam-1", at(20), {"confidence": 0.5}),
        Fact(f"{core}XO", "cam-1", at(30), {"confidence": 0.9}),
        Fact(f"{core}XX", "cam-1", at(40), {"confidence": 0.9}),
    ]
    store_facts(client, facts)
    finding = find(client, open_one(client, plate, tolerance=1))
    assert _seen(finding) == [(plate, 0), (f"{core}BO", 20), (f"{core}BO", 10), (f"{core}XO", 30)]
    shown = [one.probability or 0 for one in finding.sightings]
    assert shown == sorted(shown, reverse=True)
    assert [one.why for one in finding.sightings] == [
        "exact",
        "O for 0 at place 8",
        "O for 0 at place 8",
        "X for B at place 7, O for 0 at place 8",
    ]


@pytest.mark.parametrize("exact", [True, False])
def test_narrowed_it_shows_what_is_left_of_all(exact: bool, core: str, client: Client) -> None:
    plate, other = f"{core}B0", f"{core}BO"
    store_facts(client, [Fact(name, "cam-1", at(s)) for s in range(0, 60, 10) for name in (plate, other)])
    search = open_one(client, plate, tolerance=1) if exact else open_one(client, f"{core}B?")
    everything = _seen(find(client, search))
    assert len(everything) == 12
    narrowed = Narrowed(at(10), at(40))
    assert _seen(find(client, search, narrowed=narrowed)) == [one for one in everything if 10 <= one[1] < 40]
    without = Narrowed(before=at(40), without=frozenset({plate}))
    assert _seen(find(client, search, narrowed=without)) == [
        one for one in everything if one[1] < 40 and one[0] == other
    ]
    assert _seen(find(client, search, limit=2, narrowed=without))[0] == (other, 30)
    assert _seen(find(client, search, narrowed=Narrowed(at(60 * 60 * 24 * 9)))) == []


def test_a_plate_that_passed_often_leaves_room_for_its_misreads(core: str, client: Client) -> None:
    plate, misread = f"{core}B0", f"{core}BO"
    facts = [Fact(plate, "cam-1", at(s)) for s in range(20)] + [Fact(misread, "cam-1", at(-s)) for s in range(20)]
    store_facts(client, facts)
    finding = find(client, open_one(client, plate, tolerance=1), limit=8)
    assert [one.seen.plate for one in finding.sightings] == [plate] * 6 + [misread] * 2
    assert _seen(finding)[0] == (plate, 19)


def test_part_of_a_plate_gives_each_plate_its_place(core: str, client: Client) -> None:
    often, once, alike = f"{core}B1", f"{core}BX", f"{core}8X"
    facts = [Fact(often, "cam-1", at(s)) for s in range(10)]
    store_facts(client, [*facts, Fact(once, "cam-1", at(-60)), Fact(alike, "cam-1", at(60))])
    finding = find(client, open_one(client, f"{core}B?"), limit=6)
    assert (finding.question, finding.plates) == ("partial", 3)
    assert _seen(finding) == [(often, 9), (often, 8), (once, -60), (alike, 60)]
    assert finding.sightings[0].why == f"fits {core}B?"
    assert (finding.sightings[-1].why, finding.sightings[-1].probability) == (f"fits {core}B? with look-alikes", None)


def test_what_was_withdrawn_is_not_found(core: str, client: Client) -> None:
    store_facts(client, [Fact(f"{core}B1", "cam-1", at(0), {"withdrawn": True})])
    assert find(client, open_one(client, f"{core}B?")).sightings == []
    assert find(client, open_one(client, f"{core}B1", tolerance=1)).sightings == []


def test_a_refusal_passes_through(client: Client) -> None:
    search = open_one(client, "1ABC234", tolerance=1).model_copy(update={"officer": "B. Dupont"})
    for pattern in ("1ABC234", "1ABC*"):
        with pytest.raises(SearchRefused) as refused:
            find(client, search.model_copy(update={"pattern": pattern}))
        assert refused.value.code == "search_of_another"


def test_plates_that_did_not_pass_then_take_no_place_from_those_that_did(core: str, client: Client) -> None:
    """A few hours some days ago: most plates of the month that fit passed at other times, and come before by rank."""
    others = [f"{core}{a}{b}" for a, b in itertools.product("ACEFHJKMNPRTU", repeat=2)]
    wanted = f"{core}ZZ"
    store_facts(client, [*(Fact(plate, "cam-1", at(7200)) for plate in others), Fact(wanted, "cam-1", at(0))])
    search = open_one(client, f"{core}??", captured_from=at(-60), captured_until=at(60))
    finding = find(client, search, limit=5)
    assert _seen(finding) == [(wanted, 0)]
    assert not finding.more
    assert finding.plates > 100


def test_of_more_plates_than_are_looked_for_it_says_so(
    core: str, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sinks.clickhouse.plate_search.finding.MOST_PLATES", 10)
    store_facts(client, [Fact(f"{core}{char}", "cam-1", at(7200)) for char in "ABCDEFGHJKLM"])
    search = open_one(client, f"{core}?", captured_from=at(-60), captured_until=at(60))
    finding = find(client, search, limit=5)
    assert (finding.sightings, finding.more, finding.plates) == ([], True, 10)


def test_an_older_month_is_looked_through_where_the_newest_shows_too_little(core: str, client: Client) -> None:
    day_s = 86_400
    newest, older = f"{core}A", f"{core}C"
    store_facts(client, [Fact(newest, "cam-1", at(0)), Fact(older, "cam-1", at(-27 * day_s))])
    search = open_one(client, f"{core}?", captured_from=at(-28 * day_s), captured_until=at(-day_s))
    assert _seen(find(client, search, limit=1)) == [(older, -27 * day_s)]


def test_one_result_is_the_best_of_all(core: str, client: Client) -> None:
    exact, alike = f"{core}B1", f"{core}8X"
    store_facts(client, [Fact(exact, "cam-1", at(0)), Fact(alike, "cam-1", at(60))])
    assert _seen(find(client, open_one(client, f"{core}B?"), limit=1)) == [(exact, 0)]


def test_other_people_s_vehicles_are_left_out_where_the_plate_itself_was_seen(core: str, client: Client) -> None:
    plate, alike, other = f"{core}B0", f"{core}80", f"{core}BX"
    facts = [Fact(one, "cam-1", at(0), {"confidence": 0.9}) for one in (plate, alike, other)]
    store_facts(client, facts)
    finding = find(client, open_one(client, plate, tolerance=1), least=0.001)
    assert ([one.seen.plate for one in finding.sightings], finding.unlikely) == ([plate, alike], 1)
    unseen = find(client, open_one(client, f"{core}B9", tolerance=1), least=0.001)
    assert ({one.seen.plate for one in unseen.sightings}, unseen.unlikely) == ({plate, alike, other}, 0)


ALPHABET = "AB8C10O"
CONFIDENCE = 0.9
"""Of every fact, as the store gives it back: exact to the ten-thousandth. A little else changes the order of equals."""
Passed = dict[str, list[datetime]]
Fits = Callable[[str], bool]


@pytest.fixture(scope="module")
def passed(client: Client) -> Passed:
    """When each of many plates passed that are alike: few characters behind a stem of no other test."""
    stem, dice = some_plate()[:5], random.Random(5)
    plates = sorted({stem + "".join(dice.choices(ALPHABET, k=dice.randint(1, 5))) for _ in range(150)})
    times = [at(-second) for second in range(600)]
    dice.shuffle(times)
    passed = {plate: sorted((times.pop() for _ in range(dice.randint(1, 3))), reverse=True) for plate in plates}
    store_facts(client, [Fact(plate, "cam-1", when) for plate, moments in passed.items() for when in moments])
    return passed


def _folded(text: str) -> str:
    """Look-alikes as one, by hand."""
    return "".join({"B": "8", "O": "0", "D": "0", "I": "1"}.get(char, char) for char in text)


def _middle(*groups: str) -> Fits:
    """Whether a text contains these, one behind the other."""

    def fits(text: str) -> bool:
        start = 0
        for group in groups:
            start = text.find(group, start) + len(group)
            if start < len(group):
                return False
        return True

    return fits


def _place_by_place(places: Sequence[str]) -> Fits:
    return lambda text: (
        len(text) == len(places) and all(known in {"?", char} for char, known in zip(text, places, strict=True))
    )


def _forms(stem: str, rest: str) -> Iterator[tuple[str, Callable[[Callable[[str], str]], Fits]]]:
    """What people type, and what it means for a text, told without the code under test. `as_is` or `_folded` says
    how characters are compared."""
    yield f"{stem}{rest}*", lambda to: lambda text: to(text).startswith(to(stem + rest))
    yield f"*{stem[1:]}{rest}", lambda to: lambda text: to(text).endswith(to(stem[1:] + rest))
    yield f"*{stem[2:]}{rest}*", lambda to: lambda text: _middle(to(stem[2:] + rest))(to(text))
    yield f"{stem}?{rest.lower()}", lambda to: lambda text: _place_by_place(to(f"{stem}?{rest}"))(to(text))
    yield (
        f"{stem[:3]}-?{stem[4]}*{rest}",
        lambda to: (
            lambda text: _place_by_place(to(f"{stem[:3]}?{stem[4]}"))(to(text[:5])) and to(text[5:]).endswith(to(rest))
        ),
    )
    yield f"{stem}[A8]{rest}", lambda to: lambda text: to(text) in {to(f"{stem}A{rest}"), to(f"{stem}8{rest}")}
    yield (
        f"*{rest}*+{stem}",
        lambda to: lambda text: _middle(to(rest), to(stem))(to(text)) or _middle(to(stem), to(rest))(to(text)),
    )


@pytest.mark.slow
@given(st.text(ALPHABET, min_size=1, max_size=4), st.data())
@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_part_finds_and_ranks_as_a_plain_look_at_every_plate(
    passed: Passed, client: Client, rest: str, data: st.DataObject
) -> None:
    stem = next(iter(passed))[:5]
    typed, meaning = data.draw(st.sampled_from(list(_forms(stem, rest))))
    alike, exact = meaning(_folded), meaning(str)
    expected = [
        (not exact(plate), -when.timestamp(), plate) for plate in passed if alike(plate) for when in passed[plate]
    ]
    finding = find(client, open_one(client, pattern_of(typed)), limit=10_000)
    ours = [one for one in finding.sightings if one.seen.plate in passed]  # a short part may fit plates of other tests
    found = [(one.probability is None, -one.seen.captured_at.timestamp(), one.seen.plate) for one in ours]
    assert found == sorted(expected)
    assert not finding.more


@pytest.mark.slow
@given(st.text(ALPHABET, min_size=1, max_size=5))
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_misread_finds_and_ranks_as_a_plain_look_at_every_plate(passed: Passed, client: Client, rest: str) -> None:
    wanted = next(iter(passed))[:5] + rest
    near = [plate for plate in passed if within_one_edit(_folded(wanted), _folded(plate))]
    expected = [
        (plate != wanted, -probability(wanted, plate, CONFIDENCE), -when.timestamp(), plate)
        for plate in near
        for when in passed[plate]
    ]
    finding = find(client, open_one(client, wanted, tolerance=1), limit=10_000)
    assert [(one.seen.plate, -one.seen.captured_at.timestamp()) for one in finding.sightings] == [
        (plate, when) for _misread, _likely, when, plate in sorted(expected)
    ]
