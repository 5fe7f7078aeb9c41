"""`anpr edge run | put | status | refused`: a device's spool, and its way to the ingest door."""

from __future__ import annotations

import fcntl
import logging
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from anpr.cli.app import app, settings_of
from anpr.cli.console import OUT, complain, print_json
from anpr.edge.door import Door
from anpr.edge.items import Item, read_item
from anpr.edge.spool import Spool, SpoolFull
from anpr.edge.uploader import Uploader
from anpr.edge.watch import take_folder
from anpr.settings import Settings, SettingsFault

group = typer.Typer(help="On a camera or in a patrol car: keep reads on disk, upload them once.", no_args_is_help=True)
app.add_typer(group, name="edge")
LOGGER = logging.getLogger("anpr.edge")
Json = Annotated[bool, typer.Option("--json", help="One JSON object as the last line.")]
SpoolFolder = Annotated[Path | None, typer.Option("--spool", help="Folder of the spool; else ANPR_EDGE_SPOOL.")]
FULL = 3
"""Exit code: the spool had no room for all."""
LOOK_EVERY_S = 0.5
LINES_AT_ONCE = 500
A_READ_BYTES = 1_000


@group.command("run")
def run(
    context: typer.Context,
    url: Annotated[str | None, typer.Option(help="Of the ingest door, https://…; else ANPR_EDGE_URL.")] = None,
    spool: SpoolFolder = None,
    watch: Annotated[Path | None, typer.Option(help="Take files out of this folder.", file_okay=False)] = None,
    stdin: Annotated[bool, typer.Option("--stdin", help="Take reads from standard input, one to a line.")] = False,
    camera: Annotated[str | None, typer.Option(help="Of pictures without a JSON file beside them.")] = None,
    until_empty: Annotated[bool, typer.Option("--until-empty", help="End once nothing waits.")] = False,
    insecure: Annotated[bool, typer.Option("--insecure", help="Allow an address without TLS.")] = False,
) -> None:
    """Upload what lies in the spool, and what comes in, until it is told to stop (SIGTERM, Ctrl-C).

    A line or a door that is away is waited for; nothing is lost meanwhile, by a cut of power neither. The token comes
    from ANPR_EDGE_TOKEN or the file ANPR_EDGE_TOKEN_FILE.

    [bold]anpr edge run --url https://door.example --watch /var/spool/camera --camera gate-1[/bold]
    """
    settings = settings_of(context)
    address = url or settings.edge_url
    if address is None:
        raise SettingsFault("no ingest door: set ANPR_EDGE_URL=https://HOST[:PORT] or give --url")
    with _spool(settings, spool) as held, _only_one(spool or settings.edge_spool):
        uploader = Uploader(held, Door(address, _token(settings), settings.edge_ca_file, insecure=insecure))
        ended = _on_signals(uploader)
        sources = _Sources(held, ended)
        if watch is not None:
            sources.start(lambda: sources.watch(watch, camera, once=until_empty))
        if stdin:
            sources.start(sources.read_stdin)
        if until_empty:
            _until_empty(uploader, sources, ended)
        else:
            uploader.run()
        ended.set()


def _until_empty(uploader: Uploader, sources: _Sources, ended: threading.Event) -> None:
    """What a source puts in while a full spool is uploaded is waited for too."""
    while not ended.is_set():
        finished = sources.finished()
        if uploader.run(until_empty=True) and finished:
            return
        ended.wait(LOOK_EVERY_S)


@group.command("put")
def put(context: typer.Context, spool: SpoolFolder = None, json: Json = False) -> None:
    """Put reads from standard input, one JSON object to a line, into the spool, and end.

    They are on the disk when it ends with 0. Exit code 3: the spool is full, and what was not taken is told.
    """
    with _spool(settings_of(context), spool) as held:
        taken, left = _put_lines(held, sys.stdin.buffer)
    if json:
        print_json({"taken": taken, "not_taken": left})
    if left:
        complain(f"the spool is full: {taken} reads were taken, the last {left} were not")
        raise typer.Exit(FULL)


def _put_lines(held: Spool, lines: Iterable[bytes]) -> tuple[int, int]:
    """How many were taken, and how many, all behind them, were not. Raises SettingsFault for what is no read."""
    taken = left = 0
    for items in _in_parts(lines):
        try:
            if not left:
                held.put(items)
                taken += len(items)
                continue
        except SpoolFull:
            pass
        left += len(items)
    return taken, left


def _in_parts(lines: Iterable[bytes]) -> Iterator[list[Item]]:
    items: list[Item] = []
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            items.append(read_item(line))
        except ValueError as error:
            raise SettingsFault(f"line {number} is no read: one JSON object to a line") from error
        if len(items) == LINES_AT_ONCE:
            yield items
            items = []
    if items:
        yield items


