"""Growth: what is measured goes through the largest size, what is reckoned says with what it grows; and the picture."""

from __future__ import annotations

import math
import re
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest

from anpr.bench.store_growth import growth, growth_picture
from anpr.bench.store_questions import QUESTIONS

SVG = "{http://www.w3.org/2000/svg}"


def _measured(rows: int, **p95: float) -> dict[str, Any]:
    ms = {question.name: {"p95": p95.get(question.name, 10.0)} for question in QUESTIONS}
    settings, machine = {"rows": rows}, {"at": "2026-11-25T10:00:00+00:00"}
    return {"settings": settings, "ms": ms, "bytes_per_row": 58.0, "machine": machine, "insert_rows_per_s": 200_000}


def test_a_question_by_part_of_a_plate_grows_with_the_plates_of_a_month() -> None:
    found = growth([_measured(10_000_000, partial=30.0), _measured(40_000_000, partial=60.0)])
    line = found["p95_ms"]["partial"]
    assert line["grows_with"] == "plates of a month"
    assert line["base_ms"] == pytest.approx(20.0)
    month_of_brussels = 450 * 6000 * 31
    assert line["at_1bn"] == pytest.approx(20 + month_of_brussels / 1e6, rel=0.02)
    assert line["at_20bn"] == pytest.approx(20 + 40_000_000 / 0.2 / 1e6, rel=0.02)


def test_a_question_by_plate_grows_with_the_depth_of_the_index() -> None:
    found = growth([_measured(1_000_000, exact=10.0), _measured(8_000_000, exact=13.0)])
    line = found["p95_ms"]["exact"]
    assert line["slope"] == pytest.approx(1.0, abs=0.01)
    assert line["at_20bn"] == pytest.approx(10 + math.log2(20e9 * 31 / 365 / 1e6), abs=0.5)


def test_nothing_becomes_faster_with_more_rows() -> None:
    found = growth([_measured(1_000_000, route=50.0), _measured(10_000_000, route=40.0)])
    assert found["p95_ms"]["route"]["at_20bn"] == 40.0


def test_the_model_is_stated() -> None:
    found = growth([_measured(1_000_000), _measured(10_000_000)])
    assert "The model:" in found["model"]
    assert found["bytes_per_row"] == [58.0, 58.0]


def _numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?[\d.]+", text)]


def test_the_picture_is_readable_on_any_ground() -> None:
    measured = [_measured(1_000_000, exact=9.0), _measured(10_000_000, exact=10.0)]
    root = ElementTree.fromstring(growth_picture(measured, growth(measured)))
    width, height = _numbers(root.attrib["viewBox"])[2:]
    assert root.find(f"{SVG}rect") is None, "no ground of its own"
    assert "prefers-color-scheme: dark" in "".join(root.itertext())
    labels = [text for text in root.iter(f"{SVG}text") if "at most" in (text.text or "")]
    assert len(labels) == len(QUESTIONS)
    levels = sorted(float(label.attrib["y"]) for label in labels)
    assert all(b - a >= 14 for a, b in pairwise(levels)), "no label lies on another"
    places = [(float(text.attrib["x"]), float(text.attrib["y"])) for text in root.iter(f"{SVG}text")]
    assert all(0 <= x < width and 0 < y <= height for x, y in places)
