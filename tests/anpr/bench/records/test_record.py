"""Records on the disk: one shape, old ones too, nothing half."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from anpr.bench.records.record import RESULTS, figures_of, keep, load, named, record_of, rounds_of
from anpr.bench.records.report import page, write_report
from anpr.bench.records.targets import TARGETS, better
from anpr.cli.app import app
from anpr.settings import SettingsFault

AT = "2026-11-26T10:20:30+00:00"
RESULT: dict[str, Any] = {
    "reads_per_s": 31_000,
    "at_rates": {"1000": {"read_to_hit_ms": {"p99": 48.0}}},
    "ok": True,
    "rounds": {"reads_per_s": [30_000, 31_000, 32_000]},
    "machine": {
        "cpu": "Testium(R) 9 <fast>",
        "cores": 2,
        "memory_gb": 8.0,
        "busy": False,
        "at": "2026-11-26T10:20:30+00:00",
    },
    "settings": {"seconds": 20},
}


def test_a_record_comes_back_as_it_was_kept(tmp_path: Path) -> None:
    record = record_of("pipeline", RESULT)
    keep(record, tmp_path / "deep" / "one.json")
    assert load(tmp_path / "deep" / "one.json") == record
    assert [file.name for file in (tmp_path / "deep").iterdir()] == ["one.json"], "no half file is left"
    assert figures_of(record) == {"reads_per_s": 31_000, "at_rates.1000.read_to_hit_ms.p99": 48.0}
    assert rounds_of(record) == {"reads_per_s": [30_000, 31_000, 32_000]}
    assert record.versions["confluent-kafka"]
    assert named(record) == "pipeline-20261126T1020-testium-r-9-fast.json"


def test_rounds_inside_a_part_belong_to_its_figures() -> None:
    part = {"cases": {"450": {"reads_per_s": 5, "rounds": {"reads_per_s": [4, 5, 6]}}}}
    record = record_of("pipeline-sweep", {**RESULT, "sweeps": part})
    assert rounds_of(record)["sweeps.cases.450.reads_per_s"] == [4, 5, 6]
    assert "sweeps.cases.450.rounds.reads_per_s" not in figures_of(record)


def test_records_from_before_there_was_a_shape_are_readable() -> None:
    files = sorted(RESULTS.glob("*.json"))
    assert files, "there is something to read"
    assert all(figures_of(load(file)) for file in files)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "is no record"),
        ("[]", "tells no machine"),
        ('{"figures": {}}', "tells no machine"),
        ('{"record": 99}', "newer than this program"),
        ('{"record": 1, "name": "match"}', "lacks parts"),
    ],
)
def test_what_is_no_record_is_refused_in_a_sentence(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "bad.json").write_text(text)
    with pytest.raises(SettingsFault, match=told):
        load(tmp_path / "bad.json")


def test_a_missing_record_is_refused_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(SettingsFault, match="cannot be read"):
        load(tmp_path / "none.json")


def test_every_target_is_of_a_figure_that_can_be_better() -> None:
    assert all(better(target.benchmark, target.figure) for target in TARGETS)
    assert len({(target.benchmark, target.figure) for target in TARGETS}) == len(TARGETS)


def _kept(folder: Path, **changes: Any) -> Path:
    file = folder / f"{len(list(folder.iterdir())):02d}.json"
    keep(record_of(changes.pop("name", "pipeline"), {**RESULT, **changes}), file)
    return file


def test_the_page_has_figures_targets_and_history_and_is_always_the_same(tmp_path: Path) -> None:
    records = tmp_path / "records"
    records.mkdir()
    machine = {**RESULT["machine"], "at": "2026-11-27T10:00:00+00:00", "busy": True}
    files = [_kept(records), _kept(records, reads_per_s=29_000, machine=machine)]
    written = write_report(files, tmp_path / "a" / "bench.md")
    assert write_report(files[::-1], tmp_path / "b" / "bench.md")[1].read_text() == written[1].read_text()
    text = written[0].read_text()
    assert text == (tmp_path / "b" / "bench.md").read_text()
    assert "| sustained, end to end | 29,000 reads/s | at least 30,000 | 50,000 | **missed** |" in text
    assert "| read to hit, p99 at 1,000/s | 48 ms | at most 250 | 50 | goal reached |" in text
    assert "The machine was busy" in text
    assert "](bench/pipeline.svg)" in text
    picture = written[1].read_text()
    assert "2026-11-26: 31,000" in picture
    assert "2026-11-27: 29,000, busy machine" in picture


def test_cases_that_differ_do_not_share_a_line(tmp_path: Path) -> None:
    million = {"seconds": 20, "entries": 1_000_000}
    parts = page([load(_kept(tmp_path)), load(_kept(tmp_path, settings=million))])
    assert [part.title for part in parts] == ["End to end", "End to end: --entries 1000000"]
    assert len({part.name for part in parts}) == 2


def test_html_is_one_file_with_what_it_shows_escaped(tmp_path: Path) -> None:
    (tmp_path / "records").mkdir()
    written = write_report([_kept(tmp_path / "records")], tmp_path / "bench.html")
    assert written == [tmp_path / "bench.html"]
    text = written[0].read_text()
    assert "<svg" in text
    assert "Testium(R) 9 &lt;fast&gt;" in text


def test_no_record_and_no_known_form_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsFault, match="no record"):
        write_report([], tmp_path / "bench.md")
    with pytest.raises(SettingsFault, match="neither a"):
        write_report([_kept(tmp_path)], tmp_path / "bench.pdf")


def test_compare_ends_with_one_on_a_regression(tmp_path: Path) -> None:
    old, new = _kept(tmp_path), _kept(tmp_path, reads_per_s=20_000, rounds={"reads_per_s": [19_900, 20_000, 20_100]})
    run = CliRunner().invoke(app, ["bench", "compare", str(old), str(new), "--json"])
    assert run.exit_code == 1
    told = json.loads(next(line for line in run.stdout.splitlines() if line.startswith("{")))
    assert told["regressions"] == 1
    assert told["changes"][0]["figure"] == "reads_per_s"
    assert "regression: reads_per_s went from 31,000 to 20,000 by 35 %" in run.stderr
    back = CliRunner().invoke(app, ["bench", "compare", str(new), str(old)])
    assert back.exit_code == 0
    assert "no regression" in back.stdout
