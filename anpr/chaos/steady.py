"""Whether the platform works again as it does without strikes.

A strike before that measures what the last one left. Some come so all the same, as crashes do, and are told apart.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Protocol

from pipeline.runtime.clock import Clock

__all__ = ["ASK_EVERY_S", "KEEPS_UP_S", "Steady"]

ASK_EVERY_S = 0.25
"""How far the flows are: they commit once a second, and each question is work for brokers that have enough of it."""
KEEPS_UP_S = 6.0
"""A flow keeps up that has worked off after so long what was there. The slowest is the store: a block is gathered for
two seconds and takes one more to be written, and what comes just after its begin waits for the next one."""
PATIENCE_S = 20.0
"""A platform that does not keep up by then never does at this rate."""
Place = tuple[str, int]


class Flows(Protocol):
    """What it needs of `Progress`."""

    def ends(self, flow: str) -> Mapping[Place, int]:
        """Where the flow's topics end now."""
        ...

    def behind(self, marks: Mapping[str, Mapping[Place, int]]) -> Mapping[str, Mapping[Place, int]]:
        """Of these flows those that have not committed up to their marks."""
        ...


@dataclass(frozen=True, slots=True)
class Steady:
    """Waits for it, not longer than `PATIENCE_S`."""

    flows: Flows
    names: Collection[str]
    """Of the flows that must keep up."""
    whole: Callable[[], bool]
    """Whether every partition has all its copies."""
    tend: Callable[[], None]
    """Called while it waits."""
    clock: Clock

    def await_copies(self) -> bool:
        """Whether all copies are there. A broker struck sooner is a second one down: rightly, nothing is taken then."""
        deadline = self.clock.monotonic() + PATIENCE_S
        while not self.whole():
            if not self._bide(deadline):
                return False
        return True

    def await_flows(self) -> bool:
        """Whether all flows keep up with what comes."""
        deadline = self.clock.monotonic() + PATIENCE_S
        while (asked := self.clock.monotonic()) < deadline:
            waiting: Mapping[str, Mapping[Place, int]] = {flow: self.flows.ends(flow) for flow in self.names}
            while waiting := self.flows.behind(waiting):
                if not self._bide(deadline):
                    return False
            if self.clock.monotonic() - asked <= KEEPS_UP_S:
                return True
        return False

    def _bide(self, deadline: float) -> bool:
        """Until it may be asked again; no, where it is too late for that."""
        if self.clock.monotonic() > deadline:
            return False
        self.tend()
        self.clock.sleep(ASK_EVERY_S)
        return True
