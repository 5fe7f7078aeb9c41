"""Which part is struck when and how, drawn from a seed: the same seed gives the same strikes."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from anpr.chaos.plan import API, BROKER, CLICKHOUSE, CONTROLLER, ChaosPlan

__all__ = ["Manner", "Strike", "schedule"]

Manner = Literal["kill", "kill_twice", "freeze", "restart"]
"""kill: SIGKILL. kill_twice: its successor too, as soon as it lives, in the middle of taking partitions.
freeze: SIGSTOP, later SIGCONT. restart: SIGTERM, as an upgrade does it."""
MANNERS: tuple[tuple[Manner, int], ...] = (("kill", 6), ("kill_twice", 1), ("freeze", 2), ("restart", 1))
CALM_S = (0.5, 4.0)
FROZEN_S = (1.0, 14.0)
"""From what nobody notices to more than a session, after which a frozen worker's partitions are another one's."""
TOGETHER_EVERY = 5
"""Each so many strikes, two parts at once."""
MIDST_EVERY = 4
"""Each so many strikes, one that comes while the platform still works off what the last one left."""


@dataclass(frozen=True, slots=True)
class Strike:
    """One blow."""

    number: int
    manner: Manner
    parts: tuple[str, ...]
    """Struck at the same moment."""
    calm_s: float
    """How long the platform has worked since it was steady, or recovered from the last one."""
    frozen_s: float = 0.0
    """How long a frozen part stands still."""

    @property
    def midst(self) -> bool:
        """It comes as soon as what it hits has recovered from the last one, whatever the others still have to do."""
        return self.number % MIDST_EVERY == 0


def schedule(plan: ChaosPlan) -> list[Strike]:
    """All strikes of a run. Every part is drawn once before any is drawn again."""
    rng = random.Random(plan.seed)
    parts = _deck(_parts(plan), rng)
    return [_strike(number, plan, parts, rng) for number in range(1, plan.kills + 1)]


def _parts(plan: ChaosPlan) -> Sequence[str]:
    brokers = [BROKER, CONTROLLER, BROKER] if plan.broker == "kafka" else [BROKER]
    return [*plan.instances(), CLICKHOUSE, API, *brokers]


def _deck(cards: Sequence[str], rng: random.Random) -> Iterator[str]:
    while True:
        yield from rng.sample(cards, len(cards))


def _strike(number: int, plan: ChaosPlan, parts: Iterator[str], rng: random.Random) -> Strike:
    struck = [next(parts)]
    if number % TOGETHER_EVERY == 0:
        struck.append(next(parts))
    struck = _at_most_one_broker(struck)
    names, weights = zip(*MANNERS, strict=True)
    manner: Manner = rng.choices(names, weights)[0]
    calm_s, frozen_s = round(rng.uniform(*CALM_S), 2), round(rng.uniform(*FROZEN_S), 2)
    if plan.broker == "embedded" and BROKER in struck:  # it keeps all in memory
        manner = "freeze"
    return Strike(number, manner, tuple(struck), calm_s, frozen_s if manner == "freeze" else 0.0)


def _at_most_one_broker(struck: Sequence[str]) -> list[str]:
    """Of three copies two must live for the flow to go on: a second one down is a wait, not a test of recovery."""
    brokers = [part for part in struck if part in (BROKER, CONTROLLER)]
    return [part for part in struck if part not in brokers[1:]]
