"""A vehicle's file made anew of what the store keeps: of its cases as told last, and their hits.

What is lost for good: the offsets of the statements, so that one about the same hit counts as newer and changes nothing
but what it says; and events before the newest that a case tells.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from pipeline.cases.hits import MOST_TAKEN_BACK, held_hit, in_order
from pipeline.cases.opening import with_opened
from pipeline.cases.records import FileRecord, HeldAnomalyRecord, HeldCaseRecord, InputRecord, TakenBackRecord
from schemas.case import Case, CaseEvent, CaseState
from schemas.case_file import CaseFile, HeldAnomaly, HeldCase, HeldHit, TakenBack
from schemas.case_input import KeptCases
from schemas.hit import Hit

__all__ = ["file_of"]

HEARD = frozenset({"opened", "sighted", "sighted_late", "anomaly"})
"""Events after which a case is not silent for a while; so are all that people do."""


def file_of(plate: str, kept: KeptCases, at: datetime) -> CaseFile:
    """The file of this vehicle. at: our clock."""
    cases: tuple[HeldCase, ...] = ()
    for case in kept.cases:
        cases = with_opened(cases, _held(case, kept.hits))
    return FileRecord(plate=plate, cases=cases, taken_back=tuple(_taken_back(kept, at))[-MOST_TAKEN_BACK:])


def _held(case: Case, hits: Sequence[Hit]) -> HeldCase:
    said_at = {event.fact_id: event.at for event in case.timeline if event.fact_id is not None}
    own = tuple(sorted(_own_hits(case, hits, said_at), key=in_order))
    findings = tuple(_findings(case, said_at))
    acted = (event.fact_id for event in case.timeline if event.who and event.fact_id)
    heard = [event.at for event in case.timeline if event.kind in HEARD or (event.who and event.kind != "refused")]
    story = _Story(case.timeline)
    return HeldCaseRecord(
        case=case,
        hits=own,
        older=max(0, case.hit_count - len(own)),
        anomalies=findings,
        actions=tuple(dict.fromkeys(acted)),
        new_at=story.new_at if case.state == "new" else None,
        active_at=max(heard, default=case.opened_at),
        state_before_silence=story.state if case.closed_how == "silence" else None,
    )


def _own_hits(case: Case, hits: Sequence[Hit], said_at: Mapping[UUID, datetime]) -> Iterator[HeldHit]:
    wanted = frozenset(case.hit_ids)
    for hit in hits:
        if hit.hit_id in wanted and not hit.withdrawn:
            yield held_hit(InputRecord(plate=case.plate, at=said_at.get(hit.hit_id, case.updated_at), hit=hit))


def _findings(case: Case, said_at: Mapping[UUID, datetime]) -> Iterator[HeldAnomaly]:
    for shown in case.anomalies:
        known_at = said_at.get(shown.anomaly_id, case.updated_at)
        yield HeldAnomalyRecord(revision=1, offset=0, known_at=known_at, shown=shown)


def _taken_back(kept: KeptCases, at: datetime) -> Iterator[TakenBack]:
    """Told again, such a hit must open no case before its withdrawal comes behind it."""
    for hit in kept.hits:
        if hit.withdrawn:
            yield TakenBackRecord(fact_id=hit.hit_id, revision=hit.revision, offset=0, known_at=at)


class _Story:
    """What the events of a case say of its state, where the case itself no longer does."""

    def __init__(self, timeline: Sequence[CaseEvent]) -> None:
        self.state: CaseState = "new"
        """Before it ended, if it has."""
        self.new_at: datetime | None = None
        """When it became new again, as a hit came after all were taken back."""
        self._withdrawn = False
        for event in timeline:
            self._hear(event)

    def _hear(self, event: CaseEvent) -> None:
        if event.kind == "pursuing":
            self.state = "pursuing"
        elif event.kind in {"acknowledged", "assigned"} and self.state == "new":
            self.state = "acknowledged"
        elif event.kind == "reopened":
            self._reopened(event)
        self._withdrawn = event.kind == "withdrawn" or (self._withdrawn and event.kind != "reopened")

    def _reopened(self, event: CaseEvent) -> None:
        if event.who:
            self.state = "acknowledged"
        elif self._withdrawn:
            self.state, self.new_at = "new", event.at
