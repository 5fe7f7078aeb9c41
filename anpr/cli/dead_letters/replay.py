"""`anpr dead-letters replay`: messages back into the topics that they come from, each once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, get_args
from uuid import uuid4

import typer
from rich.markup import escape

from anpr.cli.console import OUT, print_json, progress_bar, say
from anpr.cli.dead_letters.desk import (
    Json,
    Letters,
    Refusal,
    Since,
    Stage,
    Topic,
    choice,
    group,
    open_letters,
)
from anpr.replay.stopping import asked_to_stop
from console.dead_letters.letter import Letter, LetterRefused
from console.dead_letters.replay_log import LEASE
from console.dead_letters.replaying import Fate, Replayer, Told, chunks
from console.dead_letters.target import Wanted
from pipeline.runtime.clock import Clock, SystemClock

IN_WORDS: dict[Fate, str] = {
    "put_back": "put back",
    "found": "put back by a run that died over it, which is now known",
    "already": "put back before",
    "twin": "about a message that another of the letters is about",
    "unfit": "not put back: refused still",
    "overtaken": "not put back: overtaken",
    "taken": "in the hands of another run: run the same again in a minute",
    "unsure": "not put back: a run died over it, and whether it sent it can not be seen any more",
}
BACK: frozenset[Fate] = frozenset({"put_back", "found", "already", "twin"})
OPEN: frozenset[Fate] = frozenset({"taken", "unsure"})
TOLD_AT_MOST = 1_000
WAIT_S = 0.25


@dataclass(frozen=True, slots=True)
class Asked:
    """What the command was given."""

    names: Sequence[str]
    value: bytes | None
    key: str | None
    dry: bool

    @property
    def repaired(self) -> bool:
        """Whether value or key are others than the letter's."""
        return self.value is not None or self.key is not None

    def wanted(self, letter: Letter) -> Wanted:
        """The message as it is to be put back."""
        message = letter.message
        key = message.key if self.key is None else self.key.encode()
        return Wanted(letter, key, message.value if self.value is None else self.value, self.repaired)


@group.command("replay")
def replay(
    context: typer.Context,
    names: Annotated[list[str] | None, typer.Argument(metavar="[ID]...", help="Letters by identifier.")] = None,
    topic: Topic = "",
    reason: Refusal = "",
    stage: Stage = "",
    since: Since = None,
    value_file: Annotated[Path | None, typer.Option(help="Of one letter: put this value back instead.")] = None,
    key: Annotated[str | None, typer.Option(help="Of one letter: with this key.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be put back.")] = False,
    why: Annotated[str, typer.Option("--why", help="Why you do it, in words. It is recorded.")] = "",
    json: Json = False,
) -> None:
    """Put messages back into their topics: as they are, once the program is mended, or with a repaired value.

    \b
    anpr dead-letters replay --topic reads --reason unknown_camera --why "camera 12 is registered now"
    anpr dead-letters replay 5a0f6f1e --value-file mended.json --why "the sender wrote a wrong time"

    Each message is put back once, however often this runs and whenever it is interrupted. A message that is
    refused again is a new letter, which names this one. Only administrators may; it is recorded in the audit.
    """
    asked = Asked(names or (), _read(value_file), key, dry_run)
    _check(asked, topic, reason, stage, since)
    with open_letters(context, with_store=not dry_run) as letters, asked_to_stop() as stop:
        told = list(_run(letters, asked, _chosen(letters, asked, topic, reason, stage, since), why, stop))
        stopped = stop()
    counts = Counter(one.fate for one in told)
    print_json(_content(told, counts, dry_run)) if json else _show(told, counts, dry_run)
    if stopped:
        say("interrupted: what is not told here was not put back; run the same again")
        raise typer.Exit(130)
    if OPEN & counts.keys() or (names and set(counts) - BACK):
        raise typer.Exit(1)


