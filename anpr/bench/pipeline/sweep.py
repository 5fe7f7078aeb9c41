"""Is the cost per read flat? The same load in two or more cases, by turns, as the machine's speed drifts.

All cases of a sweep stand ready at the same time, each with broker, store and workers of its own; those that are not
measured are stopped by signal, so that they cost nothing. A round measures each case once, and what is compared is
cases of the same round.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from statistics import median
from typing import Any

from anpr.bench.machine import busy_cores, machine
from anpr.bench.pipeline.bench import own_platform
from anpr.bench.pipeline.plan import PipelineBench, Say
from anpr.bench.pipeline.run import Run
from anpr.platform import Platform
from anpr.settings import Settings, SettingsFault

__all__ = ["Sweep", "parse_sweep", "run_sweeps", "slow_down"]

DIMENSIONS = ("cameras", "entries", "history")
BROKEN = ("lost", "duplicated", "hits_missing", "verdicts_missing")


@dataclass(frozen=True, slots=True)
class Sweep:
    """One thing that differs between the cases."""

    name: str
    values: tuple[int, ...]
    """The first is what the others are compared with."""


def parse_sweep(text: str) -> Sweep:
    """`cameras=450,10000`. Raises SettingsFault."""
    name, _, listed = text.partition("=")
    try:
        values = tuple(int(value.replace("_", "")) for value in listed.split(","))
    except ValueError:
        values = ()
    if name not in DIMENSIONS or len(set(values)) < 2:
        raise SettingsFault(f"--sweep {text} is not like cameras=450,10000; there are {', '.join(DIMENSIONS)}")
    return Sweep(name, values)


def run_sweeps(
    settings: Settings, bench: PipelineBench, sweeps: Sequence[Sweep], rounds: int, say: Say
) -> dict[str, Any]:
    """Measure one sweep after the other. Raises SettingsFault for what cannot be measured."""
    cases = {sweep.name: [_case(bench, sweep.name, value) for value in sweep.values] for sweep in sweeps}
    load = busy_cores()
    found = {sweep.name: _sweep(settings, sweep, cases[sweep.name], rounds, say) for sweep in sweeps}
    return {
        "sweeps": found,
        "machine": machine(load),
        "settings": bench.asked() | {"rounds": rounds, "sweeps": {sweep.name: list(sweep.values) for sweep in sweeps}},
    }


def _case(bench: PipelineBench, name: str, value: int) -> PipelineBench:
    changes: dict[str, Any] = {name: value}
    case = replace(bench, **changes)
    case.check()
    return case


def _sweep(settings: Settings, sweep: Sweep, cases: Sequence[PipelineBench], rounds: int, say: Say) -> dict[str, Any]:
    with ExitStack() as stack:
        runs = [
            stack.enter_context(_ready(settings, case, f"{sweep.name} {value:,}", say))
            for value, case in zip(sweep.values, cases, strict=True)
        ]
        measured: list[list[dict[str, Any]]] = [[] for _ in runs]
        for number in range(rounds):
            for run, figures in zip(runs, measured, strict=True):
                figures.append(run(f"round {number + 1} of {rounds}"))
        truths = [run.truth() for run in runs]
    return _told(sweep, measured, truths)


class _Paused:
    """A case that runs only while it is measured."""

    def __init__(self, platform: Platform, run: Run, name: str, say: Say) -> None:
        self._platform, self._run, self._name, self._say = platform, run, name, say

    def __call__(self, what: str) -> dict[str, Any]:
        self._say(f"{self._name}, {what}")
        return self._awake(self._measure)

    def truth(self) -> dict[str, Any]:
        """What went in against what came out."""
        return self._awake(self._run.truth)

    def _measure(self) -> dict[str, Any]:
        figures = self._run.sustained()
        self._run.drain()
        return figures

    def _awake(self, work: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        self.signal(signal.SIGCONT)
        try:
            return work()
        finally:
            self.signal(signal.SIGSTOP)

    def signal(self, number: signal.Signals) -> None:
        """To all of its processes."""
        for pid in self._platform.processes().values():
            os.kill(pid, number)


@contextmanager
def _ready(settings: Settings, bench: PipelineBench, name: str, say: Say) -> Iterator[_Paused]:
    with own_platform(settings, bench, say) as platform:
        say(f"{name}: filling")
        run = Run(platform, bench, say)
        run.prepare()
        case = _Paused(platform, run, name, say)
        case.signal(signal.SIGSTOP)
        try:
            yield case
        finally:
            case.signal(signal.SIGCONT)  # or they could not end in order


def _told(
    sweep: Sweep, measured: Sequence[Sequence[dict[str, Any]]], truths: Sequence[dict[str, Any]]
) -> dict[str, Any]:
    names = ("reads_per_s", "cpu_s_per_million")
    cases = {
        str(value): {
            **{name: median([one[name] for one in figures]) for name in names},
            "cpu_s_per_million_by_process": _medians([one["cpu_s_per_million_by_process"] for one in figures]),
            "rounds": {name: [one[name] for one in figures] for name in names},
            **{name: truth[name] for name in BROKEN},
        }
        for value, figures, truth in zip(sweep.values, measured, truths, strict=True)
    }
    rates, costs = ({value: case["rounds"][name] for value, case in cases.items()} for name in names)
    base, *others = map(str, sweep.values)
    slower = {
        other: {
            "by_cpu": slow_down(costs[base], costs[other]),
            "by_rate": slow_down(rates[other], rates[base]),
        }
        for other in others
    }
    return {"cases": cases, "slow_down_percent": slower}


def slow_down(base: Sequence[float], other: Sequence[float]) -> dict[str, float]:
    """By how many per cent `other` is more than `base`, round by round: the median, the least and the most."""
    percents = [(b / a - 1) * 100 for a, b in zip(base, other, strict=True)]
    return {
        "median": round(median(percents), 1),
        "least": round(min(percents), 1),
        "most": round(max(percents), 1),
    }


def _medians(figures: Sequence[dict[str, float]]) -> dict[str, float]:
    return {name: round(median([one.get(name, 0.0) for one in figures]), 1) for name in figures[0]}
