"""docs/subscribers.md is true: its programs run, its commands run, its numbers are the program's."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from anpr.client.http import SILENCE_S
from console.parts import StreamLimits
from console.ring import MOST
from console.webhooks.poster import TOTAL_S
from console.webhooks.sender import LONGEST_BACKOFF_S
from tests.anpr.program import ROOT
from tests.console.conftest import broker_address, idle_world, world
from tests.console.hits import hit, tell_hits
from tests.console.world import World, until
from tests.docs.examples import examples_of
from tests.own_store import store, tables
from topics.spec import all_topics

__all__ = ["broker_address", "idle_world", "store", "tables", "world"]

pytestmark = pytest.mark.slow
DOCUMENT = ROOT / "docs" / "subscribers.md"
EXAMPLES = ROOT / "docs" / "examples"


@contextmanager
def running(example: str, *words: str, folder: Path) -> Iterator[Path]:
    """An example as people start it; the file that it writes to."""
    out = folder / f"{example}.out"
    with out.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, str(EXAMPLES / example), *words], cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, stdout=file
        )
    try:
        yield out
    finally:
        process.kill()
        process.wait()


def _consumer_tells(out: Path, tell: World) -> None:
    """Three hits and a repetition, and the lines that people see."""
    told = [
        hit(301, plate="1ABC301", owner="ZONE", dangerous=True, instruction="stop_with_backup"),
        hit(302, plate="1ABC301", owner="ZONE", alert_class="confirm", listed_plate="1A8C301", probability=0.64),
        hit(302, plate="1ABC301", owner="ZONE", withdrawn=True, revision=2),
    ]
    tell_hits(tell.bootstrap, told[0], told[0], *told[1:])
    until(lambda: "TAKEN BACK" in out.read_text(), "the lines")
    lines = out.read_text().splitlines()
    assert len(lines) == 3, lines
    assert lines[0].startswith("DANGEROUS  1ABC301: stop_with_backup  stolen_vehicle, north-1, ")
    assert lines[1].startswith("COMPARE THE PICTURE FIRST  1ABC301 may be 1A8C301 (64%)")
    assert lines[2].startswith("TAKEN BACK  1ABC301")


def test_the_consumer_runs_over_kafka(idle_world: World, tmp_path: Path) -> None:
    words = ("--kafka", idle_world.bootstrap, "--start", "oldest", "--zone", "ZONE")
    with running("consumer.py", *words, folder=tmp_path) as out:
        _consumer_tells(out, idle_world)


def test_the_consumer_runs_over_http(world: World, tmp_path: Path) -> None:
    subscriber = world.add(zones=("ZONE",))
    (tmp_path / "token").write_text(world.token(subscriber) + "\n")
    words = ("--http", world.url, "--token-file", str(tmp_path / "token"), "--position", str(tmp_path / "place"))
    with running("consumer.py", *words, folder=tmp_path) as out:
        until((tmp_path / "place").exists, "the stream to begin")
        _consumer_tells(out, world)


def test_the_receiver_takes_what_is_signed_and_nothing_else(world: World, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("whsec_" + "A" * 44)
    with running(
        "webhook_receiver.py", "--port", "0", "--secret-file", str(tmp_path / "secret"), folder=tmp_path
    ) as out:
        until(out.read_text, "the receiver")
        port = out.read_text().split()[-1]
        assert httpx.post(f"http://127.0.0.1:{port}/", json={"plate": "1ABC303"}).status_code == 400
    added = world.run("subscribers", "add", "desk", "--webhook", f"http://127.0.0.1:{port}/hits", "--json").json
    (tmp_path / "secret").write_text(added["webhook_secret"])
    with running(
        "webhook_receiver.py", "--port", port, "--secret-file", str(tmp_path / "secret"), folder=tmp_path
    ) as out:
        tell_hits(world.bootstrap, hit(303))
        until(lambda: "alert 1ABC303 at north-1" in out.read_text(), "the delivery")
    world.register.end("desk")


def test_its_commands_run_one_after_the_other(idle_world: World) -> None:
    commands = [line for one in examples_of(DOCUMENT) for line in one.commands if line.startswith("anpr ")]
    assert len(commands) == 6
    for command in commands:
        done = idle_world.run(*command.split()[1:])
        assert done.code == 0, (command, done.err)


def test_its_numbers_are_those_of_the_program() -> None:
    text, limits = " ".join(DOCUMENT.read_text("utf-8").split()), StreamLimits()
    for words in (
        f"more than {MOST:,} hits behind",
        f"Every {limits.life_sign_s:g} s an `id`",
        f"takes nothing for {limits.stalled_s:g} s",
        f"A token may have {limits.most_of_one} streams open",
        f"After {SILENCE_S:g} s without anything",
        f"2xx within {TOTAL_S:g} s",
        f"2 s … {LONGEST_BACKOFF_S / 60:g} min",
        f"The topic has {all_topics()['hits'].partitions} partitions",
        f"{(all_topics()['hits'].retention or '').removesuffix('d')} days for hits",
        f"Letters are kept for {(all_topics()['webhook-dead-letters'].retention or '').removesuffix('d')} days",
    ):
        assert words in text, words


def test_what_it_shows_of_python_is_python() -> None:
    blocks = re.findall(r"```python\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)
    assert len(blocks) == 2
    for block in blocks:
        compile(block, str(DOCUMENT), "exec")
    scope: dict[str, object] = {}
    exec(blocks[1], scope)  # defines the function that the page shows
    assert callable(scope["receive"])
