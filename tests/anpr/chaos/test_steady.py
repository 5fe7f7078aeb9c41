"""When the next strike may come: all flows keep up again, all copies are there, or it takes too long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from anpr.chaos.steady import ASK_EVERY_S, KEEPS_UP_S, PATIENCE_S, Steady
from tests.pipeline.runtime.fakes import TurnedClock

Place = tuple[str, int]
PLACE: Place = ("reads", 0)


@dataclass
class LateFlows:
    """Flows that are so many seconds behind, and a tenth of a second less with each that passes."""

    clock: TurnedClock
    behind_s: dict[str, float]
    asked: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._began = self.clock.monotonic()

    def passed_s(self) -> float:
        """Since the begin."""
        return self.clock.monotonic() - self._began

    def late_s(self, flow: str) -> float:
        """Now, s."""
        return max(0.0, self.behind_s[flow] - self.passed_s() / 10)

    def ends(self, flow: str) -> Mapping[Place, int]:
        """A message comes each millisecond."""
        assert flow in self.behind_s
        return {PLACE: round(self.passed_s() * 1000)}

    def behind(self, marks: Mapping[str, Mapping[Place, int]]) -> Mapping[str, Mapping[Place, int]]:
        """Those that have not come so far."""
        self.asked += marks
        return {flow: ends for flow, ends in marks.items() if self.reached(flow) < ends[PLACE]}

    def reached(self, flow: str) -> float:
        """Offset up to which it has committed."""
        return (self.passed_s() - self.late_s(flow)) * 1000


def steady(flows: LateFlows, whole_after_s: float = 0.0) -> Steady:
    """On a clock that stands still but for its waits."""
    return Steady(flows, flows.behind_s, lambda: flows.passed_s() >= whole_after_s, lambda: None, flows.clock)


def test_flows_that_keep_up_are_not_waited_for() -> None:
    flows = LateFlows(TurnedClock(), {"match": 0.2, "store": KEEPS_UP_S - 1})
    assert steady(flows).await_flows()
    assert flows.passed_s() <= KEEPS_UP_S


def test_a_flow_that_is_behind_is_waited_for_until_it_keeps_up() -> None:
    flows = LateFlows(TurnedClock(), {"match": 0.2, "store": KEEPS_UP_S + 1})
    assert steady(flows).await_flows()
    assert 0 < flows.late_s("store") <= KEEPS_UP_S


def test_a_flow_that_never_keeps_up_is_not_waited_for_without_end() -> None:
    flows = LateFlows(TurnedClock(), {"store": 1_000.0})
    assert not steady(flows).await_flows()
    assert PATIENCE_S < flows.passed_s() <= PATIENCE_S + 2 * ASK_EVERY_S


def test_a_flow_that_has_passed_is_not_asked_again() -> None:
    flows = LateFlows(TurnedClock(), {"match": 0.0, "store": KEEPS_UP_S - 1})
    assert steady(flows).await_flows()
    assert flows.asked.count("match") == 1
    assert flows.asked.count("store") > 1


def test_copies_are_waited_for_but_not_without_end() -> None:
    flows = LateFlows(TurnedClock(), {})
    assert steady(flows, whole_after_s=3.0).await_copies()
    assert 3.0 <= flows.passed_s() <= 3.0 + ASK_EVERY_S
    assert not steady(flows, whole_after_s=1_000.0).await_copies()
