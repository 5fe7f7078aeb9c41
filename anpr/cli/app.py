"""The command tree."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from anpr.logs import set_up_logs
from anpr.settings import Settings, resolve

__all__ = ["COMMANDS", "app", "settings_of"]


class Listed(NamedTuple):
    """A command that is not loaded yet."""

    help: str
    """The first sentence or two of its own help, as the list of commands shows it."""
    modules: tuple[str, ...]
    """Those of this package that register it."""


COMMANDS: Mapping[str, Listed] = {
    "audit": Listed("The audit: is it whole, who searched for what.", ("audit",)),
    "bench": Listed("Measure this machine, and compare what was measured.", ("bench",)),
    "cameras": Listed(
        "Cameras: which are silent, off their usual, badly read or late.",
        ("cameras", "camera_keys"),
    ),
    "cases": Listed("Vehicles that somebody must deal with: look, act, report.", ("cases",)),
    "chaos": Listed(
        "Kill, freeze and restart parts of a platform at work, then compare every fact with the truth.",
        ("chaos",),
    ),
    "dead-letters": Listed(
        "Messages that nobody could use: what there is, why, and back into their topics, each once.",
        ("dead_letters",),
    ),
    "demo": Listed(
        "A small Brussels: frames and reads in, passages, hits and verdicts out, compared with the truth.",
        ("demo",),
    ),
    "doctor": Listed(
        "Say what is reachable and what is misconfigured. Exit code 1 if something is at fault.",
        ("doctor",),
    ),
    "door": Listed(
        "Run the ingest door: cameras and patrol cars upload reads and frames, until it is told to stop "
        "(SIGTERM, Ctrl-C).",
        ("door",),
    ),
    "edge": Listed("On a camera or in a patrol car: keep reads on disk, upload them once.", ("edge",)),
    "evaluate": Listed(
        "Measure how well engines find and read plates in labelled pictures, and show what went wrong.",
        ("evaluate",),
    ),
    "hotlist": Listed(
        "Lists of wanted vehicles: who is wanted, by whom, until when, and what a patrol should do.",
        ("hotlist",),
    ),
    "ingest": Listed(
        "Send pictures through the whole pipeline and show the plates that reached the store.",
        ("ingest",),
    ),
    "investigate": Listed(
        "Questions of investigators: ways, places, who was at several scenes, who travels with whom, where next.",
        ("investigate",),
    ),
    "lez": Listed(
        "Low-emission zones: what the law says of a vehicle and a day, as it was known on another.", ("lez",)
    ),
    "officers": Listed("Who may search, in which role; magistrates' decisions.", ("officers",)),
    "replay": Listed(
        "Recordings: topics to a file and back, pictures in their own time, a run against its truth, drawn pictures.",
        ("replay",),
    ),
    "search": Listed(
        "Find where a vehicle was last. The search is recorded with who and why before anything is shown.",
        ("search",),
    ),
    "serve": Listed(
        "Run the HTTP API: hits as server-sent events and webhooks, until it is told to stop (SIGTERM, Ctrl-C).",
        ("serve",),
    ),
    "settings": Listed("List all settings with their values in force; secrets stay hidden.", ("doctor",)),
    "simulate": Listed(
        "Traffic of a city or a country, with scenarios to find: cameras, patrols, lists and reads, in order of "
        "arrival.",
        ("simulate",),
    ),
    "store": Listed("The store: its tables, SQL for analysts, backups, users.", ("store", "retention")),
    "subscribers": Listed("Programs that are told hits, over HTTP and webhooks.", ("subscribers",)),
    "topics": Listed(
        "The Kafka topics: what there should be, and whether there is.",
        ("topics", "topics_access"),
    ),
    "worker": Listed("Run stream workers until they are told to stop (SIGTERM, Ctrl-C).", ("worker",)),
}
"""Each command by name, in the order of the list."""
SERVICES = ("door", "edge", "serve", "worker")
"""Commands whose log is read by an operator; the others tell what they do on standard error."""


class Commands(TyperGroup):
    """Loads a command when it is asked for: who searches need not wait for the engines that read plates."""

    _listing = False

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """The list of commands, without loading any: all together take seconds."""
        self._listing = True
        try:
            super().format_help(ctx, formatter)
        finally:
            self._listing = False

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - as typer asks; its own click is private
        """All, as in help."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """The command of this name; None: there is none."""
        if cmd_name not in COMMANDS:
            self.commands.update(dict.fromkeys(COMMANDS, self))  # names that a mistyped one is compared with
            return None
        if self._listing:
            return TyperCommand(cmd_name, help=COMMANDS[cmd_name].help)
        for module in COMMANDS[cmd_name].modules:
            import_module(f"anpr.cli.{module}")
        return typer.main.get_group(app).commands[cmd_name]


app = typer.Typer(
    name="anpr",
    cls=Commands,
    help="Open ANPR back office: frames and reads in, passages, hits and LEZ verdicts out.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)


@app.callback()
def root(
    context: typer.Context,
    data_dir: Annotated[Path | None, typer.Option(help="Folder of the embedded store, pictures and logs.")] = None,
    log_level: Annotated[str | None, typer.Option(help="debug, info, warning or error.")] = None,
    log_format: Annotated[str | None, typer.Option(help="console or json.")] = None,
) -> None:
    """Settings come from `anpr.toml`, then ANPR_… variables, then these flags."""
    settings = resolve(os.environ, data_dir=data_dir, log_level=log_level, log_format=log_format)
    level = settings.log_level if context.invoked_subcommand in SERVICES or log_level else "error"
    set_up_logs(level, settings.log_format, command=context.invoked_subcommand or "")
    context.obj = settings


def settings_of(context: typer.Context) -> Settings:
    """The settings that the root command resolved."""
    found = context.find_object(Settings)
    assert found is not None
    return found
