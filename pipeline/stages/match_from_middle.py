"""Hits of passages that are read from some message on: only what is certain to be told by who reads all of them.

What a passage's message leads to depends on what was told before of the passage under the same plate. Its first
revision has nothing before it, as a revision is the number of reads so far. So where the first hit of passage and plate
is of revision 1, all that was ever told of them has been seen here, and what follows is certain too. The others wait to
be read in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from msgspec import Struct

from pipeline.messages import Batch
from pipeline.outcome import Emit, Outcome
from pipeline.stages.match import Match
from schemas.codec import decoder
from schemas.hit import Hit

__all__ = ["MatchFromMiddle", "Telling", "telling_of"]

_decode = decoder(Hit, frozenset({"hit_id", "passage_id", "plate", "revision", "withdrawn"}))


class Telling(Struct, frozen=True, gc=False):
    """What makes a hit the same one: its words tell of the moment too, and patrols move."""

    hit_id: UUID
    revision: int
    withdrawn: bool


def telling_of(emit: Emit) -> Telling:
    """Of a hit."""
    hit = _decode(emit.value)
    return Telling(hit.hit_id, hit.revision, hit.withdrawn)


class MatchFromMiddle:
    """A stage: passages in, certain hits out."""

    def __init__(self, match: Match) -> None:
        """match: one of its own, which has seen nothing yet."""
        self._match = match
        self._begun: set[tuple[UUID, str]] = set()
        """Passages and plates all of whose hits were seen."""

    def __call__(self, batch: Batch) -> Outcome:
        """Hits of passages whose first hit is of their first revision."""
        return Outcome(emitted=[emit for emit in self._match(batch).emitted if self._is_certain(emit)])

    def _is_certain(self, emit: Emit) -> bool:
        hit = _decode(emit.value)
        if hit.revision == 1:
            self._begun.add((hit.passage_id, hit.plate))
        return (hit.passage_id, hit.plate) in self._begun

    def forget(self, places: Sequence[tuple[str, int]]) -> None:
        """These partitions are read by others, or in order. What has begun elsewhere is not certain any more either."""
        self._match.forget(places)
        self._begun.clear()
