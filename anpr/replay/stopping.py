"""Ctrl-C and SIGTERM as a question that work asks between two messages, so that it ends in order."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TypeVar

__all__ = ["asked_to_stop", "end_on_sigterm", "until_stopped"]

T = TypeVar("T")


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def end_on_sigterm() -> None:
    """From now on SIGTERM ends the command as Ctrl-C does: what was started ends, half files go."""
    signal.signal(signal.SIGTERM, _interrupt)


@contextmanager
def asked_to_stop() -> Iterator[Callable[[], bool]]:
    """A function that says whether the first Ctrl-C or SIGTERM has come; the second one interrupts at once."""
    asked = False

    def note(number: int, frame: FrameType | None) -> None:
        nonlocal asked
        if asked:
            _interrupt(number, frame)
        asked = True

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def until_stopped(items: Iterable[T]) -> Iterator[T]:
    """The items. Ctrl-C and SIGTERM are heeded between two of them, by KeyboardInterrupt.

    An exception that a signal raises wherever Python happens to be may be swallowed there (in a finalizer, in
    the import system's callbacks), and then the work goes on for hours; a note that is looked at is not.
    """
    with asked_to_stop() as asked:
        for item in items:
            if asked():
                raise KeyboardInterrupt
            yield item
