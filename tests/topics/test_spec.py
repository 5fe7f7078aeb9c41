"""The topic files are sound, and the checks that say so find each fault they are there for."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from pydantic import ValidationError

from schemas.registry import CONTRACTS
from topics.model import to_ms
from topics.rules import RULES
from topics.spec import TopicError, all_topics, load_topics

FOLDER = Path(__file__).parents[2] / "topics"
BAD = sorted((Path(__file__).parent / "bad").glob("*.yaml"))
PLACES_WITHOUT_RULE = {"yaml", "field"}
"""Faults that a file has alone; the other rules are those of `topics.rules`."""


def fault_of(bad: Path, folder: Path) -> TopicError:
    """The error of our topics with one file replaced or added; its second line says which."""
    shutil.copytree(FOLDER, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    name = bad.read_text().splitlines()[1].removeprefix("# as: ")
    shutil.copy(bad, folder / name)
    with pytest.raises(TopicError) as caught:
        load_topics(folder)
    return caught.value


@pytest.mark.parametrize("bad", BAD, ids=lambda path: path.stem)
def test_bad_file_fails_with_its_message(bad: Path, tmp_path: Path) -> None:
    expected = bad.read_text().splitlines()[0].removeprefix("# expect: ")
    assert expected in str(fault_of(bad, tmp_path))


def test_every_rule_has_a_bad_file(tmp_path: Path) -> None:
    faults = [fault_of(bad, tmp_path / bad.stem) for bad in BAD]
    found = {problem.rule for fault in faults for problem in fault.problems}
    assert found == RULES.keys() | PLACES_WITHOUT_RULE


def test_a_folder_without_topics_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(TopicError, match="no topic file here"):
        load_topics(tmp_path)


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    for topic in ("reads", "hits"):
        text = (FOLDER / f"{topic}.yaml").read_text()
        (tmp_path / f"{topic}.yaml").write_text(text.replace("owner:", "owned_by:"))
    with pytest.raises(TopicError) as caught:
        load_topics(tmp_path)
    assert {problem.file for problem in caught.value.problems} == {"reads.yaml", "hits.yaml"}


def test_our_topics_load_once() -> None:
    assert all_topics() is all_topics()
    assert set(all_topics()) == {path.stem for path in FOLDER.glob("*.yaml")}


def test_every_contract_has_a_topic() -> None:
    assert {spec.contract.name for spec in all_topics().values()} == set(CONTRACTS)


def test_a_plates_reference_data_lies_where_its_passages_lie() -> None:
    names = ("passages", "vehicles", "lez-passes", "lez-permits", "lez-verdicts", "lez-inputs", "lez-files")
    together = [all_topics()[name] for name in names]
    assert {(spec.copartition, spec.partitions, spec.key.field) for spec in together} == {("by-plate", 24, "plate")}


def test_compaction_never_drops_a_pass() -> None:
    """Several passes share a plate, so a compacted topic would keep the last of them only."""
    assert "compact" not in all_topics()["lez-passes"].cleanup


def test_topics_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        all_topics()["reads"].partitions = 1


@pytest.mark.parametrize(("text", "ms"), [("90s", 90_000), ("15m", 900_000), ("1h", 3_600_000), ("7d", 604_800_000)])
def test_durations(text: str, ms: int) -> None:
    assert to_ms(text) == ms
