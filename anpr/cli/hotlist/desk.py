"""What the commands share: their group, the desk, and the wait until a change shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

import typer

from anpr.cli.app import app, settings_of
from anpr.cli.console import say
from anpr.platform import Platform, PlatformFault, open_platform, wait_a_little
from anpr.settings import Settings
from console.hotlist.desk import TOPIC, ListDesk
from pipeline.runtime.clock import SystemClock
from pipeline.runtime.drain import Drain
from sinks.clickhouse.audit.chain import ChainFile
from sinks.clickhouse.client import connect

group = typer.Typer(
    help="Lists of wanted vehicles: who is wanted, by whom, until when, and what a patrol should do.",
    no_args_is_help=True,
    rich_markup_mode="rich",
)
app.add_typer(group, name="hotlist")
Json = Annotated[bool, typer.Option("--json", help="One JSON object as the last line.")]
Owner = Annotated[str, typer.Option(help="`federal`, or the police zone that answers for the entry.")]
WORKERS = ("lookback", "store")
SHOWS_WITHIN_S, DRAINS_WITHIN_S = 20.0, 600.0


@dataclass(frozen=True, slots=True)
class Lists:
    """Lists that can be changed."""

    desk: ListDesk
    platform: Platform
    settings: Settings

    def settle(self, shows: Callable[[], bool] = lambda: True) -> bool:
        """Wait until the store shows a change; False: it has not, which need not be wrong. Where broker and workers
        were started for this command, until all that follows from it is stored too."""
        if self.platform.broker is not None:
            say("looking for it among what passed in the last hours")
            self._drain()
            return True
        deadline = SystemClock().monotonic() + SHOWS_WITHIN_S
        while not shows():
            if SystemClock().monotonic() > deadline:
                return False
            wait_a_little()
        return True

    def _drain(self) -> None:
        drain = Drain(self.settings.kafka(), SystemClock())
        own = (("store", (TOPIC,)), ("lookback", (TOPIC,)), ("lookback.rewind", (TOPIC,)), ("store", ("hits",)))
        try:
            drain.wait(own, DRAINS_WITHIN_S)
        finally:
            drain.close()


@contextmanager
def open_lists(context: typer.Context) -> Iterator[Lists]:
    """Lists to be changed: on the platform that runs, or on broker and workers started for the while."""
    settings = settings_of(context)
    if settings.store_dsn is not None and settings.kafka_bootstrap is None:
        raise PlatformFault("a store is named, but no broker to publish lists to: set ANPR_KAFKA_BOOTSTRAP")
    with open_platform(settings, workers=WORKERS, say=say) as platform:
        own = platform.settings
        desk = ListDesk(connect(own.dsn()), own.kafka(), settings.officer, ChainFile(own.data_dir))
        desk.require()
        yield Lists(desk, platform, own)


@contextmanager
def open_lists_to_check(context: typer.Context) -> Iterator[Lists]:
    """Lists with which a change is compared that is not made."""
    with _stored_lists(context) as lists:
        lists.desk.require()
        yield lists


@contextmanager
def open_lists_to_read(context: typer.Context) -> Iterator[ListDesk]:
    """Lists to be looked at, which any registered officer may."""
    with _stored_lists(context) as lists:
        lists.desk.require_any()
        yield lists.desk


@contextmanager
def _stored_lists(context: typer.Context) -> Iterator[Lists]:
    """As the store has them; nothing can be published."""
    settings = settings_of(context)
    with open_platform(settings, broker="none", say=say) as platform:
        own = platform.settings
        desk = ListDesk(connect(own.dsn()), None, settings.officer, ChainFile(own.data_dir))
        yield Lists(desk, platform, own)
