"""Verdicts on cars in the Brussels zone, by the calendar of the law and its changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import get_args
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.lez.judge import Judgement
from schemas.lez import Category, Fuel, N1Class, VerdictKind
from tests.pipeline.lez.builders import TODAY, day_pass, judged, vehicle

BRUSSELS = ZoneInfo("Europe/Brussels")
CALENDAR = {
    "diesel": ["2018-01-01", "2018-01-01", "2019-01-01", "2020-01-01", "2022-01-01", "2025-01-01", "2030-01-01"],
    "petrol": ["2019-01-01", "2019-01-01", "2025-01-01", "2028-01-01", "2030-01-01", "2035-01-01", "2035-01-01"],
}
"""First banned day of Euro 0 to 6, as known today."""
CELLS = [(fuel, euro, day) for fuel, days in CALENDAR.items() for euro, day in enumerate(days)]
STEP_2025 = [("diesel", 5), ("petrol", 2)]
KNOWN_AT = {
    "2024-06-01": "2025-01-01",
    "2025-06-01": "2027-01-01",
    "2025-10-01": "2025-01-01",
    "2026-10-01": "2025-01-01",
}
"""The step of 2025: known at → first banned day as then known."""


def local(day: str, time: str = "00:00") -> datetime:
    """A moment on the clocks of Brussels."""
    return datetime.fromisoformat(f"{day}T{time}").replace(tzinfo=BRUSSELS)


def noon(day: str) -> datetime:
    """Noon UTC of a day, for what was known when."""
    return datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=UTC)


@pytest.mark.parametrize(("fuel", "euro", "day"), CELLS)
def test_the_calendar_as_known_today(fuel: str, euro: int, day: str) -> None:
    first = local(day).astimezone(UTC)
    assert judged(vehicle(fuel, euro), first - timedelta(seconds=1)).verdict == "compliant"
    banned = judged(vehicle(fuel, euro), first)
    assert (banned.verdict, banned.rule, banned.euro) == ("non_compliant", f"brussels:M1:{fuel}:euro{euro}:{day}", euro)


@pytest.mark.parametrize(("known", "day"), KNOWN_AT.items())
@pytest.mark.parametrize(("fuel", "euro"), STEP_2025)
def test_the_step_of_2025_as_known_at_a_moment(fuel: str, euro: int, known: str, day: str) -> None:
    car, first = vehicle(fuel, euro), local(day)
    assert judged(car, first - timedelta(seconds=1), known_at=noon(known)).verdict == "compliant"
    assert judged(car, first, known_at=noon(known)).verdict == "non_compliant"


@pytest.mark.parametrize(("fuel", "euro", "day"), [c for c in CELLS if c[:2] not in STEP_2025])
@pytest.mark.parametrize("known", KNOWN_AT)
def test_the_other_cells_were_known_as_they_are(fuel: str, euro: int, day: str, known: str) -> None:
    assert judged(vehicle(fuel, euro), local(day), known_at=noon(known)).verdict == "non_compliant"


@pytest.mark.xfail(strict=True, reason="the law book does not tell Euro 6 from Euro 6d yet")
def test_diesel_euro_6_below_6d_is_banned_from_2028() -> None:
    assert judged(vehicle("diesel", 6), local("2028-01-01")).verdict == "non_compliant"


@pytest.mark.parametrize(("fuel", "euro"), STEP_2025)
@pytest.mark.parametrize(("day", "action"), [("2025-06-01", "none"), ("2025-12-31", "none"), ("2026-01-01", "warning")])
def test_the_step_of_2025_is_warned_of_not_fined(fuel: str, euro: int, day: str, action: str) -> None:
    found = judged(vehicle(fuel, euro), local(day))
    assert (found.verdict, found.action, found.fine_eur) == ("non_compliant", action, None)


def test_earlier_steps_are_fined() -> None:
    found = judged(vehicle("diesel", 4), local("2026-03-02"))
    assert (found.action, found.fine_eur) == ("fine", 350)


@pytest.mark.parametrize("time", ["00:00", "05:59", "06:00", "12:00", "23:59"])
def test_a_day_pass_covers_its_day(time: str) -> None:
    found = judged(vehicle(), local("2026-03-02", time), day_pass(date(2026, 3, 2)))
    assert (found.verdict, found.action, found.euro) == ("pass", "none", 4)


@pytest.mark.parametrize("day", ["2026-03-03", "2026-03-29", "2026-10-25"])  # an ordinary one, clocks forward, back
@pytest.mark.parametrize(("time", "verdict"), [("00:00", "pass"), ("05:59", "pass"), ("06:00", "non_compliant")])
def test_a_day_pass_ends_at_six_of_the_next_morning(day: str, time: str, verdict: str) -> None:
    bought_for = date.fromisoformat(day) - timedelta(days=1)
    assert judged(vehicle(), local(day, time), day_pass(bought_for)).verdict == verdict


def test_a_day_pass_does_not_cover_the_evening_before() -> None:
    assert judged(vehicle(), local("2026-03-01", "23:59"), day_pass(date(2026, 3, 2))).verdict == "non_compliant"


def test_a_day_pass_of_another_zone_or_given_back_covers_nothing() -> None:
    others = (day_pass(date(2026, 3, 2), zone="antwerp"), day_pass(date(2026, 3, 2), cancelled=True))
    assert judged(vehicle(), local("2026-03-02"), *others).verdict == "non_compliant"


def test_a_compliant_car_needs_no_pass() -> None:
    assert judged(vehicle("petrol", 6), local("2026-03-02"), day_pass(date(2026, 3, 2))).verdict == "compliant"


@pytest.mark.parametrize("fuel", ["electric", "hydrogen"])
def test_without_exhaust_a_vehicle_is_exempt(fuel: str) -> None:
    assert judged(vehicle(fuel, None), local("2040-01-01")).verdict == "exempt"


@pytest.mark.parametrize("category", ["T", "C"])
def test_tractors_are_exempt(category: str) -> None:
    assert judged(vehicle("diesel", 0, category=category), local("2026-03-02")).verdict == "exempt"


def test_a_granted_exemption_is_named() -> None:
    found = judged(vehicle(exemptions=("oldtimer",)), local("2026-03-02"))
    assert (found.verdict, found.rule) == ("exempt", "brussels:exemption:oldtimer")


@pytest.mark.parametrize(("country", "verdict"), [("FR", "unregistered"), ("BE", "unknown"), (None, "unknown")])
def test_a_vehicle_without_a_record(country: str | None, verdict: str) -> None:
    assert judged(None, local("2026-03-02"), country=country).verdict == verdict


def test_a_foreign_vehicle_that_registered_is_judged_like_any_other() -> None:
    assert judged(vehicle(country="FR"), local("2026-03-02"), country="FR").verdict == "non_compliant"


def test_the_date_of_first_registration_stands_in_for_the_class() -> None:
    found = judged(vehicle(euro=None, first_registered=date(2010, 12, 31)), local("2026-03-02"))
    assert (found.verdict, found.euro) == ("non_compliant", 4)
    assert judged(vehicle(euro=None), local("2026-03-02")).rule == "brussels:no_euro"


@pytest.mark.parametrize(
    ("category", "n1_class", "verdict"),
    [("N1", "I", "non_compliant"), ("N1", "II", "unknown"), ("N1", None, "unknown"), ("M3", None, "unknown")],
)
def test_the_calendar_of_cars_holds_for_small_vans_too(category: str, n1_class: str | None, verdict: str) -> None:
    found = judged(vehicle(category=category, n1_class=n1_class), local("2026-03-02"))
    assert found.verdict == verdict


MOMENTS = st.datetimes(timezones=st.sampled_from([UTC, BRUSSELS, timezone(timedelta(hours=14))]))
VEHICLES = st.builds(
    vehicle,
    fuel=st.sampled_from(get_args(Fuel)),
    euro=st.none() | st.integers(0, 7),
    category=st.sampled_from(get_args(Category)),
    n1_class=st.none() | st.sampled_from(get_args(N1Class)),
    first_registered=st.none() | st.dates(),
    exemptions=st.sampled_from([(), ("oldtimer",)]),
)


@given(
    st.none() | VEHICLES, MOMENTS, MOMENTS, st.none() | st.sampled_from(["BE", "NL"]), st.lists(st.dates(), max_size=2)
)
def test_there_is_always_one_verdict_with_a_rule_and_a_reason(
    car: None, at: datetime, known_at: datetime, country: str | None, days: list[date]
) -> None:
    found = judged(car, at, *map(day_pass, days), country=country, known_at=known_at)
    assert isinstance(found, Judgement)
    assert found.verdict in get_args(VerdictKind)
    assert found.rule.startswith("brussels:")
    assert found.reason
    assert (found.action == "fine") == (found.fine_eur is not None)
    assert found.verdict == "non_compliant" or found.action == "none"


@given(st.sampled_from(["diesel", "petrol", "lpg", "diesel_plugin"]), st.integers(0, 6), MOMENTS, MOMENTS)
def test_a_cleaner_class_is_never_worse_off(fuel: str, euro: int, at: datetime, known_at: datetime) -> None:
    worse, better = (judged(vehicle(fuel, e), at, known_at=known_at).verdict for e in (euro, euro + 1))
    assert (worse, better) != ("compliant", "non_compliant")


@given(st.sampled_from(["diesel", "petrol"]), st.integers(0, 6), MOMENTS, MOMENTS)
def test_what_is_banned_stays_banned(fuel: str, euro: int, at: datetime, later: datetime) -> None:
    early, late = sorted((at, later))
    if judged(vehicle(fuel, euro), early, known_at=TODAY).verdict == "non_compliant":
        assert judged(vehicle(fuel, euro), late, known_at=TODAY).verdict == "non_compliant"
