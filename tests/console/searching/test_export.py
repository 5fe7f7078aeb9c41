"""What leaves the platform says whose it is, and does nothing on the machine that opens it."""

from __future__ import annotations

import csv
import hashlib
import io
import json

import pytest

from console.searching.export import Export, Format, Heading, export_of
from console.searching.pdf import BOX, Paper
from tests.console.paper import pages_of

NUMBER = "7d3f2c10-0000-4000-8000-000000000001"
HEADING = Heading(
    "Passages of the plate 1ABC234", NUMBER, "A. Peeters", "Hit and run, Łódź œuvre – 3 €", "BXL-1", "today"
)
COLUMNS = {"plate": "plate", "camera_name": "camera"}
ROWS: list[dict[str, object]] = [
    {"plate": "1ABC234", "camera_name": "=cmd|' /C calc'!A0", "lat": 50.85, "lon": 4.35},
    {"plate": "1ABC284", "camera_name": "@here", "lat": None, "lon": None},
]


def made(wanted: Format, rows: list[dict[str, object]] = ROWS) -> Export:
    return export_of(wanted, HEADING, rows, COLUMNS)


@pytest.mark.parametrize("wanted", ["csv", "geojson", "pdf"])
@pytest.mark.parametrize("rows", [[], ROWS])
def test_the_digest_is_that_of_the_bytes(wanted: Format, rows: list[dict[str, object]]) -> None:
    export = made(wanted, rows)
    assert export.sha256 == hashlib.sha256(export.content).hexdigest()
    assert (export.rows, export.file_name) == (len(rows), f"search-7d3f2c10.{wanted}")


def test_a_spreadsheet_runs_nothing_and_each_row_has_the_audit_number() -> None:
    rows = list(csv.DictReader(io.StringIO(made("csv").content.decode())))
    assert [row["camera_name"] for row in rows] == ["'=cmd|' /C calc'!A0", "'@here"]
    assert {row["search_id"] for row in rows} == {NUMBER}


def test_geojson_puts_longitude_first_and_leaves_out_what_has_no_place() -> None:
    found = json.loads(made("geojson").content)
    assert (found["type"], found["search_id"], found["officer"]) == ("FeatureCollection", NUMBER, "A. Peeters")
    assert [one["geometry"] for one in found["features"]] == [{"type": "Point", "coordinates": [4.35, 50.85]}, None]


def test_every_page_has_the_audit_number() -> None:
    pages = pages_of(made("pdf", ROWS * 60).content)
    assert len(pages) > 2
    for page in pages:
        assert f"audit number {NUMBER}, A. Peeters, page" in page
    assert "Hit and run, Łódź œuvre – 3 €" in pages[0]


def test_plates_on_paper_are_as_people_read_them_and_raw_in_the_other_files() -> None:
    assert "1-ABC-234" in pages_of(made("pdf").content)[0]
    assert [row["plate"] for row in csv.DictReader(io.StringIO(made("csv").content.decode()))] == ["1ABC234", "1ABC284"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [("Ž Привет Ωμέγα ’ok’ €", "Ž Привет Ωμέγα ’ok’ €"), ("e\u0301", "é"), ("王", BOX), ("a\u200b🚗", f"a\u200b{BOX}")],
)
def test_what_the_font_lacks_is_a_box(text: str, shown: str) -> None:
    paper = Paper("foot")
    assert paper.normalize_text(text) == shown
    paper.bytes_of()  # which lets go of the fonts
