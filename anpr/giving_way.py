"""Giving way: on a machine without a free core, who runs leaves the processor to those who start.

A start takes a second or two of it, and then as much again for what has piled up meanwhile; somebody waits for both.
Who runs already needs less where it is short, as its batches grow. In a cluster the scheduler does this, by boosts at
start and weights of cgroups.
"""

from __future__ import annotations

import os
from pathlib import Path
from threading import Timer

__all__ = ["give_way_later"]

STARTS_FOR_S = 15.0
"""From when a worker runs until what was left to it is worked off, with some to spare."""
_OF_SESSION = Path("/proc/self/autogroup")


def give_way_later(niceness: int) -> None:
    """Step back to this niceness (0 to 19) when the start is over, for good: only root may take it back."""
    if niceness == 0:
        return
    timer = Timer(STARTS_FOR_S, _give_way, (niceness,))
    timer.daemon = True
    timer.start()


def _give_way(niceness: int) -> None:
    """Linux weighs sessions against each other where it groups them (sched(7), autogroup): the niceness of a process
    counts among those of its session alone, so it is the session's that is set.
    """
    if _OF_SESSION.exists() and os.getsid(0) == os.getpid():  # a shell's session is not ours to set back
        _OF_SESSION.write_text(str(niceness))
    else:
        os.setpriority(os.PRIO_PROCESS, os.getpid(), niceness)
