"""What the commands share: their group, how letters are chosen, and the broker, the register and the audit."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Annotated

import typer
from clickhouse_connect.driver.client import Client

from anpr.cli.app import app, settings_of
from anpr.cli.console import say
from anpr.cli.times import moment_of
from anpr.platform import check_broker, open_platform, settings_of_running
from anpr.settings import Settings
from console.dead_letters.box import Choice, LetterBox, checked
from console.dead_letters.desk import LetterDesk
from console.dead_letters.reading import Reading
from console.dead_letters.replay_log import ReplayLog
from console.dead_letters.target import Target
from sinks.clickhouse.audit.chain import Chain, ChainFile
from sinks.clickhouse.client import connect
from sinks.clickhouse.controllers import LEZ, Controller

group = typer.Typer(
    help="Messages that nobody could use: what there is, why, and back into their topics, each once.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)
app.add_typer(group, name="dead-letters")
Json = Annotated[bool, typer.Option("--json", help="One JSON object as the last line.")]
Topic = Annotated[str, typer.Option(help="Letters from this topic.")]
Refusal = Annotated[str, typer.Option("--reason", help="Letters refused for this reason, as `list` shows it.")]
Stage = Annotated[str, typer.Option(help="Letters that this stage refused.")]
Since = Annotated[str | None, typer.Option(help="Letters refused from this day or moment on, Brussels time.")]
Why = Annotated[str, typer.Option("--why", help="Why you do it, in words. It is recorded.")]


@dataclass(frozen=True, slots=True)
class Letters:
    """What there is at the broker."""

    settings: Settings
    box: LetterBox
    log: ReplayLog
    second: Reading
    """For what is looked for while letters are taken."""

    def target(self) -> Target:
        """Where messages are put back."""
        return Target(self.settings.kafka(), self.second)

    def desk(self, why: str) -> LetterDesk:
        """The desk of the officer of the settings. Raises SearchRefused."""
        return LetterDesk(self._office, self.settings.officer, why)

    def _office(self, controller: Controller) -> tuple[Client, Chain]:
        settings = self.settings
        if controller is LEZ:
            return connect(settings.lez()), ChainFile(settings.lez_chain)
        return connect(settings.dsn()), ChainFile(settings.data_dir)


def choice(topic: str, reason: str, stage: str, since: str | None) -> Choice:
    """As it was asked. Raises LetterRefused, SearchRefused."""
    moment = None if since is None else moment_of(since, "--since", timedelta(0))
    return checked(Choice(topic, reason, stage, moment))


@contextmanager
def open_letters(context: typer.Context, *, with_store: bool = True) -> Iterator[Letters]:
    """Letters at the broker of the settings, or of the platform that runs on the data folder.

    with_store: False where nothing personal is shown, so that it works while the store is down.
    """
    settings = settings_of(context)
    if not with_store:
        with _letters(settings_of_running(settings) or settings) as letters:
            yield letters
        return
    with open_platform(settings, broker="none", say=say) as platform, _letters(platform.settings) as letters:
        yield letters


@contextmanager
def _letters(settings: Settings) -> Iterator[Letters]:
    kafka = settings.kafka()
    check_broker(settings)
    with closing(Reading(kafka)) as reading, closing(Reading(kafka)) as second:
        yield Letters(settings, LetterBox(reading), ReplayLog(kafka, second), second)
