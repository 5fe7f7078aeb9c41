"""How good matching is where the truth is known: who is found, who is stopped for nothing, what claims are worth."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from uuid import UUID

from anpr.bench.match_traffic import TruePassage
from pipeline.messages import Batch
from pipeline.plates.text import within_one_edit
from pipeline.stages.match import Match
from schemas.codec import decoder
from schemas.hit import Hit

__all__ = ["Bin", "Quality", "bins_of", "error_of", "judged"]

EDGES = (0.0, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 1.0)


class Bin(NamedTuple):
    """What was claimed in a range, and how often it was so."""

    claimed: float
    """Mean."""
    found: float
    hits: int


@dataclass(slots=True)
class Quality:
    """Of passages that went through the stage."""

    passages: int = 0
    listed: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Passages of listed vehicles by kind of list and what was read: `exact`, `one` character off, `other`."""
    found: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Those of which a hit on their own entry was told."""
    alerted: Counter[tuple[str, str]] = field(default_factory=Counter)
    """… as an alert."""
    hits: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Hits by kind of list and class; of a passage and entry the strongest ever told. Patterns are not among them."""
    wrong: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Those on somebody else."""
    claims: list[tuple[float, bool]] = field(default_factory=list)
    """Probability last told, and whether it was the vehicle."""

    def recall(self, what: str, *kinds: str) -> float:
        """Share of the listed that were found; of these kinds, or of all."""
        return _sum(self.found, what, kinds) / max(_sum(self.listed, what, kinds), 1)

    def wrong_share(self, alert_class: str) -> float:
        """Of the hits of a class."""
        return _sum(self.wrong, alert_class, ()) / max(self.count(alert_class), 1)

    def count(self, alert_class: str) -> int:
        """Hits of a class."""
        return _sum(self.hits, alert_class, ())

    def report(self) -> dict[str, Any]:
        """For the record: by kind of list."""
        return {
            "passages": self.passages,
            "listed": _table(self.listed, 1),
            "found": _table(self.found, 1),
            "alerted": _table(self.alerted, 1),
            "hits_per_million": _table(self.hits, 1e6 / max(self.passages, 1)),
            "wrong_per_million": _table(self.wrong, 1e6 / max(self.passages, 1)),
        }


def _sum(counts: Counter[tuple[str, str]], what: str, kinds: Sequence[str]) -> int:
    return sum(count for (kind, one), count in counts.items() if one == what and (not kinds or kind in kinds))


def _table(counts: Counter[tuple[str, str]], factor: float) -> dict[str, dict[str, float]]:
    table: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for (kind, what), count in sorted(counts.items()):
        table[kind][what] = round(count * factor, 1)
    return dict(table)


@dataclass(slots=True)
class _Passage:
    """What was told of one passage."""

    plate: str
    kind: str
    read_as: str = ""
    """Its plate, as last said."""
    hits: dict[UUID, list[Hit]] = field(default_factory=lambda: defaultdict(list))


def judged(stage: Match, traffic: Iterable[Sequence[TruePassage]], progress: Callable[[int], None]) -> Quality:
    """Send batches through the stage and compare what it tells with the truth."""
    quality, decode = Quality(), decoder(Hit)
    for batch in traffic:
        passages: dict[UUID, _Passage] = {}
        for one in batch:
            seen = passages.setdefault(one.passage.passage_id, _Passage(one.plate, one.kind))
            if not one.passage.withdrawn:
                seen.read_as = one.passage.plate
        messages = [one.message for one in batch]
        for emit in stage(Batch(messages, batch[-1].passage.received_at)).emitted:
            hit = decode(emit.value)
            passages[hit.passage_id].hits[hit.hit_id].append(hit)
        for seen in passages.values():
            _count(quality, seen)
        progress(quality.passages)
    return quality


def _count(quality: Quality, seen: _Passage) -> None:
    quality.passages += 1
    own: set[str] = set()
    for told in seen.hits.values():
        if told[-1].match == "pattern":
            continue
        right = bool(seen.kind) and told[-1].listed_plate == seen.plate
        strongest = "alert" if any(hit.alert_class == "alert" and not hit.withdrawn for hit in told) else "confirm"
        quality.hits[told[-1].list_kind, strongest] += 1
        quality.wrong[told[-1].list_kind, strongest] += not right
        own |= {strongest} if right else set()
        if not told[-1].withdrawn:
            quality.claims.append((told[-1].probability, right))
    if seen.kind:
        what = seen.kind, error_of(seen.plate, seen.read_as)
        quality.listed[what] += 1
        quality.found[what] += bool(own)
        quality.alerted[what] += "alert" in own


def error_of(plate: str, read_as: str) -> str:
    """`exact`, `one` character off (another, missing, too many), or `other`."""
    if plate == read_as:
        return "exact"
    return "one" if within_one_edit(plate, read_as) else "other"


def bins_of(claims: Iterable[tuple[float, bool]], edges: Sequence[float] = EDGES) -> list[Bin]:
    """Claims by range, those that were made."""
    groups: defaultdict[int, list[tuple[float, bool]]] = defaultdict(list)
    for claimed, so in claims:
        groups[sum(claimed >= edge for edge in edges[1:-1])].append((claimed, so))
    return [
        Bin(sum(c for c, _ in group) / len(group), sum(so for _, so in group) / len(group), len(group))
        for _, group in sorted(groups.items())
    ]
