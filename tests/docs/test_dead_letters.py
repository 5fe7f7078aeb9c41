"""docs/dead-letters.md is true: its commands run in its order, its numbers and reasons are the program's."""

from __future__ import annotations

import json
import shlex
import subprocess
from pathlib import Path
from uuid import UUID

import pytest

from console.dead_letters.replay_log import LEASE, TOPIC
from console.dead_letters.words import WORDS
from pipeline.outcome import Rejection
from pipeline.runtime.dead_letters import TOPIC as LETTERS
from pipeline.runtime.dead_letters import letters
from schemas.codec import decoder, encode
from schemas.dead_letter import DeadLetter, Reason
from tests.anpr.program import ROOT
from tests.console.conftest import idle_world
from tests.console.dead_letters.post import LOG, Post, read_of
from tests.console.world import World, now
from tests.docs.examples import examples_of
from tests.own_store import store, tables
from topics.spec import all_topics

__all__ = ["idle_world", "store", "tables"]

DOCUMENT = ROOT / "docs" / "dead-letters.md"
REGISTERED, MENDED = UUID("5a0f6f1e-0000-5000-8000-000000000001"), UUID("9c1d2e3f-0000-5000-8000-000000000002")


@pytest.fixture(scope="module")
def broker_address(embedded_broker: str) -> str:
    """With the topics that letters come from."""
    Post(embedded_broker).make_topics()
    return embedded_broker


def _plant(post: Post, name: UUID, value: bytes, reason: Reason) -> None:
    """A letter with the identifier that the page shows."""
    message = post.send("reads", b"N1-7", value)
    ((emit, ((header, told), *more)),) = letters(
        "consolidate", {"reads": LOG}, [Rejection(message, reason, "x")], now()
    )
    document = json.loads(encode(decoder(DeadLetter)(told))) | {"dead_letter_id": str(name)}
    post.send(LETTERS, emit.key, emit.value, ((header, json.dumps(document).encode()), *more))


@pytest.mark.slow
def test_its_commands_run_one_after_the_other(idle_world: World) -> None:
    post, folder = Post(idle_world.bootstrap), idle_world.folder.parent
    _plant(post, REGISTERED, read_of(b"N1-7"), "unknown_camera")
    _plant(post, MENDED, read_of(b"N1-7", captured_at="2062-11-26T08:00:00Z"), "captured_in_future")
    commands = [line for one in examples_of(DOCUMENT) for line in one.commands]
    assert len(commands) == 8
    told = ""
    for command in commands:
        told += _ran(command, idle_world, folder)
    values = [json.loads(one.value) for one in post.messages("reads") if dict(one.headers).get("replay_of")]
    assert sorted(one["captured_at"][:4] for one in values) == ["2026", "2026"]
    assert "would be put back" in told
    assert (folder / "refused.json").exists()


def _ran(command: str, world: World, folder: Path) -> str:
    words = shlex.split(command)
    if words[0] != "anpr":
        return subprocess.run(words, cwd=folder, check=True, capture_output=True, text=True, timeout=30).stdout
    done = world.run(*words[1:])
    assert done.code == 0, (command, done.err)
    return done.out


def test_its_numbers_are_those_of_the_program() -> None:
    text = " ".join(DOCUMENT.read_text("utf-8").split())
    assert LEASE.total_seconds() == 30
    for words in (
        "half a minute",
        f"Letters are kept for {(all_topics()[LETTERS].retention or '').removesuffix('d')} days",
        f"topic `{TOPIC}`",
        "the first 64 KiB",
    ):
        assert words in text, words


def test_it_knows_every_reason() -> None:
    told = {
        name for row in DOCUMENT.read_text("utf-8").splitlines() if row.startswith("| `") for name in row.split("`")
    }
    elsewhere = {name for name in WORDS if name.startswith(("webhook_", "image_"))}
    rare = {"too_large", "header_missing", "no_plate_text", "pattern_wide", "unknown_zone"}
    assert WORDS.keys() - elsewhere - rare <= told
    assert all(words.why and words.mend for words in WORDS.values())
