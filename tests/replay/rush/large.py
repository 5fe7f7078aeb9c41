"""Traffic of a large city that has run, and what came out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from replay.placing import build_large_city
from replay.rush.plan import TrafficPlan
from replay.rush.tally import Tally
from replay.rush.traffic import Traffic
from replay.scenarios.asked import KINDS, Asked
from replay.scenarios.planting import Planted, plant
from replay.truth import TruePassage
from schemas.codec import decoder
from schemas.read import Read

START = datetime(2026, 3, 3, 7, 0, tzinfo=UTC)
SECONDS = 600
decode = decoder(Read)


@dataclass
class Ran:
    """What a traffic has handed out."""

    traffic: Traffic
    planted: tuple[Planted, ...] = ()
    messages: list[tuple[bytes, bytes]] = field(default_factory=list)
    at_ms: list[int] = field(default_factory=list)
    lines: list[bytes] = field(default_factory=list)

    @property
    def tally(self) -> Tally:
        return self.traffic.tally

    def reads(self) -> list[Read]:
        return [decode(value) for _, value in self.messages]

    def passages(self) -> list[TruePassage]:
        return [TruePassage.model_validate_json(line) for line in self.lines]


def run(plan: TrafficPlan, seconds: float, asked: Sequence[Asked] = (), *, step_s: float = 3600.0) -> Ran:
    """All of it, asked for in steps."""
    planted = plant(asked, build_large_city(plan.seed, plan.cameras), plan.seed, plan.start, seconds)
    ran = Ran(Traffic(plan, planted, truth=True), planted)
    reached = 0.0
    while reached < seconds:
        reached = min(reached + step_s, seconds)
        for batch in ran.traffic.batches(plan.start + timedelta(seconds=reached)):
            ran.messages += batch.messages
            ran.at_ms += batch.at_ms.tolist()
            ran.lines += batch.truth
    return ran


def busy_brussels() -> Ran:
    """Ten minutes at the rate of a real morning, with every scenario in them."""
    plan = TrafficPlan(450, 11, START, 25.0, profile="flat", mobile_upload_s=120)
    return run(plan, SECONDS, [Asked(kind=kind) for kind in KINDS])
