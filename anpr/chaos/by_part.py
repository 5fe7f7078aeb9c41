"""How long recovery took, by what was struck."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from anpr.hit_watch import quantile

__all__ = ["by_part", "spread"]


def by_part(strikes: Iterable[Mapping[str, Any]], flows: Mapping[str, str]) -> dict[str, dict[str, float | int | None]]:
    """Workers, and those of each flow; brokers, database, API. flows: worker → flow.

    Of strikes at one part of a steady platform; those at one part of another one, of any kind, are told together.
    """
    found: dict[str, list[float]] = {}
    for strike in strikes:
        if len(strike["parts"]) == 1:
            part = strike["parts"][0].split()[0]
            kinds = ("worker", f"worker {flows[part]}") if part in flows else (part,)
            for kind in kinds if strike["steady"] else ("in the midst",):
                found.setdefault(kind, []).append(strike["recovery_s"])
    return {kind: {"strikes": len(times), **spread(times)} for kind, times in sorted(found.items())}


def spread(times: list[float]) -> dict[str, float | None]:
    """Of recoveries, s; None for no strike."""
    return {"p50": quantile(times, 0.5), "p95": quantile(times, 0.95), "max": max(times, default=None)}