@group.command("status")
def status(context: typer.Context, spool: SpoolFolder = None, json: Json = False) -> None:
    """Show how the spool stands: what waits, since when, and what the door last said."""
    with _spool(settings_of(context), spool) as held:
        state = held.state()
    if json:
        print_json({**asdict(state), "full": state.held_bytes + A_READ_BYTES > state.most_bytes})
        return
    table = Table(show_header=False)
    table.add_row("waiting", f"{state.spooled:,}, the oldest since {_moment(state.oldest_at)}")
    table.add_row("held", f"{state.held_bytes / 1e6:,.1f} of {state.most_bytes / 1e6:,.0f} MB")
    table.add_row("uploaded", f"{state.uploaded:,}, last {_moment(state.taken_at)}")
    table.add_row("refused for ever", f"{state.refused:,}" + (", see anpr edge refused" if state.refused else ""))
    table.add_row("not taken, full", f"{state.turned_away:,}")
    table.add_row("last answer", escape(f"{state.answer or '-'} ({_moment(state.answer_at)})"))
    table.add_row("trouble", escape(state.trouble or "none"))
    skew = "not known" if state.clock_skew_s is None else f"{state.clock_skew_s:+.1f} s against the platform's"
    table.add_row("this clock", skew)
    OUT.print(table)


@group.command("refused")
def refused(
    context: typer.Context,
    spool: SpoolFolder = None,
    again: Annotated[bool, typer.Option("--again", help="Try them again: the key has their camera now, say.")] = False,
    drop: Annotated[bool, typer.Option("--drop", help="Somebody has looked: let them go.")] = False,
    json: Json = False,
) -> None:
    """Show why the door refuses items for ever; they stay in the spool until somebody decides."""
    if again and drop:
        raise SettingsFault("--again or --drop, not both")
    with _spool(settings_of(context), spool) as held:
        found = held.refused_items()
        moved = held.put_back() if again else held.drop_refused() if drop else 0
    if json:
        told = [{"kind": kind, "reason": reason, "detail": detail} for kind, _body, reason, detail in found]
        print_json({"refused": told, "put_back" if again else "dropped": moved})
        return
    table = Table("kind", "reason", "where and why")
    for kind, _body, reason, detail in found:
        table.add_row(kind, escape(reason), escape(detail))
    OUT.print(table if found else "nothing was refused")


class _Sources:
    """Threads that put into the spool. A full one makes them wait, and whoever writes to them with them."""

    def __init__(self, held: Spool, ended: threading.Event) -> None:
        self._held, self._ended = held, ended
        self._threads: list[threading.Thread] = []
        self._said = False

    def start(self, work: Callable[[], None]) -> None:
        """In a thread of its own, which does not keep the program alive: standard input may never end."""
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def finished(self) -> bool:
        """Whether all have taken what there was."""
        return not any(thread.is_alive() for thread in self._threads)

    def watch(self, folder: Path, camera: str | None, *, once: bool) -> None:
        """Take files, those that are there or all that come."""
        while not self._ended.is_set():
            full = False
            try:
                take_folder(folder, self._held, camera)
                self._said = False
            except SpoolFull as fault:
                full = True
                self._say(fault)
            if once and not full:
                return
            self._ended.wait(LOOK_EVERY_S)

    def read_stdin(self) -> None:
        """Take lines until there are none; a line that is no read is told and left out."""
        for number, line in enumerate(sys.stdin.buffer, start=1):
            if not line.strip():
                continue
            try:
                item = read_item(line)
            except ValueError:
                LOGGER.error("line %d of standard input is no read: one JSON object to a line", number)
                continue
            self._put(item)

    def _put(self, item: Item) -> None:
        while not self._ended.is_set():
            try:
                self._held.put([item])
                self._said = False
                return
            except SpoolFull as fault:
                self._say(fault)
                self._ended.wait(LOOK_EVERY_S)

    def _say(self, fault: SpoolFull) -> None:
        if not self._said:
            LOGGER.error("%s; waiting for room", fault)
        self._said = True


def _on_signals(uploader: Uploader) -> threading.Event:
    ended = threading.Event()

    def stop(_number: int, _frame: object) -> None:
        ended.set()
        uploader.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    return ended


@contextmanager
def _spool(settings: Settings, folder: Path | None) -> Iterator[Spool]:
    held = Spool(folder or settings.edge_spool, int(settings.edge_spool_mb * 1e6))
    try:
        yield held
    finally:
        held.close()


@contextmanager
def _only_one(folder: Path) -> Iterator[None]:
    """Raises SettingsFault where another program uploads this spool."""
    with (folder / "uploading").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise SettingsFault(f"another anpr edge run uploads the spool in {folder}") from error
        yield


def _token(settings: Settings) -> Callable[[], str]:
    """Of the setting, or of the file as it is each time: a new token is taken up without a restart."""
    if settings.edge_token is not None:
        told = settings.edge_token.get_secret_value()
        return lambda: told
    path = settings.edge_token_file
    if path is None:
        raise SettingsFault("no token: set ANPR_EDGE_TOKEN or ANPR_EDGE_TOKEN_FILE to what `anpr cameras key add` said")
    return lambda: _from_file(path)


def _from_file(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        LOGGER.error("the token's file %s cannot be read: %s", path, error)
        return ""


def _moment(unix_s: float | None) -> str:
    return "-" if unix_s is None else f"{datetime.fromtimestamp(unix_s, UTC):%Y-%m-%d %H:%M:%S}"
