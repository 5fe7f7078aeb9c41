"""The command tree."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from anpr.logs import set_up_logs
from anpr.settings import Settings, resolve

__all__ = ["COMMANDS", "app", "settings_of"]

COMMANDS: Mapping[str, tuple[str, ...]] = {
    "audit": ("audit",),
    "bench": ("bench",),
    "cameras": ("cameras", "camera_keys"),
    "cases": ("cases",),
    "chaos": ("chaos",),
    "dead-letters": ("dead_letters",),
    "demo": ("demo",),
    "doctor": ("doctor",),
    "door": ("door",),
    "edge": ("edge",),
    "evaluate": ("evaluate",),
    "hotlist": ("hotlist",),
    "ingest": ("ingest",),
    "investigate": ("investigate",),
    "lez": ("lez",),
    "officers": ("officers",),
    "replay": ("replay",),
    "search": ("search",),
    "serve": ("serve",),
    "settings": ("doctor",),
    "simulate": ("simulate",),
    "store": ("store", "retention"),
    "subscribers": ("subscribers",),
    "topics": ("topics", "topics_access"),
    "worker": ("worker",),
}
"""Each command and the modules, of this package, that register it."""
SERVICES = ("door", "edge", "serve", "worker")
"""Commands whose log is read by an operator; the others tell what they do on standard error."""


class Commands(TyperGroup):
    """Loads a command when it is asked for: who searches need not wait for the engines that read plates."""

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 - as typer asks; its own click is private
        """All, as in help."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002
        """The command of this name; None: there is none."""
        if cmd_name not in COMMANDS:
            self.commands.update(dict.fromkeys(COMMANDS, self))  # names that a mistyped one is compared with
            return None
        for module in COMMANDS[cmd_name]:
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
