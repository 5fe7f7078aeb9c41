"""Two records, or two groups of them, figure by figure: a change counts when it is beyond the noise.

Noise of a figure is how far its own repetitions lie from their middle, of whichever side is noisier: rounds within a
record, records within a group. Where nothing was repeated it is taken to be a fifth, as a shared machine's speed moves
by that within an hour. A figure is a regression when it is worse by more than the noise: so the middle of one side is
outside what the other side's own repetitions cover.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Literal

from anpr.bench.records.record import Record, figures_of, rounds_of
from anpr.bench.records.targets import Better, better
from anpr.settings import SettingsFault

__all__ = ["DEFAULT_NOISE", "LEAST_NOISE", "Change", "Verdict", "compare", "judged", "noise"]

DEFAULT_NOISE, LEAST_NOISE = 0.2, 0.02
"""Of a figure that was measured once; and of one whose repetitions happened to agree."""
ALIKE = ("cpu", "cores", "memory_gb")
"""Of a machine: where these differ, figures do not compare."""
Verdict = Literal["better", "same", "worse", "appeared", "gone"]


@dataclass(frozen=True, slots=True)
class Change:
    """One figure before and after."""

    figure: str
    better: Better
    before: float
    after: float
    ratio: float
    """After to before; not a number where one of them is 0."""
    noise: float
    """0.05: five per cent either way are none."""
    verdict: Verdict
    repeated: bool
    """The noise was measured, not assumed."""


def compare(before: Sequence[Record], after: Sequence[Record], *, anyway: bool = False) -> list[Change]:
    """Every figure that can be better or worse, the worst first. Raises SettingsFault where they do not compare."""
    _check(before, after, anyway)
    name = before[0].name
    old, new = _repeated(before), _repeated(after)
    changes = [
        _change(figure, better(name, figure), old[figure], new[figure])
        for figure in sorted(old.keys() & new.keys())
        if better(name, figure)
    ]
    return sorted(changes, key=lambda one: (one.verdict != "worse", one.verdict != "better", one.figure))


def judged(before: Sequence[float], after: Sequence[float], way: Better) -> tuple[float, float, Verdict]:
    """Ratio, noise and verdict for one figure with all its repetitions."""
    old, new, uncertain = median(before), median(after), noise(before, after)
    if old <= 0 or new <= 0:
        return math.nan, uncertain, _of_nothing(old, new, way)
    shift = math.log(new / old) * (1 if way == "more" else -1)
    if abs(shift) <= math.log1p(uncertain) + 1e-12:
        return new / old, uncertain, "same"
    return new / old, uncertain, "better" if shift > 0 else "worse"


def _of_nothing(old: float, new: float, way: Better) -> Verdict:
    """Where one is 0 there is no ratio: nothing lost is better than something."""
    if old == new:
        return "same"
    return "better" if (new > old) == (way == "more") else "worse"


def noise(*sides: Sequence[float]) -> float:
    """The larger of the sides' own spreads, as a share; the assumed one where no side was repeated."""
    spreads = [_spread(values) for values in sides if len(values) > 1]
    return max([LEAST_NOISE, *spreads]) if spreads else DEFAULT_NOISE


def _spread(values: Sequence[float]) -> float:
    """How far the farthest lies from the median, as a ratio less one: the same up and down."""
    middle = median(values)
    if middle <= 0 or min(values) <= 0:
        return 0.0
    return max(max(values) / middle, middle / min(values)) - 1


def _change(figure: str, way: Better, before: Sequence[float], after: Sequence[float]) -> Change:
    ratio, uncertain, verdict = judged(before, after, way)
    repeated = len(before) > 1 or len(after) > 1
    return Change(figure, way, median(before), median(after), ratio, uncertain, verdict, repeated)


def _repeated(records: Sequence[Record]) -> dict[str, list[float]]:
    """Figure → every time it was measured: by rounds where one record has them, else once in each record."""
    found: dict[str, list[float]] = {}
    for record in records:
        rounds = rounds_of(record)
        for figure, value in figures_of(record).items():
            found.setdefault(figure, []).extend(rounds.get(figure) or [value])
    return {figure: values for figure, values in found.items() if values}


def _check(before: Sequence[Record], after: Sequence[Record], anyway: bool) -> None:
    everything = [*before, *after]
    names = {record.name for record in everything}
    if len(names) > 1:
        raise SettingsFault(f"records of different benchmarks do not compare: {', '.join(sorted(names))}")
    if anyway:
        return
    machines = {_machine(record.machine) for record in everything}
    if len(machines) > 1:
        told = " and ".join(sorted(machines))
        raise SettingsFault(f"records of different machines do not compare ({told}): --anyway does it all the same")
    asked = [dict(record.settings) for record in everything]
    differing = sorted({key for one in asked for key in one | asked[0] if one.get(key) != asked[0].get(key)})
    if differing:
        raise SettingsFault(f"records of different settings do not compare ({', '.join(differing)}): --anyway does it")


def _machine(machine: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {machine.get(name, '?')}" for name in ALIKE)
