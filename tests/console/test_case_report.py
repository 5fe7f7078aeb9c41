"""A case on paper: readable bytes, every page numbered, text of any alphabet."""

from __future__ import annotations

import re
import zlib

from hypothesis import given
from hypothesis import strategies as st

from console.case_report import Reported, _on_paper, case_report
from pipeline.cases.records import EventRecord
from pipeline.geo import Point
from sinks.clickhouse.queries.cameras import Registered
from tests.console.cases import NOW, case

CAMERAS = {
    "north-1": Registered("north-1", "Rue du Nord", "fixed", "Z", "", 50.86, 4.35),
    "south-1": Registered("south-1", "Žižkov Ω", "fixed", "Z", "", 50.83, 4.34),
}


def texts(content: bytes) -> str:
    """What its pages say."""
    streams = re.findall(rb"stream\r?\n(.*?)endstream", content, re.DOTALL)
    plain = b" ".join(zlib.decompress(one) for one in streams if one[:1] == b"x")
    return " ".join(one.decode("latin-1") for one in re.findall(rb"\((.*?)\) Tj", plain))


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
    said = texts(content)
    assert content.startswith(b"%PDF-")
    for wanted in ("1ABC234", "DANGEROUS", "Volvo V60", "audit number abc/17", "page 1 of", "page 2 of", "Rue du Nord"):
        assert wanted in said, wanted
    assert "the last 60 of 80" in said


@given(st.lists(st.tuples(st.floats(49, 52), st.floats(2, 7)), min_size=1, max_size=6))
def test_every_place_is_on_the_map(places: list[tuple[float, float]]) -> None:
    for x, y in _on_paper([Point(*place) for place in places], 10.0, 20.0, 180.0, 60.0):
        assert 9.9 <= x <= 190.1
        assert 19.9 <= y <= 80.1
