"""`anpr bench store` from end to end, small: every figure is there, every answer right, the folder gone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from anpr.bench.store_questions import MORE_QUESTIONS, QUESTIONS, part_of

QUANTILES = {"p50", "p95", "p99"}


def _bench(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "ANPR_DATA_DIR": str(folder)}
    command = [sys.executable, "-m", "anpr", "bench", "store", "--samples", "2", "--feed", "1000", *arguments]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=500, check=False)


def _check_question(told: dict[str, Any]) -> None:
    ways = [told, told["cold"], told["warm"], told["while_inserting"]]
    assert all(way.keys() >= {*QUANTILES, "store_cpu_ms", "samples", "rows"} for way in ways)
    assert all(0 < way["p50"] <= way["p95"] <= way["p99"] for way in ways)
    assert all(way["wrong"] == 0 and way["samples"] == 2 for way in ways)
    assert told["while_inserting"]["rows_per_s"] > 0


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_two_sizes_from_end_to_end(tmp_path: Path) -> None:
    plot, record, data = tmp_path / "out" / "growth.svg", tmp_path / "out" / "store.json", tmp_path / "data"
    ended = _bench(data, "--rows", "20000", "--grow", "10000", "--plot", str(plot), "--record", str(record), "--json")
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout.splitlines()[-1])
    assert told["rows"] == 20_000
    assert told["insert_rows_per_s"] > 0
    assert 40 < told["bytes_per_row"] <= told["bytes_per_row_at_rest"] < 150
    assert told["insert"]["format"] == "Native"
    assert set(told["ms"]) == {question.name for question in QUESTIONS}
    for question in told["ms"].values():
        _check_question(question)
    assert told["ms"]["exact"]["rows"] >= 1
    assert set(told["more_ms"]) == {question.name for question in MORE_QUESTIONS}
    assert told["learnt"]["passages"] > 0
    assert told["wrong_answers"] == 0
    assert told["machine"].keys() >= {"cpu", "cores", "memory_gb", "busy", "at"}
    assert told["versions"].keys() >= {"clickhouse", "chdb", "python"}
    for form in ("as_the_sink_columns", "as_the_sink_json"):
        sent = told["insert"][form]
        assert (
            min(sent["rows"], sent["rows_per_s"], sent["sink_cpu_s_per_million"], sent["store_cpu_s_per_million"]) > 0
        )
    assert told["growth"]["rows"] == [10_000, 20_000]
    assert [one["rows"] for one in told["smaller"]] == [10_000]
    kept = json.loads(record.read_text())
    assert kept["name"] == "store"
    assert kept["figures"] == {name: told[name] for name in kept["figures"]}
    assert kept["figures"].keys() >= {"ms", "insert", "growth", "wrong_answers"}
    assert plot.read_text().startswith("<svg")
    assert list(data.iterdir()) == [], "the stores' folders are removed"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--grow", "ten"), "--grow ten is no list of numbers"),
        (("--rows", "20000", "--plot", "x.svg"), "--plot shows growth: give smaller sizes too"),
        (("--rows", "5"), "--rows"),
    ],
)
def test_what_it_cannot_do_it_says_before_it_begins(tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    ended = _bench(tmp_path, *arguments)
    assert ended.returncode == 2, ended.stderr
    assert says in ended.stderr


def test_parts_of_a_plate_are_what_people_remember() -> None:
    parts = [part_of("1ABC234", number) for number in range(5)]
    assert parts == ["1ABC*", "*C234", "*BC2*", "1A?C2??", "1A*34"]
