"""One run: the ground, the traffic, the strikes, and the account at the end."""

from __future__ import annotations

import shutil
import signal
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from anpr.bench.machine import busy_cores, machine
from anpr.chaos.account import settle_accounts
from anpr.chaos.by_part import by_part, spread
from anpr.chaos.facts import is_whole, summed
from anpr.chaos.ground import Ground, open_ground
from anpr.chaos.plan import BROKER, CONTROLLER, ChaosPlan, Say
from anpr.chaos.recovery import Progress
from anpr.chaos.schedule import Strike, schedule
from anpr.chaos.steady import ASK_EVERY_S, Steady
from anpr.chaos.traffic import Traffic
from anpr.settings import Settings
from anpr.wiring import drain_order
from pipeline.runtime.clock import SystemClock
from pipeline.runtime.drain import Drain

__all__ = ["ChaosFault", "Run", "run_chaos"]

LOOK_EVERY_S = 0.05
WARM_UP_S = 5.0
AGAIN_S = 2.0
"""After which a successor is struck too."""
DRAIN_S = 300.0
SLOW_S = 20.0
"""Of a recovery that takes longer, somebody will look for the reason: the ends of the logs are kept with it."""


class ChaosFault(RuntimeError):
    """The platform did not come back; the message says which part, and what it waited for."""


def run_chaos(settings: Settings, plan: ChaosPlan, say: Say) -> dict[str, Any]:
    """Strike and compare on a platform of its own. Its folder stays where that did not come back, or a fact differs.

    Raises ChaosFault, PlatformFault, NotDrained.
    """
    load = busy_cores()
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    folder = Path(mkdtemp(dir=settings.data_dir, prefix="chaos-"))
    try:
        result = _struck(settings.model_copy(update={"data_dir": folder}), plan, say)
    except KeyboardInterrupt:
        shutil.rmtree(folder)
        raise
    if not is_whole(result):
        say(f"not all is as it must be: logs and data are in {folder}")
    else:
        shutil.rmtree(folder)
    return {**result, "machine": machine(load)}


def _struck(settings: Settings, plan: ChaosPlan, say: Say) -> dict[str, Any]:
    with open_ground(settings, plan, say) as ground:
        run = Run(ground, plan, say)
        run.work()
        run.drain()
        ground.rest()
        say("comparing every fact with the truth")
        differences = settle_accounts(ground.settings, run.traffic.acknowledged)
    return {**run.told(), **summed(differences)}


