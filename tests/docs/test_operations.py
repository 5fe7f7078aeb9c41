"""docs/operations.md is true: its commands run in its order, what it names exists."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from anpr.settings import Settings
from anpr.wiring import FLOWS
from pipeline.runtime.kafka import KafkaConfig, admin_client
from schemas.camera import Camera
from tests.anpr.program import ROOT, environment
from tests.console.conftest import idle_world
from tests.console.dead_letters.post import Post
from tests.console.world import World
from tests.docs.examples import check_command, examples_of, put_program
from tests.own_store import store, tables
from topics.admin import create
from topics.spec import all_topics

__all__ = ["idle_world", "store", "tables"]

DOCUMENT = ROOT / "docs" / "operations.md"
TEXT = DOCUMENT.read_text("utf-8")
CONSOLE = [one for one in examples_of(DOCUMENT) if one.language == "console"]
OF_THE_BROKER = [one for one in CONSOLE if "anpr replay" in one.text]
ALONE = [one for one in CONSOLE if one not in OF_THE_BROKER]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_its_commands_run_one_after_the_other(tmp_path: Path) -> None:
    put_program(tmp_path)
    environ = environment(tmp_path / "data", officer="Administrator")
    environ["PATH"] = f"{tmp_path / 'bin'}:{environ['PATH']}"
    told = ""
    for command in [line for one in ALONE for line in one.commands]:
        done = subprocess.run(
            ["sh", "-c", command], cwd=tmp_path, env=environ, capture_output=True, text=True, timeout=200, check=False
        )
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        told += done.stdout
    assert "0 lost, 0 duplicated" in told
    assert "backed up to monday" in told
    assert told.count("whole: ") == 2, "the audit, before and behind the restore"


@pytest.fixture(scope="module")
def broker_address(embedded_broker: str) -> str:
    """With all topics."""
    create(admin_client(KafkaConfig(embedded_broker, "static")), all_topics(), max_partitions=1, replication=1)
    return embedded_broker


@pytest.mark.slow
def test_what_only_the_broker_holds_is_recorded_and_can_be_played(idle_world: World) -> None:
    post, folder = Post(idle_world.bootstrap), idle_world.folder.parent
    camera = Camera(camera_id="N1-7", name="N1, kilometre 7", kind="fixed")
    post.send("cameras", b"N1-7", camera.model_dump_json(exclude_defaults=True).encode())
    told = ""
    for command in [line for one in OF_THE_BROKER for line in one.commands]:
        done = idle_world.run(*shlex.split(command)[1:])
        assert done.code == 0, (command, done.err)
        told += done.out + done.err
    assert "cameras" in told
    assert (folder / "references.parquet").exists()


def test_what_is_recorded_is_all_that_lies_in_the_broker_alone() -> None:
    """Topics that keep the last message of each key and that no worker of ours makes from others."""
    recorded = set(re.search(r"replay record (.*) --out", TEXT)[1].split())  # type: ignore[index]
    lasting = {name for name, spec in all_topics().items() if "delete" not in spec.cleanup or name == "lez-passes"}
    made = {name for name in lasting if set(all_topics()[name].producers) <= set(FLOWS)}
    assert recorded | {"uploads"} == lasting - made


def test_commands_exist() -> None:
    typed = [line for one in examples_of(DOCUMENT) for line in one.text.splitlines() if "anpr " in line]
    said = [shlex.split(line[line.index("anpr ") :].replace("\\%", "%")) for line in typed]
    said += [shlex.split(words) for words in re.findall(r"`(anpr [^`]+)`", TEXT)]
    assert len(said) >= 20
    for words in said:
        check_command(words[1:])


def test_settings_that_are_named_exist() -> None:
    named = {name.removeprefix("ANPR_").lower() for name in re.findall(r"ANPR_[A-Z_]+", TEXT)}
    assert named <= Settings.model_fields.keys()


def test_its_table_of_sizes_is_what_the_records_say() -> None:
    told = subprocess.run(
        [sys.executable, "bench/sizing.py"], cwd=ROOT, env=environment(ROOT), capture_output=True, text=True, check=True
    ).stdout
    assert told in TEXT
