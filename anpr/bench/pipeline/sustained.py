"""The sustained phase in figures: rows as the store took them in, and who used the processor meanwhile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

__all__ = ["PARTS", "Sample", "sustained_figures"]

PARTS = 5
"""The phase is also told in so many parts: how far they lie apart is the noise of the figure."""
OTHERS = ("feeder", "bench", "machine", "stolen")
"""What is not the product's."""


@dataclass(frozen=True, slots=True)
class Sample:
    """Taken when the store had just taken in a block."""

    at_s: float
    stored: int
    cpu_s: Mapping[str, float]
    """Used so far, by process; `machine`: by all there is on this machine, `stolen`: what its host kept back."""


def sustained_figures(samples: Sequence[Sample]) -> dict[str, Any]:
    """Reads a second from block to block, so that none counts by half; processor time by process.

    samples: at least two, in order of time. `rounds`: the same for each part of the phase.
    """
    whole = _between(samples[0], samples[-1])
    parts = [_between(first, last) for first, last in _parts(samples)]
    return {
        "reads_per_s": whole["reads_per_s"],
        "cpu_s_per_million": whole["cpu_s_per_million"],
        "cpu_s_per_million_by_process": whole["by_process"],
        "utilisation": _utilisation(samples[0], samples[-1]),
        "rounds": {name: [part[name] for part in parts] for name in ("reads_per_s", "cpu_s_per_million")},
    }


def _between(first: Sample, last: Sample) -> dict[str, Any]:
    count, seconds = last.stored - first.stored, last.at_s - first.at_s
    spent = _spent(first, last)
    ours = {name: used for name, used in spent.items() if name not in OTHERS}
    return {
        "reads_per_s": round(count / seconds),
        "cpu_s_per_million": round(sum(ours.values()) / count * 1e6, 1),
        "by_process": {name: round(used / count * 1e6, 1) for name, used in (ours | _feeder(spent)).items()},
    }


def _feeder(spent: Mapping[str, float]) -> dict[str, float]:
    """What makes the load is told beside what bears it, and not added."""
    return {name: used for name, used in spent.items() if name == "feeder"}


def _spent(first: Sample, last: Sample) -> dict[str, float]:
    return {name: used - first.cpu_s.get(name, 0.0) for name, used in last.cpu_s.items()}


def _utilisation(first: Sample, last: Sample) -> dict[str, Any]:
    """How many cores were busy, and with whom: what limits is who has a whole one, or nobody who is left idle."""
    seconds = last.at_s - first.at_s
    cores = {name: round(used / seconds, 2) for name, used in _spent(first, last).items()}
    busy, stolen = cores.pop("machine", 0.0), cores.pop("stolen", 0.0)
    return {
        "busy_cores": busy,
        "by_process": dict(sorted(cores.items(), key=lambda item: -item[1])),
        "other_programs": round(max(0.0, busy - sum(cores.values())), 2),
        "stolen_by_the_host": stolen,
    }


def _parts(samples: Sequence[Sample]) -> list[tuple[Sample, Sample]]:
    """The phase in equal parts of time, as near as blocks fall; fewer where there are few blocks."""
    begin, end = samples[0].at_s, samples[-1].at_s
    ends, parts = [begin + (end - begin) * part / PARTS for part in range(1, PARTS + 1)], []
    first = samples[0]
    for limit in ends:
        last = max((sample for sample in samples if sample.at_s <= limit + 1e-9), key=lambda one: one.at_s)
        if last.stored > first.stored:
            parts.append((first, last))
            first = last
    return parts
