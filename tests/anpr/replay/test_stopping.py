"""Work that is told to stop ends between two of its items, wherever the signal comes."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator

import pytest

from anpr.replay.stopping import until_stopped


class Swallows:
    """Its end takes a moment in which a signal comes; what is raised there is printed and forgotten by Python."""

    def __del__(self) -> None:
        os.kill(os.getpid(), signal.SIGTERM)


def _items() -> Iterator[int]:
    for number in range(10):
        if number == 3:
            Swallows()
        yield number


def test_a_signal_that_comes_within_a_finalizer_is_heeded() -> None:
    seen: list[int] = []
    with pytest.raises(KeyboardInterrupt):
        seen.extend(until_stopped(_items()))
    assert seen == [0, 1, 2]


def test_what_was_heeded_before_is_heeded_after() -> None:
    before = signal.getsignal(signal.SIGTERM)
    assert list(until_stopped(range(3))) == [0, 1, 2]
    assert signal.getsignal(signal.SIGTERM) is before
