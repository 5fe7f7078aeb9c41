"""`anpr simulate` from outside: errors in one sentence, pictures, lines for other programs, an end in order."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from anpr.cli import USAGE
from anpr.cli.app import app
from replay.truth import read_truth
from tests.anpr.program import anpr, start, wait_until


def refused(folder: Path, *words: str) -> str:
    """What the command says when it is asked wrongly."""
    with pytest.raises(ValueError) as told:  # noqa: PT011 - which one is looked at below
        app(["--data-dir", str(folder / "data"), "simulate", *words], standalone_mode=False)
    assert f"{told.type.__module__}.{told.type.__qualname__}" in USAGE
    return str(told.value)


def test_bad_input_is_told_in_a_sentence(tmp_path: Path) -> None:
    there, out = tmp_path / "there.jsonl", tmp_path / "run.parquet"
    there.write_text("")
    assert "scenario parade is unknown" in refused(tmp_path, "--scenario", "parade")
    assert "No such file" in refused(tmp_path, "--scenario", str(tmp_path / "none.yaml"))
    assert "--speed soon is no speed" in refused(tmp_path, "--speed", "soon")
    assert "reads of the future" in refused(tmp_path, "--start", "2099-01-01")
    assert "is there already" in refused(tmp_path, "--truth", str(there), "--out", str(out))
    assert "there is no folder" in refused(tmp_path, "--out", str(tmp_path / "no" / "run.parquet"))
    assert "there is no folder" in refused(tmp_path, "--map", str(tmp_path / "no" / "map.svg"))
    assert {one.name for one in tmp_path.iterdir()} == {"there.jsonl"}


@pytest.mark.parametrize(("cameras", "words"), [("450", "Brussels-West: "), ("2500", "Ghent ")])
def test_a_map_shows_every_zone(tmp_path: Path, cameras: str, words: str) -> None:
    picture = tmp_path / "map.svg"
    app(["--data-dir", str(tmp_path), "simulate", "--cameras", cameras, "--map", str(picture)], standalone_mode=False)
    text = picture.read_text("utf-8")
    assert text.startswith("<svg ")
    assert words in text
    assert [one.name for one in tmp_path.iterdir() if one.suffix == ".part"] == []


@pytest.mark.slow
def test_lines_for_other_programs_and_an_end_in_order(tmp_path: Path) -> None:
    data, truth = tmp_path / "data", tmp_path / "truth.jsonl"
    words = ("simulate", "--cameras", "60", "--rate", "20", "--flat", "--start", "2026-03-03T07:00")
    ran = anpr(data, *words, "--seconds", "20", "--out", "-")
    assert ran.code == 0, ran.err
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert len(lines) > 200
    assert {"read_id", "camera_id", "plate_raw"} <= set(lines[0])
    out = tmp_path / "run.parquet"
    child = start(data, *words, "--seconds", "500000", "--out", str(out), "--truth", str(truth), "--no-vehicles")
    wait_until((tmp_path / "run.parquet.partial").exists, what="it writes")
    child.send_signal(signal.SIGTERM)
    assert child.wait(60) == 130
    read_truth(truth, seed=7)
    assert {one.name for one in tmp_path.iterdir() if "partial" in one.name} == set()
