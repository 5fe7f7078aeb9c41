"""What another law would mean for passages that were counted."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.lez.picture import Bar, bars_picture
from anpr.lez.question import AskedWrongly
from anpr.lez.what_if import Effect, as_law_of, law_stretches, parse_bar
from pipeline.lez.facts import Facts
from pipeline.lez.judge import judge
from pipeline.lez.loading import load_law
from pipeline.lez.standards import STANDARDS
from sinks.clickhouse.lez.queries.counts import KindPassages, KindVehicles

BRUSSELS, LONDON = load_law("brussels"), load_law("london")
NOW = datetime(2026, 10, 1, tzinfo=UTC)


def passages(
    fuel: str = "diesel", standard: str = "5", verdict: str = "compliant", count: int = 10, hour: int = 8, **more: str
) -> KindPassages:
    """Of Belgian cars."""
    fields = {"category": "M1", "n1_class": "", "country": "BE"} | more
    return KindPassages(hour_of_day=hour, fuel=fuel, standard=standard, verdict=verdict, passages=count, **fields)


@pytest.mark.parametrize(
    ("bar", "fuel", "standard", "category", "barred"),
    [
        ("fuel=diesel,standard<=5", "diesel", "5", "M1", True),
        ("fuel=diesel,standard<=5", "diesel", "6", "M1", False),
        ("fuel=diesel,standard<=5", "petrol", "5", "M1", False),
        ("fuel=diesel, standard<6d-TEMP", "diesel", "6", "M1", True),
        ("fuel=diesel|diesel_hybrid", "diesel_hybrid", "6d", "N2", True),
        ("category!=M1", "diesel", "5", "M1", False),
        ("category!=M1", "diesel", "5", "N3", True),
        ("standard<=5", "diesel", "", "M1", False),
    ],
)
def test_a_rule_to_come(bar: str, fuel: str, standard: str, category: str, barred: bool) -> None:
    would = parse_bar(bar)(passages(fuel, standard, category=category), "compliant")
    assert would == ("non_compliant" if barred else "compliant")


@pytest.mark.parametrize("verdict", ["exempt", "pass", "unregistered", "unknown", "not_applicable", "non_compliant"])
def test_a_rule_to_come_changes_what_is_compliant_and_nothing_else(verdict: str) -> None:
    assert parse_bar("fuel=diesel")(passages(verdict=verdict), verdict) == verdict


@pytest.mark.parametrize(
    ("bar", "says"),
    [
        ("", "then a value"),
        ("fuel", "then a value"),
        ("colour=red", "write fuel, standard"),
        ("fuel=coal", "coal is not one of petrol"),
        ("fuel<diesel", "only one standard"),
        ("standard<=4|5", "only one standard"),
        ("standard<=9", "9 is not one of"),
    ],
)
def test_what_is_no_rule_is_told(bar: str, says: str) -> None:
    with pytest.raises(AskedWrongly, match=says.replace("|", r"\|")):
        parse_bar(bar)


@pytest.mark.parametrize(
    ("fuel", "standard", "day", "verdict"),
    [
        ("diesel", "6", "2027-12-31", "compliant"),
        ("diesel", "6", "2028-01-01", "non_compliant"),
        ("diesel", "6d", "2028-01-01", "compliant"),
        ("petrol", "3", "2028-01-01", "non_compliant"),
    ],
)
def test_a_later_day_of_the_calendar(fuel: str, standard: str, day: str, verdict: str) -> None:
    would = as_law_of(BRUSSELS, date.fromisoformat(day), NOW)
    assert would(passages(fuel, standard), "compliant") == verdict
    assert would(passages(fuel, standard), "exempt") == "exempt"  # the counts do not say why


def test_the_effect_adds_up() -> None:
    found = Effect()
    counted = [
        passages(count=6),
        passages(count=3, hour=9),
        passages("petrol", "6", count=20, hour=9),
        passages("diesel", "4", "non_compliant", count=1, hour=9),
    ]
    kinds = [KindVehicles("diesel", "M1", "", "5", "BE", 4, 3, 2), KindVehicles("petrol", "M1", "", "6", "BE", 9, 9, 0)]
    found.add(parse_bar("fuel=diesel,standard<=5"), counted, kinds)
    whole, nine = found.total(), found.hours[9]
    assert (whole.passages, whole.barred, whole.would_be_barred) == (30, 1, 10)
    assert (nine.passages, nine.barred, nine.would_be_barred) == (24, 1, 4)
    assert found.verdicts == {("compliant", "non_compliant"): 9}
    assert (found.vehicles, found.vehicles_newly_barred, found.nameless_passages) == (13, 3, 2)


@given(st.dates(date(2018, 1, 1), date(2035, 1, 1)), st.integers(0, 1500), st.data())
def test_within_a_stretch_the_law_says_the_same(first: date, length: int, data: st.DataObject) -> None:
    law = data.draw(st.sampled_from((BRUSSELS, LONDON)))
    last = date.fromordinal(first.toordinal() + length)
    stretches = list(law_stretches(law, first, last, NOW))
    assert stretches[0][0] == first
    assert stretches[-1][1] == last
    assert all(one[1].toordinal() + 1 == two[0].toordinal() for one, two in pairwise(stretches))
    begins, ends = data.draw(st.sampled_from(stretches))
    standard, fuel = data.draw(st.sampled_from(STANDARDS)), data.draw(st.sampled_from(("diesel", "petrol", "electric")))
    facts = Facts(law.home, "M1", fuel, standard=standard)  # type: ignore[arg-type]
    said = {
        judge(
            law, facts, country=law.home, at=datetime(day.year, day.month, day.day, 12, tzinfo=UTC), known_at=NOW
        ).verdict
        for day in (begins, ends, data.draw(st.dates(begins, ends)))
    }
    assert len(said) == 1


def test_a_picture_is_whole_and_escapes_what_it_is_told() -> None:
    text = bars_picture(
        "a < b & c", ("now", "then"), [Bar("<08>", (0.1, 0.31), ("10 %", "31 %")), Bar("09", (0, 0), ("", ""))]
    )
    tree = ElementTree.fromstring(text)
    widths = [float(one.attrib["width"]) for one in tree.iter() if one.tag.endswith("rect")]
    assert sorted(widths) == pytest.approx(sorted([11, 11, 0, 0, 88, 272.8]))
    assert "a < b & c" in [one.text for one in tree.iter()]
    assert bars_picture("nothing", ("now",), []).startswith("<svg")
