"""What is tried, and for how long."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, get_args

__all__ = ["KAFKA_SCENARIOS", "SCENARIOS", "PressurePlan", "Say", "Scenario"]

Scenario = Literal["slow-store", "store-down", "broker-down", "cut", "disk-full-store", "disk-full-broker"]
SCENARIOS: tuple[Scenario, ...] = get_args(Scenario)
KAFKA_SCENARIOS: frozenset[Scenario] = frozenset({"broker-down", "cut", "disk-full-broker"})
"""Those in which a broker must come back with what it had: the embedded one keeps its log in memory only."""
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class PressurePlan:
    """One scenario."""

    scenario: Scenario
    seconds: float = 60.0
    """How long the fault lasts."""
    rate_per_s: float = 500.0
    """Reads that a device makes, before, in and after the fault."""
    before_s: float = 10.0
    """How long all is well first."""
    answer_s: float = 10.0
    """Of the scenario slow-store: for how long each answer of the store is held."""
    catch_up_s: float = 600.0
    """The longest that the platform may need to catch up."""
    disk_mb: int = 768
    """Of the scenarios disk-full: how large the disk is."""

    @property
    def on_kafka(self) -> bool:
        """Whether it needs Apache Kafka."""
        return self.scenario in KAFKA_SCENARIOS
