"""A case on paper: readable bytes, every page numbered, text of any alphabet."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from console.case_report import Reported, _on_paper, case_report
from pipeline.cases.records import EventRecord
from pipeline.geo import Point
from sinks.clickhouse.queries.cameras import Registered
from tests.console.cases import NOW, case
from tests.console.paper import pages_of

CAMERAS = {
    "north-1": Registered("north-1", "Rue du Nord", "fixed", "Z", "", 50.86, 4.35),
    "south-1": Registered("south-1", "Žižkov Ω", "fixed", "Z", "", 50.83, 4.34),
}


def test_it_tells_who_what_and_where_on_numbered_pages() -> None:
    story = tuple(
        EventRecord(at=NOW, kind="sighted", camera_id=("north-1", "south-1")[n % 2], captured_at=NOW) for n in range(60)
    )
    closed = case(
        plate="1ABC234",
        state="closed",
        timeline=story,
        timeline_count=80,
        dangerous=True,
        reason="Vol à Ixelles – «nuit»",
        last_seen_at=NOW,
    )
    content = case_report(Reported(closed, CAMERAS, "A. Peeters", "abc/17", NOW, "Volvo V60"))
    said = " ".join(pages_of(content))
    assert content.startswith(b"%PDF-")
    for wanted in (
        *("1-ABC-234", "Vol à Ixelles – «nuit»", "Žižkov Ω", "DANGEROUS", "Volvo V60", "Rue du Nord"),
        *("audit number abc/17", "page 1 of", "page 2 of"),
    ):
        assert wanted in said, wanted
    assert "the last 60 of 80" in said


@given(st.lists(st.tuples(st.floats(49, 52), st.floats(2, 7)), min_size=1, max_size=6))
def test_every_place_is_on_the_map(places: list[tuple[float, float]]) -> None:
    for x, y in _on_paper([Point(*place) for place in places], 10.0, 20.0, 180.0, 60.0):
        assert 9.9 <= x <= 190.1
        assert 19.9 <= y <= 80.1


def test_names_and_reasons_come_out_in_their_own_letters() -> None:
    wanted = ("Γεωργία Παπαδοπούλου", "Светлана Иванова", "Łucja Đoković", "Ştefan Țurcanu", "Ærøskøbing")
    told = case(reason=", ".join(wanted[:3]), note=", ".join(wanted[3:]))
    said = " ".join(pages_of(case_report(Reported(told, CAMERAS, "Олена Peeters", "abc/17", NOW))))
    for name in (*wanted, "Олена Peeters"):
        assert name in said
    assert "not printed here" not in said


def test_what_has_no_letter_is_a_box_and_the_foot_says_so() -> None:
    said = " ".join(pages_of(case_report(Reported(case(reason="王 🚗 left"), CAMERAS, "A. Peeters", "abc/17", NOW))))
    assert "□ □ left" in said
    assert "□: a character that is not printed here" in said


def test_a_document_holds_only_the_letters_that_it_uses() -> None:
    assert len(case_report(Reported(case(reason="Vol"), CAMERAS, "A. Peeters", "abc/17", NOW))) < 60_000