@dataclass(slots=True)
class Run:
    """A ground under traffic. `work`, then `drain`, then the account may be settled."""

    ground: Ground
    plan: ChaosPlan
    say: Say
    traffic: Traffic = field(init=False)
    progress: Progress = field(init=False)
    strikes: list[dict[str, Any]] = field(default_factory=list)
    seconds: float = 0.0

    def __post_init__(self) -> None:
        settings = self.ground.settings
        self.traffic = Traffic(settings.kafka(), self.plan.seed, self.plan.rate_per_s)
        self.progress = Progress(settings, dict.fromkeys(self.plan.instances().values()))

    def work(self) -> None:
        """Traffic from before the first strike until after the last one."""
        began = time.monotonic()
        self.traffic.start()
        self._idle(WARM_UP_S)
        for strike in schedule(self.plan):
            steady = self._await_steady(strike)
            self._idle(strike.calm_s)
            self._strike(strike, steady)
        self._idle(WARM_UP_S)
        self.seconds = time.monotonic() - began
        self.traffic.finish()

    def _idle(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.ground.tend()
            time.sleep(LOOK_EVERY_S)

    def _await_steady(self, strike: Strike) -> bool:
        """Whether the strike meets a platform that works as without strikes. One in the midst waits for copies only."""
        ground, flows = self.ground, dict.fromkeys(self.plan.instances().values())
        steady = Steady(self.progress, flows, ground.copies_whole, ground.tend, SystemClock())
        if strike.midst:
            if not {BROKER, CONTROLLER}.isdisjoint(strike.parts):
                steady.await_copies()
            return False
        return steady.await_copies() and steady.await_flows()

    def _strike(self, strike: Strike, steady: bool) -> None:
        ground, after_s = self.ground, round(self.ground.age_s())
        marks = {flow: self.progress.ends(flow) for part in strike.parts for flow in ground.flows_of(part)}
        struck = [ground.find(part) for part in strike.parts]
        since = self._hurt(strike, struck)
        recovered = self._await(marks, struck)
        told: dict[str, Any] = {
            "number": strike.number,
            "after_s": after_s,
            "manner": strike.manner,
            "parts": struck,
            "steady": steady,
            "recovery_s": round(recovered - since, 2),
        }
        if told["recovery_s"] > SLOW_S:
            told["logs"] = {process: ground.log_tail(process) for process in struck}
        self.strikes.append(told)
        self.say(f"{strike.number}. {strike.manner} {' and '.join(struck)}: back after {told['recovery_s']} s")

    def _hurt(self, strike: Strike, struck: list[str]) -> float:
        """Gives the moment from which the parts may come back: the last kill, or the thaw."""
        ground = self.ground
        if strike.manner == "freeze":
            for process in struck:
                ground.signal(process, signal.SIGSTOP)
            self._idle(strike.frozen_s)
            for process in struck:
                ground.signal(process, signal.SIGCONT)
            return time.monotonic()
        if strike.manner == "kill_twice":
            self._end(struck, signal.SIGKILL)
            self._idle(AGAIN_S)  # its successor lives and takes partitions, or has just done so
        since = time.monotonic()
        self._end(struck, signal.SIGTERM if strike.manner == "restart" else signal.SIGKILL)
        return since

    def _end(self, struck: list[str], by: signal.Signals) -> None:
        for process in struck:
            self.ground.signal(process, by)
        for process in struck:
            self.ground.await_end(process)
            self.ground.revive(process)

    def _await(self, marks: Mapping[str, Mapping[Any, int]], struck: list[str]) -> float:
        deadline, waiting, down = time.monotonic() + self.plan.recovery_s, dict(marks), list(struck)
        ask_at = time.monotonic()
        while waiting or down:
            self.ground.tend()
            if time.monotonic() >= ask_at:
                waiting = self.progress.behind(waiting)
                ask_at = time.monotonic() + ASK_EVERY_S
            down = [process for process in down if not self.ground.works(process)]
            if time.monotonic() > deadline:
                still = [self.progress.missing(flow, ends) for flow, ends in waiting.items()] + down
                raise ChaosFault(
                    f"{' and '.join(struck)} struck: after {self.plan.recovery_s:g} s still waiting for "
                    f"{', '.join(still)}; logs are in {self.ground.settings.data_dir}"
                )
            time.sleep(LOOK_EVERY_S)
        return time.monotonic()

    def drain(self) -> None:
        """Until all that was sent is worked off and stored."""
        self.say("draining")
        flows = tuple(dict.fromkeys(self.plan.instances().values()))
        drain = Drain(self.ground.settings.kafka(), SystemClock())
        try:
            drain.wait(drain_order(flows, self.ground.settings), DRAIN_S, lambda _group, _left: self.ground.tend())
        finally:
            drain.close()
            self.progress.close()

    def told(self) -> dict[str, Any]:
        """What was done, and how long it took to recover."""
        traffic = self.traffic
        return {
            "kills": len(self.strikes),
            "seed": self.plan.seed,
            "broker": self.plan.broker,
            "brokers": self.plan.brokers if self.plan.broker == "kafka" else 1,
            "reads": len(traffic.acknowledged),
            "reads_per_s": round(traffic.sent / self.seconds) if self.seconds else 0,
            "vehicles": traffic.tracks,
            "refused_by_broker": len(traffic.acknowledged.refused),
            "recovery_s": spread([strike["recovery_s"] for strike in self.strikes]),
            "recovery_by_part_s": by_part(self.strikes, self.plan.instances()),
            "ended_by_themselves": self.ground.ended_by_themselves,
            "strikes": self.strikes,
        }