def _check(asked: Asked, *choices: str | None) -> None:
    if not asked.names and not any(choices):
        raise LetterRefused("say which: identifiers, or --topic, --reason, --stage, --since; --dry-run to look first")
    if asked.names and any(choices):
        raise LetterRefused("give identifiers, or --topic, --reason, --stage, --since, not both")
    if asked.repaired and len(asked.names) != 1:
        raise LetterRefused("--value-file and --key are for one letter: give its identifier")


def _read(path: Path | None) -> bytes | None:
    try:
        return None if path is None else path.read_bytes()
    except OSError as error:
        raise LetterRefused(f"{path} cannot be read: {error.strerror}") from error


def _chosen(letters: Letters, asked: Asked, topic: str, reason: str, stage: str, since: str | None) -> Iterable[Letter]:
    if asked.names:
        return letters.box.named(asked.names)
    return letters.box.letters(choice(topic, reason, stage, since))


def _run(
    letters: Letters, asked: Asked, chosen: Iterable[Letter], why: str, stop: Callable[[], bool]
) -> Iterator[Told]:
    """Part by part; the one in hand is done when Ctrl-C comes. What another run is at is asked once more at the end."""
    clock = SystemClock()
    replayer = _replayer(letters, asked, why, clock)
    taken: list[Wanted] = []
    with progress_bar() as show:
        done = 0
        for chunk in chunks(map(asked.wanted, chosen)):
            if stop():
                return
            by_id = {one.letter.about.dead_letter_id: one for one in chunk}
            for told in replayer.replay(chunk, dry=asked.dry):
                if told.fate == "taken" and not asked.dry:
                    taken.append(by_id[told.about.dead_letter_id])
                else:
                    yield told
            done += len(chunk)
            show("letters looked at", done, 0)
    if taken:
        _wait(clock, len(taken), stop)
        for chunk in chunks(taken):
            yield from replayer.replay(chunk)


def _replayer(letters: Letters, asked: Asked, why: str, clock: Clock) -> Replayer:
    run_id = uuid4()
    if asked.dry:
        return Replayer(letters.log, letters.target(), clock, run_id)
    desk = letters.desk(why)

    def record(wanted: Sequence[Wanted]) -> None:
        desk.require([one.topic for one in wanted])
        desk.replaying(wanted, run_id)

    return Replayer(letters.log, letters.target(), clock, run_id, record)


def _wait(clock: Clock, count: int, stop: Callable[[], bool]) -> None:
    say(f"another run is at {count} of them, or has just died: waiting {LEASE.total_seconds():.0f} s to see")
    until = clock.monotonic() + LEASE.total_seconds() + 1
    while clock.monotonic() < until and not stop():
        clock.sleep(WAIT_S)


def _content(told: Sequence[Told], counts: Counter[Fate], dry: bool) -> dict[str, Any]:
    fates = {fate: counts[fate] for fate in get_args(Fate)}
    return {"dry_run": dry, "letters": len(told), **fates, "told": [_told(one) for one in told[:TOLD_AT_MOST]]}


def _told(one: Told) -> dict[str, Any]:
    topic, partition = one.place or (None, None)
    return {
        "dead_letter_id": one.about.dead_letter_id,
        "fate": one.fate,
        "why": one.why,
        "topic": topic,
        "partition": partition,
        "offset": one.offset,
    }


def _show(told: Sequence[Told], counts: Counter[Fate], dry: bool) -> None:
    if not told:
        OUT.print("No such letter.")
    for fate, words in IN_WORDS.items():
        if counts[fate]:
            would = "would be " if dry and fate in ("put_back", "found") else ""
            OUT.print(f"{counts[fate]:>9,}  {would}{words}", highlight=False, soft_wrap=True)
    for why, count in Counter(one.why for one in told if one.fate in ("unfit", "overtaken")).most_common(10):
        OUT.print(escape(f"           {count:,}: {why}"), highlight=False, soft_wrap=True)
