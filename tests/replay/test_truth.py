"""The truth file: what is written is read back, and everything else is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from replay.truth import TruePassage, TrueScenario, TruthError, TruthWriter, read_truth, write_truth
from tests.replay.conftest import START, Run

PASSAGE = TruePassage(
    plate="1ABC234", country="BE", camera_id="bxl-5339-001", captured_at=START, via="read", seen=True,
    read_as="1A8C234", reads=("1A8C234",), listed=True, received_at=START,
)  # fmt: skip

CONVOY = TrueScenario(
    kind="convoy", plates=("1ABC234", "1ABC235"), camera_ids=("bxl-5339-001",), begins=START, ends=START,
    detail="Two cars keep together",
)  # fmt: skip


def test_round_trip(tmp_path: Path, busy: Run) -> None:
    path = tmp_path / "truth.jsonl"
    simulation = busy.simulation
    count = write_truth(path, 11, simulation.parameters, simulation.truth)
    truth = read_truth(path, seed=11, parameters=simulation.parameters)
    assert count == len(truth.passages) > 1000
    assert list(truth.passages) == simulation.truth
    assert truth.header.parameters == simulation.parameters


@pytest.fixture
def lines(tmp_path: Path) -> list[str]:
    path = tmp_path / "good.jsonl"
    write_truth(path, 7, {"cameras": 24}, [PASSAGE, PASSAGE], [CONVOY])
    return path.read_text().splitlines()


def refused(tmp_path: Path, lines: list[str], match: str) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text("\n".join(lines) + "\n")
    with pytest.raises(TruthError, match=match):
        read_truth(path)


def test_another_seed_is_refused(tmp_path: Path, lines: list[str]) -> None:
    assert lines
    with pytest.raises(TruthError, match="seed 7 says nothing about a run with seed 8"):
        read_truth(tmp_path / "good.jsonl", seed=8)


def test_other_parameters_are_refused_by_name(tmp_path: Path, lines: list[str]) -> None:
    assert lines
    with pytest.raises(TruthError, match="other parameters: cameras, rate"):
        read_truth(tmp_path / "good.jsonl", parameters={"cameras": 25, "rate": 2})


def test_half_a_file_is_refused(tmp_path: Path, lines: list[str]) -> None:
    refused(tmp_path, lines[:-1], "line 4")
    refused(tmp_path, [lines[0], *lines[2:]], "says 2 passages but holds 1")
    refused(tmp_path, [*lines[:3], lines[4]], "says 1 scenarios but holds 0")
    refused(tmp_path, [*lines[:-1], lines[-1][:-5]], "line 5")
    refused(tmp_path, lines[:1], "no truth file")


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ('"version":2', '"version":3', "line 1: version"),
        ('"version":2', '"version":"two"', "line 1: version"),
        ('"convoy"', '"parade"', "line 4: scenario.kind"),
        ("anpr-truth", "something", "line 1: format"),
        ('"seed":7', '"seed":"seven"', "line 1: seed"),
        ('"seen":true', '"seen":true,"extra":1', "line 2: extra"),
        ('"via":"read"', '"via":"ear"', "line 2: via"),
        ("2026-11-24T10:00:00Z", "2026-11-24T10:00:00", "line 2: captured_at"),
    ],
)
def test_a_line_that_is_not_right_is_named(tmp_path: Path, lines: list[str], old: str, new: str, match: str) -> None:
    assert any(old in line for line in lines)
    refused(tmp_path, [line.replace(old, new) for line in lines], match)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "noise"
    path.write_bytes(bytes(range(128, 256)))
    with pytest.raises(TruthError, match="not text"):
        read_truth(path)


def test_an_interrupted_write_leaves_no_file(tmp_path: Path) -> None:
    def interrupted() -> Iterator[TruePassage]:
        yield PASSAGE
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_truth(tmp_path / "truth.jsonl", 7, {}, interrupted())
    assert list(tmp_path.iterdir()) == []


def test_scenarios_come_back(tmp_path: Path, lines: list[str]) -> None:
    assert lines
    truth = read_truth(tmp_path / "good.jsonl")
    assert truth.scenarios == (CONVOY,)
    assert truth.passages == (PASSAGE, PASSAGE)


def test_a_file_of_version_1_is_read(tmp_path: Path) -> None:
    path = tmp_path / "old.jsonl"
    path.write_text(
        '{"format":"anpr-truth","version":1,"seed":7,"parameters":{"cameras":24}}\n'
        + PASSAGE.model_dump_json(exclude_defaults=True)
        + '\n{"end":true,"passages":1}\n'
    )
    truth = read_truth(path, seed=7, parameters={"cameras": 24})
    assert (truth.header.version, truth.passages, truth.scenarios) == (2, (PASSAGE,), ())
    with pytest.raises(TruthError, match="seed 7 says nothing about a run with seed 8"):
        read_truth(path, seed=8)


def test_lines_written_in_pieces_make_one_file(tmp_path: Path) -> None:
    path = tmp_path / "truth.jsonl"
    with TruthWriter(path, 7, {}) as truth:
        truth.passages([PASSAGE])
        truth.encoded([PASSAGE.model_dump_json().encode()])
        assert not path.exists()
        assert truth.finish([CONVOY]) == 2
    assert read_truth(path).passages == (PASSAGE, PASSAGE)
    assert [one.name for one in tmp_path.iterdir()] == ["truth.jsonl"]


def test_a_file_that_is_not_finished_does_not_appear(tmp_path: Path) -> None:
    with TruthWriter(tmp_path / "truth.jsonl", 7, {}) as truth:
        truth.passages([PASSAGE])
    assert list(tmp_path.iterdir()) == []
