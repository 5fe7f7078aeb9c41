"""`--record` of every benchmark: alone, with a file, with a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from anpr.bench.records.record import load
from anpr.cli.bench import group
from anpr.cli.bench.group import JsonFlag, RecordFile, Recording, hand_over

RESULT: dict[str, Any] = {
    "reads_per_s": 5,
    "machine": {"cpu": "Testium", "cores": 2, "memory_gb": 8.0, "busy": False, "at": "2026-11-26T10:20:30+00:00"},
}
app = typer.Typer()


@app.command(cls=Recording)
def measure(record: RecordFile = None, json: JsonFlag = False) -> None:
    """As benchmarks do."""
    hand_over("match", RESULT, record, json=json)


@pytest.mark.parametrize("words", [["--record"], ["--record", "--json"], ["--json", "--record"]])
def test_alone_it_is_kept_by_name(words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group, "RESULTS", tmp_path / "results")
    assert CliRunner().invoke(app, words).exit_code == 0
    (kept,) = (tmp_path / "results").iterdir()
    assert kept.name == "match-20261126T1020-testium.json"
    assert load(kept).figures == {"reads_per_s": 5}


def test_a_file_or_a_folder_may_be_named(tmp_path: Path) -> None:
    assert CliRunner().invoke(app, ["--record", str(tmp_path / "a.json")]).exit_code == 0
    (tmp_path / "folder").mkdir()
    assert CliRunner().invoke(app, ["--record", str(tmp_path / "folder")]).exit_code == 0
    assert load(tmp_path / "a.json") == load(next((tmp_path / "folder").iterdir()))


def test_without_it_nothing_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(group, "RESULTS", tmp_path / "results")
    done = CliRunner().invoke(app, ["--json"])
    assert done.stdout.startswith('{"reads_per_s": 5')
    assert list(tmp_path.iterdir()) == []
