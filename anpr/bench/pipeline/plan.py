"""What `anpr bench pipeline` is asked to measure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from anpr.bench.profiles import Profiler
from anpr.settings import SettingsFault

__all__ = ["DRIVING", "FLOWS", "LATENCY_LISTED_SHARE", "MOST_VEHICLES", "BrokerName", "PipelineBench", "Say"]

FLOWS = ("consolidate", "match", "judge", "store", "store-lez")
DRIVING = 1_000
"""Vehicles that drive by and are on the list; all other entries are of vehicles that do not."""
MOST_VEHICLES = 4_900_000
"""Those beyond are the markers' that are looked for in the store."""
LATENCY_LISTED_SHARE = 0.05
Say = Callable[[str], None]
BrokerName = Literal["embedded", "kafka"]


@dataclass(frozen=True, slots=True)
class PipelineBench:
    """What to measure."""

    seconds: float
    """Length of each phase."""
    rates_per_s: tuple[float, ...] = ()
    """Offered rates of the latency phases; none: 1,000/s after a phase that finds the sustained maximum."""
    cameras: int = 450
    lez_share: float = 0.4
    """Share of cameras that watch a low-emission zone: 184 of 450 in Brussels."""
    entries: int = 0
    """Of the hotlist, besides those of the thousand listed vehicles that drive by."""
    vehicles: int | None = None
    """Of the fleet, in the register that verdicts rest on; None: all that are Belgian."""
    history: int = 0
    """Passages that the store holds before."""
    window: int = 240_000
    """Reads on their way in the sustained phase.

    The store gathers for up to 2 s under load and then inserts: at 50,000 reads/s two such blocks are 200,000 reads,
    and what waits in batches of the stages before comes on top. With fewer reads on their way the window would be what
    is measured.
    """
    fleet: int = 1_000_000
    listed_share: float = 0.005
    seed: int = 1
    broker: BrokerName = "embedded"
    """`kafka`: one node of Apache Kafka from its jars (needs Java and Maven)."""
    profiler: Profiler | None = None
    """Looks into the workers during the first phase that is measured."""

    def check(self) -> None:
        """Raises SettingsFault for what cannot be measured."""
        if self.fleet + self.entries > MOST_VEHICLES:
            raise SettingsFault(
                f"--entries {self.entries} are too many: there are invented plates for {MOST_VEHICLES - self.fleet:,}"
            )
        if self.vehicles is not None and self.vehicles > self.fleet:
            raise SettingsFault(f"--vehicles {self.vehicles} are more than the {self.fleet:,} that drive")

    def asked(self) -> dict[str, Any]:
        """For the record."""
        return {
            "seconds": self.seconds,
            "rates": list(self.rates_per_s),
            "cameras": self.cameras,
            "lez_share": self.lez_share,
            "entries": self.entries,
            "entries_driving": DRIVING,
            "vehicles": self.fleet if self.vehicles is None else self.vehicles,
            "history": self.history,
            "window": self.window,
            "fleet": self.fleet,
            "listed_share": self.listed_share,
            "broker": self.broker,
        }
