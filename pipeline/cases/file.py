"""The file of one vehicle, and what an input makes of it: the one function that the worker calls."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from pipeline.cases.actions import acted
from pipeline.cases.clockwork import aged, resumed, ticked
from pipeline.cases.findings import finding_of, found, held_finding
from pipeline.cases.hits import MOST_TAKEN_BACK, held_hit, hit_of, joined
from pipeline.cases.kept import file_of
from pipeline.cases.opening import case_of_hit, opened, place_for, settled, with_opened
from pipeline.cases.records import FileRecord, TakenBackRecord, changed
from pipeline.cases.summary import is_open, is_urgent, last_sighting
from pipeline.cases.timeline import news
from schemas.case import Case, CaseEvent
from schemas.case_file import CaseFile, HeldAnomaly, HeldCase, HeldHit
from schemas.case_input import CaseAction, CaseInput, Origin

__all__ = ["Handled", "handle"]

MOST_PARTITIONS = 64


@dataclass(slots=True)
class Handled:
    """What follows from one input."""

    file: CaseFile | None
    """The vehicle's file now; None: nothing need be remembered."""
    cases: tuple[Case, ...] = ()
    """Cases that changed, each with a revision of its own."""
    look_around: tuple[UUID, ...] = ()
    """Those whose vehicle has just been seen and is sought urgently: tell who is near and where it goes."""
    events: tuple[CaseEvent, ...] = field(default=())
    """What happened in them."""
    refused: str = ""
    """Why an action found no case at all; other refusals are events of the case."""


def handle(file: CaseFile | None, given: CaseInput) -> Handled:
    """The file after an input, and the cases that changed. The same input again changes nothing.

    Time is that of the input: a hit's is when it could be known, so that a backlog makes the cases that it would
    have made; everything else happens when it was said.
    """
    if given.kept is not None:  # told already: nothing of it has changed
        return Handled(file or file_of(given.plate, given.kept, given.at))
    before = file or FileRecord(plate=given.plate)
    if given.origin is not None and _was_seen(before, given.origin):
        return Handled(file)
    after = _seen(before, given.origin) if given.origin else before
    refused = ""
    if given.hit is not None:
        after = _with_hit(after, held_hit(given), given.origin)
    if given.anomaly is not None:
        after = _with_finding(after, held_finding(given), given.origin)
    if given.action is not None:
        after, refused = _with_action(after, given.action, given.at)
    if given.hit is None and given.anomaly is None and given.action is None:
        after = _with_tick(after, given.at)
    return _handled(before, after, given, refused)


def _was_seen(file: CaseFile, origin: Origin) -> bool:
    """Within a partition hits come in order, so all up to the last one that came have come."""
    return any(
        one.offset >= origin.offset for one in file.seen if (one.log, one.partition) == (origin.log, origin.partition)
    )


def _seen(file: CaseFile, origin: Origin) -> CaseFile:
    others = [one for one in file.seen if (one.log, one.partition) != (origin.log, origin.partition)]
    return changed(file, seen=(*others, origin)[-MOST_PARTITIONS:])


def _with_hit(file: CaseFile, hit: HeldHit, origin: Origin | None) -> CaseFile:
    file = _with_time(file, hit.known_at)
    if _taken_back(file, hit.hit_id, hit.revision, hit.offset):
        return file
    number = case_of_hit(file.cases, hit)
    if number is not None:
        held = file.cases[number]
        goes_on = held if hit_of(held, hit.hit_id) else resumed(held, hit.known_at)
        return _put(file, number, settled(joined(goes_on, hit), hit.known_at))
    if hit.withdrawn:
        return _with_taken_back(file, hit.hit_id, hit)
    fresh = opened(file.plate, hit.hit_id, origin, hit.seen_at, hit.known_at, old=not hit.prompt)
    return changed(file, cases=with_opened(file.cases, settled(joined(fresh, hit), hit.known_at)))


