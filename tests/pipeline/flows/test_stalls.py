"""A worker that stood still while its group gave its partitions away writes nothing of what it had in hand."""

from __future__ import annotations

import os
import random
import signal
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from anpr.embedded.child import Child, start_child
from tests.pipeline.flows.notice_desk import NoticeDesk
from tests.pipeline.flows.test_cases import plate_of
from tests.pipeline.flows.test_notices_kills import (
    SETTLED_S,
    assert_told_in_order,
    not_held,
    send,
    standing,
    traffic,
    wanted,
)
from tests.pipeline.flows.workplace import own_place
from tests.pipeline.runtime.workers import until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
PARTS = 12


@dataclass
class StallingDesk(NoticeDesk):
    """Its worker stops once."""

    def _started(self, words: Sequence[str], log: Path) -> Child:
        command = [sys.executable, "-m", "tests.pipeline.flows.stalling_worker", str(self.place)]
        return start_child(self.worker, [*command, *words], log, environ=self._environment())

    @property
    def place(self) -> Path:
        """Where it says that it has stopped."""
        return self.folder / "stopped"


@pytest.fixture(params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def desks(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[NoticeDesk, StallingDesk]]:
    """Two workers in one group: one that works, one that will stop."""
    kafka = None if request.param == "embedded" else str(request.getfixturevalue("kafka"))
    with own_place(NoticeDesk, tmp_path, kafka) as good:
        (tmp_path / "stalls").mkdir()
        stalls = StallingDesk(good.bootstrap, tmp_path / "stalls", good.assignment)
        stalls.start()
        yield good, stalls
        assert stalls.child is not None
        stalls.child.kill()


def test_what_it_had_in_hand_does_not_replace_what_its_successor_has_kept(
    desks: tuple[NoticeDesk, StallingDesk],
) -> None:
    good, stalls = desks
    rng = random.Random(20261127)
    plates = [plate_of(n) for n in range(30)]
    said, sent = traffic(rng, plates), 0

    def some_more() -> None:
        nonlocal sent
        send(good, said[sent : sent + len(said) // PARTS])
        sent += len(said) // PARTS

    until(stalls.place.exists, some_more, "it stops", SETTLED_S)
    send(good, said[sent:])
    good.await_notices(plates, lambda told: standing(told.values()) == wanted(said), "all by the other one", SETTLED_S)
    assert stalls.child is not None
    os.kill(stalls.child.pid, signal.SIGCONT)
    until(lambda: stalls.child.returncode is not None, lambda: None, "it ends", SETTLED_S)
    assert stalls.child.returncode == 1
    assert "its group may have given its partitions to another one" in stalls.log()
    assert good.child is not None
    good.child.kill()  # whoever comes now knows nothing but what was kept
    good.start()
    assert not not_held(good, good.notices(plates).values())
    assert_told_in_order(good, good.told(plates))
