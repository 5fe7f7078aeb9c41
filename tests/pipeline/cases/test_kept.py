"""A file that was lost is made anew of what the store keeps: it is as it was, and what is told again opens no case."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from hypothesis import given, settings

from pipeline.cases.file import handle
from pipeline.cases.kept import file_of
from pipeline.cases.records import InputRecord, OriginRecord, changed
from pipeline.cases.rules import PUT_AWAY_AFTER
from schemas.case_file import CaseFile, HeldCase
from schemas.case_input import CaseInput, KeptCases
from schemas.codec import compiled, decoder, encode
from schemas.hit import Hit
from tests.pipeline.cases.builders import PLATE, anomaly, given_anomaly, given_hit, hit, moment, tick
from tests.pipeline.cases.test_file import FIRST, INPUTS, after, did, inputs_of

KeptRecord = compiled(KeptCases)
NOW = 30 * 86_400.0


def kept_of(file: CaseFile, inputs: Iterable[CaseInput]) -> CaseInput:
    """What the store has of it: the cases as told last, and of each hit the highest statement."""
    hits: dict[UUID, Hit] = {}
    for told in (one.hit for one in inputs if one.hit):
        if told.hit_id not in hits or told.revision >= hits[told.hit_id].revision:
            hits[told.hit_id] = told
    kept = KeptRecord(cases=tuple(held.case for held in file.cases), hits=tuple(hits.values()))
    return InputRecord(plate=file.plate, at=moment(NOW), kept=kept)


def made_anew(file: CaseFile, inputs: Sequence[CaseInput]) -> CaseFile:
    """The file as its successor makes it, who has only what the store keeps."""
    given = decoder(CaseInput)(encode(kept_of(file, inputs)))
    handled = handle(None, given)
    assert (handled.cases, handled.events, handled.refused) == ((), (), "")
    assert handled.file is not None
    return decoder(CaseFile)(encode(handled.file))


def essence(held: HeldCase) -> dict[str, Any]:
    """What decides on what becomes of a case."""
    return {
        "case": held.case,
        "standing": [(one.hit_id, one.known_at, one.seen_at, one.place) for one in held.hits if not one.withdrawn],
        "older": held.older,
        "findings": [one.shown for one in held.anomalies if not one.withdrawn],
        "actions": set(held.actions),
        "new_at": held.new_at if held.case.state == "new" else None,
        "active_at": held.active_at,
        "state_before_silence": held.state_before_silence if held.case.closed_how == "silence" else None,
    }


def test_a_case_goes_on_where_it_stood() -> None:
    inputs = [FIRST, given_anomaly(anomaly(5)), did("acknowledge", 10), did("pursue", 20), given_hit(hit(60), 1)]
    file = after(*inputs)
    anew = made_anew(file, inputs)
    assert [essence(held) for held in anew.cases] == [essence(held) for held in file.cases]
    told = handle(anew, given_hit(hit(90, camera_id="cam-3"), 0)).cases
    assert [(case.case_id, case.state, case.revision) for case in told] == [
        (file.cases[0].case.case_id, "pursuing", file.cases[0].case.revision + 1)
    ]


def test_a_file_that_is_there_is_not_touched() -> None:
    file = after(FIRST, did("close"))
    handled = handle(file, kept_of(after(FIRST), [FIRST]))
    assert (handled.file, handled.cases) == (file, ())


def test_the_clock_goes_on_too() -> None:
    inputs = [FIRST, did("acknowledge", 10)]
    ended = handle(made_anew(after(*inputs), inputs), tick(13 * 3600.0)).cases
    assert [(case.state, case.closed_how) for case in ended] == [("closed", "silence")]


def test_a_hit_that_was_taken_back_opens_no_case_when_it_is_told_again() -> None:
    gone = given_hit(hit(60, revision=2, withdrawn=True), 2)
    inputs = [FIRST, given_hit(hit(60), 1), gone]
    anew = file_of(PLATE, KeptRecord(cases=(), hits=(gone.hit,)), moment(NOW))  # type: ignore[arg-type]
    assert handle(anew, _elsewhere(inputs[1], 0)).cases == ()


def _steady(drawn: Sequence[Any]) -> list[CaseInput]:
    """Inputs in which one hit is of one passage, whatever is said of it, and nothing is put away."""
    moments: dict[str, float] = {}
    made: list[Any] = []
    for one in drawn:
        if isinstance(one, tuple) and len(one) > 3:
            made.append((*one[:3], moments.setdefault(one[0], one[3]), *one[4:7], False))
        elif not isinstance(one, float) or one < PUT_AWAY_AFTER.total_seconds():
            made.append(one)
    return inputs_of(made)


@given(INPUTS)
@settings(max_examples=500, deadline=None)
def test_it_is_as_it_was(drawn: Sequence[Any]) -> None:
    inputs = _steady(drawn)
    file = _run(inputs)
    if file is not None:
        anew = made_anew(file, inputs)
        assert [essence(held) for held in anew.cases] == [essence(held) for held in file.cases]


@given(INPUTS)
@settings(max_examples=500, deadline=None)
def test_what_is_told_again_in_another_log_opens_no_case(drawn: Sequence[Any]) -> None:
    inputs = _steady(drawn)
    file = _run(inputs)
    if file is None:
        return
    known = {held.case.case_id: held.case.hit_ids for held in file.cases}
    standing = {hit_id for hit_ids in known.values() for hit_id in hit_ids}
    anew: CaseFile | None = made_anew(file, inputs)
    for number, one in enumerate(_each_revision_once(inputs, standing)):
        handled = handle(anew, _elsewhere(one, number))
        assert {case.case_id for case in handled.cases} <= set(known)
        anew = handled.file
    assert anew is not None
    assert {held.case.case_id: held.case.hit_ids for held in anew.cases} == known


def _run(inputs: Iterable[CaseInput]) -> CaseFile | None:
    file = None
    for one in inputs:
        file = handle(file, one).file
    return file


def _each_revision_once(inputs: Sequence[CaseInput], wanted: Collection[UUID]) -> Iterable[CaseInput]:
    """What was said of these hits, the last of each revision, in the order of the log."""
    last = {(one.hit.hit_id, one.hit.revision): one for one in inputs if one.hit and one.hit.hit_id in wanted}
    return [one for one in inputs if any(one is kept for kept in last.values())]


def _elsewhere(one: CaseInput, offset: int) -> CaseInput:
    """The same message in another log."""
    return changed(one, origin=OriginRecord(log="another", partition=0, offset=offset))
