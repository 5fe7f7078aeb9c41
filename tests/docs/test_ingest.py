"""docs/ingest.md is true: its program runs, its commands exist, its numbers are the program's."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from anpr.door.framing import most_bytes
from anpr.door.ledger import MOST_UNCOUNTED, TAKEOVER
from anpr.door.reading import MOST_READS
from anpr.door.routes import MOST_READ_BYTES
from anpr.edge.uploader import FIRST_WAIT_S, LONGEST_WAIT_S
from anpr.edge.uploader import MOST_READS as AT_ONCE
from anpr.settings import Settings
from tests.anpr.door.conftest import broker_process, gate, idle_gate
from tests.anpr.door.gate import Gate
from tests.anpr.program import ROOT, anpr, wait_until
from tests.docs.examples import check_command, examples_of

__all__ = ["broker_process", "gate", "idle_gate"]

DOCUMENT = ROOT / "docs" / "ingest.md"
TEXT = " ".join(DOCUMENT.read_text("utf-8").split())


def test_numbers_are_the_program_s() -> None:
    assert f"at most {MOST_READS:,} reads and {MOST_READ_BYTES // 1_000_000} MB" in TEXT
    assert f"at most {int(most_bytes() / 100_000) / 10} MB" in TEXT
    assert f"the last {MOST_UNCOUNTED:,} bodies" in TEXT
    assert f"at most {AT_ONCE:,} reads or one frame" in TEXT
    assert TAKEOVER.total_seconds() == 300
    assert "after five minutes" in TEXT
    assert (FIRST_WAIT_S, LONGEST_WAIT_S) == (0.5, 60.0)
    assert "half a second to a minute" in TEXT


def test_settings_that_are_named_exist() -> None:
    named = {name.removeprefix("ANPR_").lower() for name in re.findall(r"ANPR_[A-Z_]+", TEXT)}
    assert named
    assert named <= Settings.model_fields.keys()


@pytest.mark.slow
def test_the_program_puts_reads_that_arrive(gate: Gate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (example,) = [one for one in examples_of(DOCUMENT) if one.language == "python"]
    token = gate.known("car-12", "car-12-front")
    monkeypatch.chdir(tmp_path)
    exec(compile(example.text.replace("https://door.example", gate.url), str(DOCUMENT), "exec"), {"token": token})
    anpr(tmp_path / "data", "edge", "run", "--until-empty", edge_url=gate.url, edge_token=token, edge_spool="spool")
    wait_until(lambda: len(gate.stored("car-12-front")) == 1, what="the read is in the log")


def test_commands_exist() -> None:
    blocks = [one for one in examples_of(DOCUMENT) if one.language in ("sh", "console")]
    typed = [line for one in blocks for line in one.text.splitlines()]
    said = [shlex.split(line.removeprefix("$ "), comments=True) for line in typed]
    commands = [words[words.index("anpr") + 1 :] for words in said if "anpr" in words]
    assert len(commands) >= 9
    for words in commands:
        check_command(words)
