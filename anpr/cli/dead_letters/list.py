"""`anpr dead-letters list`: how many letters there are, of what, and the newest. No content."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

import typer
from rich.markup import escape
from rich.table import Table

from anpr.cli.console import OUT, print_json, say
from anpr.cli.dead_letters.desk import Json, Refusal, Since, Stage, Topic, choice, group, open_letters
from anpr.cli.times import ago_text, local_text
from console.dead_letters.letter import Letter
from console.dead_letters.replay_log import ReplayLog
from schemas.dead_letter import DeadLetter

__all__ = ["Counted", "count"]

BEFORE = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class Group:
    """Letters of one topic, stage and reason."""

    letters: int = 0
    put_back: int = 0
    newest: datetime = BEFORE


@dataclass(slots=True)
class Counted:
    """All that were looked at."""

    groups: dict[tuple[str, str, str], Group] = field(default_factory=dict)
    newest: list[tuple[datetime, int, DeadLetter, bool]] = field(default_factory=list)
    """When refused, a number, the letter, whether it was put back; as a heap."""

    @property
    def letters(self) -> int:
        """How many there are."""
        return sum(one.letters for one in self.groups.values())


def count(letters: Iterable[Letter], log: ReplayLog, most: int) -> Counted:
    """Count letters; a stage that refuses a message again at each start has written one letter."""
    counted, seen = Counted(), set[UUID]()
    for letter in letters:
        about = letter.about
        if about.dead_letter_id in seen:
            continue
        seen.add(about.dead_letter_id)
        standing = log.standing(letter.replay_id)
        put_back = standing is not None and standing.done
        one = counted.groups.setdefault((about.source_topic, about.stage, about.reason), Group())
        one.letters += 1
        one.put_back += put_back
        one.newest = max(one.newest, about.failed_at)
        heapq.heappush(counted.newest, (about.failed_at, len(seen), about, put_back))
        if len(counted.newest) > most:
            heapq.heappop(counted.newest)
    return counted


@group.command("list")
def list_letters(
    context: typer.Context,
    topic: Topic = "",
    reason: Refusal = "",
    stage: Stage = "",
    since: Since = None,
    limit: Annotated[int, typer.Option(min=0, max=10_000, help="Letters shown one by one, the newest.")] = 20,
    json: Json = False,
) -> None:
    """Count the letters by topic, stage and reason, and name the newest. It shows nothing of their content.

    Letters are kept for 14 days; the database has the beginning of each for a month.
    """
    wanted = choice(topic, reason, stage, since)
    with open_letters(context, with_store=False) as letters:
        letters.log.catch_up()
        counted = count(letters.box.letters(wanted), letters.log, limit)
        strangers = letters.box.strangers
    if json:
        print_json(_content(counted, strangers))
    else:
        _show(counted)
        if strangers:
            say(f"{strangers} messages of the topic do not say where they come from, and are left out")


def _content(counted: Counted, strangers: int) -> dict[str, Any]:
    groups = [
        {"topic": topic, "stage": stage, "reason": reason, "letters": one.letters, "put_back": one.put_back}
        | {"newest": one.newest}
        for (topic, stage, reason), one in _by_newest(counted)
    ]
    newest = [_letter(about) | {"put_back": put_back} for _, _, about, put_back in sorted(counted.newest, reverse=True)]
    return {"letters": counted.letters, "groups": groups, "newest": newest, "strangers": strangers}


def _letter(about: DeadLetter) -> dict[str, Any]:
    return {
        "dead_letter_id": str(about.dead_letter_id),
        "failed_at": about.failed_at,
        "stage": about.stage,
        "reason": about.reason,
        "detail": about.detail,
        "topic": about.source_topic,
        "partition": about.source_partition,
        "offset": about.source_offset,
        "bytes": about.value_size,
    }


def _by_newest(counted: Counted) -> Sequence[tuple[tuple[str, str, str], Group]]:
    return sorted(counted.groups.items(), key=lambda pair: pair[1].newest, reverse=True)


def _show(counted: Counted) -> None:
    if not counted.groups:
        OUT.print("No dead letters.")
        return
    now, table = datetime.now(UTC), Table("topic", "refused by", "reason", "letters", "put back", "newest")
    for (topic, stage, reason), one in _by_newest(counted):
        ago = f"{ago_text(now - one.newest)} ago"
        table.add_row(*map(escape, (topic, stage, reason)), f"{one.letters:,}", f"{one.put_back:,}", ago)
    OUT.print(table)
    if counted.newest:
        OUT.print(_newest(counted))


def _newest(counted: Counted) -> Table:
    table = Table("letter", "refused", "by", "reason", "came from", "bytes", title="the newest", title_justify="left")
    for failed_at, _, about, put_back in sorted(counted.newest, reverse=True):
        place = f"{about.source_topic} {about.source_partition}/{about.source_offset}"
        reason = f"{about.reason}{', put back' if put_back else ''}"
        cells = (str(about.dead_letter_id), local_text(failed_at), about.stage, reason, place, f"{about.value_size:,}")
        table.add_row(*map(escape, cells))
    return table
