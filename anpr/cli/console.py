"""What the program says: results to standard output, everything else to standard error."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

__all__ = ["ERR", "OUT", "complain", "print_json", "progress_bar", "say"]

OUT = Console()
ERR = Console(stderr=True, soft_wrap=True)


def say(text: str) -> None:
    """A line about what is going on."""
    ERR.print(f"[dim]{escape(text)}[/dim]", highlight=False)


def complain(text: str) -> None:
    """A line about what went wrong."""
    ERR.print("[red]anpr:[/red]", escape(text), highlight=False, markup=True, soft_wrap=True)


def print_json(content: Any) -> None:
    """One JSON object as one line of standard output: the last one that a command prints."""
    sys.stdout.write(json.dumps(content, default=str, ensure_ascii=False) + "\n")
    sys.stdout.flush()


@contextlib.contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int], None]]:
    """A function (what, done, of) that shows how far work has come, on standard error."""
    columns = (TextColumn("{task.description:24}"), BarColumn(), TextColumn("{task.completed}/{task.total}"))
    with Progress(*columns, TimeElapsedColumn(), console=ERR, transient=True) as progress:
        task = progress.add_task("", total=None)

        def show(what: str, done: int, of: int) -> None:
            progress.update(task, description=what, completed=done, total=of or None)

        yield show
