"""The controller's report: who searched how much, and what somebody should explain. Moments are fixed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from schemas.search import Scene
from sinks.clickhouse.audit.report import PlatesUnreadable, Report, Unusual, plates_of_officers, report
from sinks.clickhouse.refusal import SearchRefused
from sinks.clickhouse.searches import SearchDesk
from tests.sinks import audited

pytestmark = pytest.mark.slow  # a database of its own for each test
NOON = datetime(2026, 11, 24, 11, 0, tzinfo=UTC)
"""A Tuesday, 12 h in Brussels."""
NIGHT = datetime(2026, 11, 24, 21, 0, tzinfo=UTC)
"""22 h in Brussels: from here on it is night."""
SATURDAY = datetime(2026, 11, 28, 11, 0, tzinfo=UTC)


def _search(client: Client, officer: str, times: int = 1, at: datetime = NOON, **more: Any) -> None:
    desk = SearchDesk(client, audited.clock(at))
    given = {"captured_from": at - timedelta(days=1), "captured_until": at}
    for n in range(times):
        own = {"reason": f"Stolen car number {n} seen", "pattern": f"1ABC{n:03}"}
        desk.open(audited.request(officer, **(given | own | more)))


def _report(client: Client, plates: dict[str, tuple[str, ...]] | None = None) -> Report:
    return report(client, datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC), plates)


def _kinds(found: Report) -> dict[str, Unusual]:
    return {one.kind: one for one in found.unusual}


def test_an_empty_audit_has_an_empty_report(client: Client) -> None:
    assert _report(client) == Report((), ())


def test_each_person_is_counted(client: Client) -> None:
    _search(client, "A. Peeters", 2)
    _search(client, "A. Peeters", 1, NIGHT, purpose="missing_person")
    _search(client, "A. Peeters", 1, SATURDAY)
    _search(client, "A. Peeters", 1, NOON - timedelta(days=40))  # not of this month
    _search(client, "B. Dupont")
    desk = SearchDesk(client, audited.clock(NOON))
    record = desk.open(audited.request("B. Dupont", captured_from=NOON - timedelta(days=1), captured_until=NOON))
    desk.shown(record, "latest", 7)
    desk.shown(record, "route", 5)
    desk.exported(record, "csv", 12, "ab" * 32)
    desk.denied(record, SearchRefused("not yours", "search_of_another"))
    peeters, dupont = _report(client).people
    assert (peeters.officer, peeters.searches, peeters.plates) == ("A. Peeters", 4, 2)
    assert peeters.purposes == (("crime", 3), ("missing_person", 1))
    assert (peeters.nights, peeters.weekends, peeters.denied, peeters.shown_rows, peeters.exports) == (1, 1, 0, 0, 0)
    assert (dupont.officer, dupont.searches, dupont.denied) == ("B. Dupont", 2, 1)
    assert (dupont.shown_rows, dupont.exports) == (12, 1)
    assert _report(client).unusual == ()


@pytest.mark.parametrize(
    ("minute", "night"), [(-1, 0), (0, 1), (479, 1), (480, 0)], ids=["21:59", "22:00", "5:59", "6:00"]
)
def test_the_night_is_from_22_to_6_in_brussels(minute: int, night: int, client: Client) -> None:
    _search(client, "A. Peeters", 1, NIGHT + timedelta(minutes=minute))
    assert _report(client).people[0].nights == night


PLATES: dict[str, tuple[str, ...]] = {"1ABC007": ("A. Peeters",), "1ABC008": ("B. Dupont",)}


@pytest.mark.parametrize("pattern", ["1ABC007", "1ABCOO7", "*BC007", "1A?C007", "1[AX]BC007", "2XYZ999|1ABC007"])
def test_ones_own_plate_is_told_however_it_was_searched(pattern: str, client: Client) -> None:
    _search(client, "A. Peeters", pattern=pattern)
    found = _kinds(_report(client, PLATES))
    own = found["own_plate"]
    assert (own.officer, own.count, len(own.searches)) == ("A. Peeters", 1, 1)
    assert "colleagues_plate" not in found


def test_a_colleagues_plate_is_told_and_others_are_not(client: Client) -> None:
    _search(client, "A. Peeters", pattern="1ABC008")
    _search(client, "A. Peeters", pattern="1ABC999")
    found = _report(client, PLATES).unusual
    assert [(one.kind, one.officer, one.detail) for one in found] == [
        ("colleagues_plate", "A. Peeters", "plate of B. Dupont")
    ]
    assert _report(client).unusual == ()  # unknown plates are nobody's


def test_a_search_by_scenes_for_all_plates_is_nobodys_plate(client: Client) -> None:
    one = Scene(cameras=("cam-1",), captured_from=NOON - timedelta(hours=1), captured_until=NOON)
    _search(client, "A. Peeters", pattern="*", kind="scenes", scenes=(one,))
    assert _report(client, PLATES).unusual == ()


def test_who_searches_far_more_than_the_others_is_told(client: Client) -> None:
    for name in ("B. Dupont", "C. Claes"):
        _search(client, name, 2)
    _search(client, "A. Peeters", 19)
    assert "volume" not in _kinds(_report(client))
    _search(client, "A. Peeters", 1, NOON + timedelta(hours=1), pattern="1XYZ999", reason="One more car was stolen")
    volume = _kinds(_report(client))["volume"]
    assert (volume.officer, volume.count, volume.detail) == ("A. Peeters", 20, "the median colleague searched 2 times")


def test_one_person_alone_has_no_colleagues_to_compare_with(client: Client) -> None:
    _search(client, "A. Peeters", 25)
    assert "volume" not in _kinds(_report(client))


def test_who_mostly_searches_at_night_is_told_with_searches_to_open(client: Client) -> None:
    _search(client, "A. Peeters", 5, NIGHT)
    _search(client, "B. Dupont", 4, NIGHT)
    _search(client, "C. Claes", 5, NIGHT)
    _search(client, "C. Claes", 6, NOON)
    odd = [one for one in _report(client).unusual if one.kind == "odd_hours"]
    assert [(one.officer, one.count, len(one.searches)) for one in odd] == [("A. Peeters", 5, 5)]


def test_many_searches_within_minutes_are_told_with_when_they_began(client: Client) -> None:
    _search(client, "A. Peeters", 15, case_number="BXL-1")
    _search(client, "B. Dupont", 14, case_number="BXL-2")
    (burst,) = [one for one in _report(client).unusual if one.kind == "burst"]
    assert (burst.officer, burst.count, len(burst.searches)) == ("A. Peeters", 15, 5)
    assert burst.detail == "within 5 minutes from 2026-11-24 12:00"


def test_who_mostly_searches_without_a_case_number_is_told(client: Client) -> None:
    _search(client, "A. Peeters", 10)
    _search(client, "A. Peeters", 10, NOON + timedelta(hours=1), case_number="BXL-1")
    _search(client, "B. Dupont", 9)
    _search(client, "C. Claes", 10)
    _search(client, "C. Claes", 11, NOON + timedelta(hours=1), case_number="BXL-1")
    found = [one for one in _report(client).unusual if one.kind == "no_case_number"]
    assert [(one.officer, one.count, one.detail) for one in found] == [("A. Peeters", 10, "of 20 searches")]


@pytest.mark.parametrize(
    ("kind", "same", "differs"),
    [
        ("same_plate", {"pattern": "1ABC234"}, "reason"),
        ("same_reason", {"reason": "Hit and run in the Rue Neuve"}, "pattern"),
    ],
)
def test_the_same_again_and_again_is_told(kind: str, same: dict[str, Any], differs: str, client: Client) -> None:
    assert differs not in same
    _search(client, "A. Peeters", 5, **same)
    _search(client, "B. Dupont", 4, **same)
    found = _report(client).unusual
    assert [(one.kind, one.officer, one.count) for one in found] == [(kind, "A. Peeters", 5)]
    assert next(iter(same.values())).lower() in found[0].detail.lower()


def test_who_is_refused_again_and_again_is_told_with_the_codes(client: Client) -> None:
    desk = SearchDesk(client, audited.clock(NOON))
    for reason in ("x", "1ABC234", "test test"):
        with pytest.raises(SearchRefused):
            desk.open(audited.request("A. Peeters", reason=reason))
    denials = _kinds(_report(client))["denials"]
    assert (denials.count, denials.detail) == (3, "reason_plate, reason_repeated, reason_short")


def test_officers_plates_are_read_from_a_table(tmp_path: Path) -> None:
    path = tmp_path / "plates.csv"
    path.write_text("\ufeffofficer,plate\nA. Peeters,1-ABC-007\nB. Dupont, 1abc007 \n", "utf-8")
    assert plates_of_officers(path) == {"1ABC007": ("A. Peeters", "B. Dupont")}


@pytest.mark.parametrize("content", [b"name,car\na,b\n", b"officer,plate\nA\n", b"\xff\xfe\x00"])
def test_a_table_of_something_else_is_refused(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "plates.csv"
    path.write_bytes(content)
    with pytest.raises(PlatesUnreadable, match="must be a CSV file with the columns officer and plate"):
        plates_of_officers(path)
    with pytest.raises(PlatesUnreadable):
        plates_of_officers(tmp_path / "absent.csv")