def _with_finding(file: CaseFile, finding: HeldAnomaly, origin: Origin | None) -> CaseFile:
    file = _with_time(file, finding.known_at)
    anomaly_id = finding.shown.anomaly_id
    if _taken_back(file, anomaly_id, finding.revision, finding.offset):
        return file
    number = next((n for n, held in enumerate(file.cases) if finding_of(held, anomaly_id)), None)
    if number is not None:
        return _put(file, number, settled(found(file.cases[number], finding), finding.known_at))
    if finding.withdrawn:
        return _with_taken_back(file, anomaly_id, finding)
    number = place_for(file.cases, finding.known_at)
    if number is not None:
        goes_on = resumed(file.cases[number], finding.known_at)
        return _put(file, number, settled(found(goes_on, finding), finding.known_at))
    at = min(finding.shown.observed_at, finding.known_at)
    fresh = opened(file.plate, anomaly_id, origin, at, finding.known_at, old=False)
    return changed(file, cases=with_opened(file.cases, settled(found(fresh, finding), finding.known_at)))


def _taken_back(file: CaseFile, fact_id: UUID, revision: int, offset: int) -> bool:
    return any(one.fact_id == fact_id and (one.revision, one.offset) >= (revision, offset) for one in file.taken_back)


def _with_taken_back(file: CaseFile, fact_id: UUID, fact: HeldHit | HeldAnomaly) -> CaseFile:
    others = [one for one in file.taken_back if one.fact_id != fact_id]
    note = TakenBackRecord(fact_id=fact_id, revision=fact.revision, offset=fact.offset, known_at=fact.known_at)
    return changed(file, taken_back=(*others, note)[-MOST_TAKEN_BACK:])


def _with_action(file: CaseFile, action: CaseAction, at: datetime) -> tuple[CaseFile, str]:
    number = next((n for n, held in enumerate(file.cases) if held.case.case_id == action.case_id), None)
    if number is None:
        return file, "no such case, or it has been over for a week"
    later = number < len(file.cases) - 1
    return _put(file, number, acted(file.cases[number], action, at, superseded=later)), ""


def _with_tick(file: CaseFile, at: datetime) -> CaseFile:
    if file.ticked_at is not None and at <= file.ticked_at:
        return file
    return _with_time(changed(file, ticked_at=at), at)


def _with_time(file: CaseFile, at: datetime) -> CaseFile:
    return _put(file, len(file.cases) - 1, ticked(file.cases[-1], at)) if file.cases else file


def _put(file: CaseFile, number: int, held: HeldCase) -> CaseFile:
    return changed(file, cases=(*file.cases[:number], held, *file.cases[number + 1 :]))


def _handled(before: CaseFile, after: CaseFile, given: CaseInput, refused: str) -> Handled:
    known = {held.case.case_id: held for held in before.cases}
    handled = Handled(None, refused=refused)
    cases = tuple(_revised(known.get(held.case.case_id), held, given.at, handled) for held in after.cases)
    file = changed(after, cases=cases, put_away_at=None if cases else after.put_away_at)
    if file.cases or file.seen or file.taken_back:
        ticked = file.ticked_at != before.ticked_at
        handled.file = aged(file, given.at) if ticked and not handled.cases else file
    return handled


def _revised(before: HeldCase | None, after: HeldCase, at: datetime, handled: Handled) -> HeldCase:
    """The case with its next revision, if anything of it changed; notes what there is to tell."""
    if before is not None and before.case == after.case:
        return after
    revision = before.case.revision + 1 if before else 1
    told = changed(after, case=changed(after.case, revision=revision, updated_at=at))
    handled.cases += (told.case,)
    handled.events += news(before, told)
    if _moved(before, told):
        handled.look_around += (told.case.case_id,)
    return told


def _moved(before: HeldCase | None, after: HeldCase) -> bool:
    """Whether the vehicle was just seen somewhere, or somebody is called, and it matters at once."""
    case, last = after.case, last_sighting(after)
    if last is None or not last.prompt or not is_open(case) or not is_urgent(case):
        return False
    called = before is not None and case.escalation > before.case.escalation
    return called or before is None or before.case.last_seen_at != case.last_seen_at
