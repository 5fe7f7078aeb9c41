"""What leaves the platform says whose it is, and does nothing on the machine that opens it."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import zlib

import pytest

from console.searching.export import Export, Format, Heading, export_of
from console.searching.pdf import printable

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
    pages = _texts(made("pdf", ROWS * 60).content)
    assert len(pages) > 2
    for page in pages:
        assert f"audit number {NUMBER}, A. Peeters, page" in page
    assert "Hit and run, L\xf3dz oeuvre - 3 EUR" in pages[0].replace("\\", "")


def _texts(pdf: bytes) -> list[str]:
    """Text of each page, as far as a test needs it."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    found = []
    for stream in streams:
        try:
            content = zlib.decompress(stream).decode("latin-1")
        except zlib.error:
            continue
        if "Tj" in content:
            found.append(" ".join(re.findall(r"\(((?:[^()\\]|\\.)*)\) Tj", content)))
    return found


def test_what_a_font_lacks_is_written_without_its_mark() -> None:
    assert printable("Ž Привет ’ok’ €") == "Z ?????? 'ok' EUR"
