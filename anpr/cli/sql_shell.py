r"""The SQL shell: `anpr store sql` without a query, in a terminal."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from anpr.embedded.store.sql import tokens

__all__ = ["HELP", "VIEWS", "is_whole", "run_shell"]

PROMPT, MORE = "anpr> ", "  ... "
HELP = r"""End a query with ;  \d lists what you may read  \d NAME shows its columns  \q leaves
A passage is shown to a recorded search only: `anpr search` prints its id."""
VIEWS = """SELECT name, comment FROM system.tables
WHERE database = currentDatabase() AND NOT startsWith(name, '.') ORDER BY name"""
HISTORY_LENGTH = 1000


def run_shell(run: Callable[[str], object], say: Callable[[str], None], history: Path) -> None:
    r"""Read queries until \q or the end of input. run: one query, shown; it reports its own errors."""
    say(HELP)
    with _history(history):
        for text in _statements():
            command = text.strip().rstrip(";").split()
            if command[:1] == [r"\d"]:
                run(f"DESCRIBE TABLE {command[1]}" if len(command) > 1 else VIEWS)
            elif text.startswith("\\"):
                say(HELP)
            else:
                run(text)


def is_whole(text: str) -> bool:
    """True once a query ends in a semicolon that is neither text nor comment, or is a command of the shell."""
    if text.lstrip().startswith("\\"):
        return True
    found = list(tokens(text.encode("utf-8", "replace")))
    return bool(found) and found[-1].kind == "semicolon"


def _statements() -> Iterator[str]:
    """Queries as typed, over several lines; Ctrl-C forgets what was begun."""
    lines: list[str] = []
    while True:
        try:
            lines.append(input(MORE if lines else PROMPT))
        except EOFError:
            return
        except KeyboardInterrupt:
            print()
            lines = []
            continue
        text = "\n".join(lines)
        if text.strip() == r"\q":
            return
        if not text.strip():
            lines = []
        elif is_whole(text):
            lines = []
            yield text.strip()


@contextlib.contextmanager
def _history(path: Path) -> Iterator[None]:
    """Arrow keys, and the queries of earlier times. For the owner's eyes: a query may name a plate."""
    try:
        import readline  # noqa: PLC0415 - not every Python has it, and importing it takes over the terminal
    except ImportError:
        yield
        return
    with contextlib.suppress(OSError):
        readline.read_history_file(path)
    readline.set_history_length(HISTORY_LENGTH)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600))
            readline.write_history_file(path)
