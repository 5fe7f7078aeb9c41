"""A worker that runs steps back: its session, or itself where it has none of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from anpr import giving_way

GIVE_WAY = "from anpr.giving_way import _give_way; import os; _give_way(7); print(open('/proc/self/autogroup').read())"
NICE = "from anpr.giving_way import _give_way; import os; _give_way(7); print(os.getpriority(os.PRIO_PROCESS, 0))"


def _told(program: str, *, own_session: bool) -> str:
    done = subprocess.run([sys.executable, "-c", program], start_new_session=own_session, stdout=-1, check=True)
    return done.stdout.decode().strip()


@pytest.mark.skipif(not Path("/proc/self/autogroup").exists(), reason="sessions are not grouped here")
def test_a_session_of_its_own_is_set_back() -> None:
    assert _told(GIVE_WAY, own_session=True).endswith("nice 7")


def test_in_a_session_of_others_only_the_process_is() -> None:
    assert _told(NICE, own_session=False) == "7"


def test_it_waits_until_the_start_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(giving_way, "STARTS_FOR_S", 3600.0)
    before = os.getpriority(os.PRIO_PROCESS, 0)
    giving_way.give_way_later(5)
    giving_way.give_way_later(0)
    assert os.getpriority(os.PRIO_PROCESS, 0) == before
