"""What inputs make of a vehicle's file: tables of what happens, and properties for any order and any repetition."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.cases.actions import LEADS_TO, refusal
from pipeline.cases.clockwork import due_at
from pipeline.cases.file import Handled, handle
from pipeline.cases.hits import MOST_HITS
from pipeline.cases.records import OriginRecord, changed
from pipeline.cases.rules import PUT_AWAY_AFTER, case_rules
from pipeline.cases.surroundings import surrounded, with_case
from pipeline.cases.timeline import MOST_EVENTS
from schemas.case import Case
from schemas.case_file import CaseFile
from schemas.case_input import ActionKind, CaseInput
from schemas.codec import decoder, encode
from schemas.hotlist import ListKind
from tests.pipeline.cases.builders import (
    PLATE,
    action,
    anomaly,
    given_action,
    given_anomaly,
    given_hit,
    hit,
    moment,
    tick,
)

HOUR = 3600.0
DAY = 24 * HOUR


def after(*inputs: CaseInput, file: CaseFile | None = None) -> CaseFile:
    """The file after these inputs, in this order; as it comes back from the changelog."""
    for one in inputs:
        file = handle(file, one).file
    assert file is not None
    return decoder(CaseFile)(encode(file))


def case_of(*inputs: CaseInput) -> Case:
    """The last case after these inputs."""
    return after(*inputs).cases[-1].case


def kinds(case: Case) -> list[str]:
    """What happened in it."""
    return [event.kind for event in case.timeline]


FIRST = given_hit(hit(0))
CASE_ID = case_of(FIRST).case_id


def did(what: ActionKind, seconds: float = 10.0, **changes: Any) -> CaseInput:
    """Somebody does this to the case of FIRST."""
    return given_action(action(CASE_ID, what, **changes), seconds)


# ---- hits become one case ----------------------------------------------------------------------------------


def test_hits_of_one_vehicle_are_one_case() -> None:
    doubtful = hit(60, match="misread", plate="1A8C234", probability=0.4, alert_class="confirm", camera_id="cam-2")
    case = case_of(FIRST, given_hit(doubtful, 1))
    assert (case.state, case.hit_count, case.alert_class, case.probability) == ("new", 2, "alert", 0.99)
    assert (case.last_camera_id, case.last_captured_at) == ("cam-2", moment(60))
    assert (case.opened_at, case.plate, case.revision) == (moment(0), PLATE, 2)
    assert kinds(case) == ["opened", "sighted", "sighted"]


def test_the_most_urgent_entry_speaks_for_the_case() -> None:
    papers = hit(0, name="a", entry_id="e2", list_kind="no_insurance", priority=80, instruction="check_papers")
    armed = hit(0, name="b", entry_id="e3", owner="5340", priority=0, dangerous=True, instruction="stop_with_backup")
    case = case_of(given_hit(papers), given_hit(armed, 1))
    assert (case.priority, case.dangerous, case.instruction) == (0, True, "stop_with_backup")
    assert (case.list_kinds, case.owners) == (("stolen_vehicle", "no_insurance"), ("5340", "federal"))
    assert case.entry_ids == ("e3", "e2")


def test_an_entry_that_is_a_pattern_gives_each_vehicle_its_own_case() -> None:
    one = hit(0, match="pattern", listed_plate="1AB*", plate="1ABC234")
    other = hit(5, match="pattern", listed_plate="1AB*", plate="1ABD999")
    assert case_of(given_hit(one)).plate == "1ABC234"
    assert case_of(given_hit(other)).plate == "1ABD999"


def test_a_redelivered_hit_changes_nothing() -> None:
    file = after(FIRST, given_hit(hit(60), 1))
    again = handle(file, FIRST)
    assert (again.file, again.cases, again.events) == (file, (), ())


def test_a_later_statement_of_the_same_revision_holds() -> None:
    """The list has changed: the entry is gone, then it is back."""
    gone, back = hit(0, withdrawn=True), hit(0)
    assert case_of(FIRST, given_hit(gone, 1)).hit_count == 0
    assert case_of(FIRST, given_hit(gone, 1), given_hit(back, 2)).hit_count == 1


@pytest.mark.parametrize("revision", [1, 2])
def test_a_withdrawal_may_come_before_its_hit(revision: int) -> None:
    late = given_hit(hit(0), 0, origin=None)
    file = after(given_hit(hit(0, revision=revision, withdrawn=True), 5), late)
    assert (file.cases, len(file.taken_back)) == ((), 1)


def test_a_case_without_hits_ends_and_goes_on_when_one_comes() -> None:
    gone = given_hit(hit(0, revision=2, withdrawn=True, received_at=moment(5)), 1)
    case = case_of(FIRST, gone)
    assert (case.state, case.closed_how, case.hit_ids, case.closed_at) == ("closed", "withdrawn", (), moment(5))
    assert case.list_kinds == ("stolen_vehicle",), "what it was about can still be read"
    again = case_of(FIRST, gone, given_hit(hit(60), 2))
    assert (again.case_id, again.state, again.closed_how, again.hit_count) == (CASE_ID, "new", None, 1)
    assert kinds(again)[-2:] == ["sighted", "reopened"]


def test_the_last_position_goes_back_when_the_last_hit_is_taken_back() -> None:
    other = hit(60, camera_id="cam-2")
    gone = given_hit(hit(60, revision=2, withdrawn=True, camera_id="cam-2"), 2)
    assert case_of(FIRST, given_hit(other, 1), gone).last_camera_id == "cam-1"


def test_a_camera_whose_clock_is_a_day_ahead_is_not_last_seen_tomorrow() -> None:
    ahead = hit(DAY, camera_id="cam-ahead", received_at=moment(30))
    case = case_of(given_hit(ahead), given_hit(hit(60, camera_id="cam-2"), 1))
    assert (case.last_camera_id, case.last_seen_at, case.opened_at) == ("cam-2", moment(60), moment(30))


@pytest.mark.parametrize("old", [{"late": True}, {"retroactive": True}])
def test_what_passed_long_ago_does_not_move_the_vehicle_and_calls_nobody(old: dict[str, bool]) -> None:
    found = given_hit(hit(-1000, camera_id="cam-old", received_at=moment(60), **old), 1, at=moment(60))
    alone = case_of(found)
    assert (alone.old_only, alone.last_camera_id) == (True, "cam-old")
    assert "not where the vehicle is now" in alone.timeline[0].text
    assert handle(None, found).look_around == ()
    assert case_of(found, tick(1000)).escalation == 0
    both = case_of(FIRST, found)
    assert (both.old_only, both.last_camera_id, both.hit_count) == (False, "cam-1", 2)
    assert kinds(both)[-1] == "sighted_late"


def test_what_is_found_afterwards_does_not_end_for_silence_at_once() -> None:
    found = given_hit(hit(-20 * HOUR, retroactive=True, list_kind="no_insurance"), at=moment(0))
    assert case_of(found, tick(60)).state == "new"


# ---- time --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("seconds", "level"), [(120, 0), (120.5, 1), (600, 1), (600.5, 2), (9000, 2)])
def test_a_sure_hit_on_a_stolen_car_is_escalated_while_nobody_acknowledges_it(seconds: float, level: int) -> None:
    assert case_of(FIRST, tick(seconds)).escalation == level


def test_ticks_one_after_the_other_say_it_once_each() -> None:
    case = case_of(FIRST, *(tick(seconds) for seconds in range(100, 1000, 80)))
    assert kinds(case) == ["opened", "sighted", "escalated", "escalated"]
    assert [event.text for event in case.timeline[2:]] == [
        "to level 1: 3 min unanswered",
        "to level 2: 11 min unanswered",
    ]


def test_acknowledged_is_not_escalated() -> None:
    case = case_of(FIRST, tick(130), did("acknowledge", 140), tick(1000))
    assert (case.escalation, case.state) == (0, "acknowledged")


def test_a_sure_hit_after_doubtful_ones_starts_the_clock_anew() -> None:
    doubtful = given_hit(hit(0, alert_class="confirm"))
    assert case_of(doubtful, tick(500)).escalation == 0
    sure = given_hit(hit(490), 1)
    assert case_of(doubtful, sure, tick(600)).escalation == 0
    assert case_of(doubtful, sure, tick(611)).escalation == 1


@pytest.mark.parametrize(
    ("kind", "seconds", "state"),
    [
        ("no_insurance", 1800, "new"),
        ("no_insurance", 1801, "closed"),
        ("stolen_vehicle", 12 * HOUR, "new"),
        ("stolen_vehicle", 12 * HOUR + 1, "closed"),
    ],
)
def test_a_case_ends_by_itself_after_silence(kind: ListKind, seconds: float, state: str) -> None:
    case = case_of(given_hit(hit(0, list_kind=kind)), tick(seconds))
    assert case.state == state
    if state == "closed":
        assert (case.closed_how, kinds(case)[-1]) == ("silence", "silent")
        assert "nobody had acknowledged it" in case.timeline[-1].text


def test_a_pursued_case_outlives_half_an_hour_of_silence() -> None:
    first = given_hit(hit(0, list_kind="no_insurance"))
    case_id = case_of(first).case_id
    assert case_of(first, given_action(action(case_id, "pursue"), 60), tick(2 * HOUR)).state == "pursuing"


def test_after_silence_the_vehicle_gets_a_new_case() -> None:
    file = after(FIRST, tick(13 * HOUR), given_hit(hit(14 * HOUR), 1))
    assert [held.case.state for held in file.cases] == ["closed", "new"]


def test_a_backlog_makes_the_cases_that_it_would_have_made() -> None:
    """Hits of one trip that are taken hours later are still one case."""
    now = moment(5 * HOUR)
    trip = [given_hit(hit(s, list_kind="no_insurance"), n, at=now) for n, s in enumerate((0, 600, 1200))]
    assert len(after(*trip).cases) == 1


def test_a_clock_ahead_of_a_backlog_ends_no_case_too_early() -> None:
    """It ends what it takes for silent while a hit of the same hour still waits: the case goes on, as one."""
    late = given_hit(hit(600), 1, at=moment(20 * HOUR))
    file = after(FIRST, tick(19 * HOUR), late)
    (held,) = file.cases
    assert (held.case.state, held.case.hit_count, held.case.closed_how) == ("new", 2, None)
    assert kinds(held.case) == ["opened", "sighted", "silent", "reopened", "sighted"]
    assert [one.case.state for one in after(tick(20 * HOUR), file=file).cases] == ["closed"]


def test_it_goes_on_in_the_state_in_which_it_was_ended() -> None:
    late = given_hit(hit(5 * HOUR), 1, at=moment(40 * HOUR))
    file = after(FIRST, did("pursue", 60), tick(39 * HOUR), late)
    assert [(held.case.state, held.case.hit_count) for held in file.cases] == [("pursuing", 2)]


def test_a_hit_of_after_the_silence_opens_another_case_however_late_it_is_told() -> None:
    late = given_hit(hit(14 * HOUR), 1, at=moment(40 * HOUR))
    assert [held.case.hit_count for held in after(FIRST, tick(39 * HOUR), late).cases] == [1, 1]


def test_what_is_told_anew_of_its_own_hit_does_not_open_a_silent_case() -> None:
    file = after(FIRST, tick(13 * HOUR), given_hit(hit(0, revision=2), 1))
    assert [held.case.state for held in file.cases] == ["closed"]


def test_a_case_of_another_log_is_another_case() -> None:
    """All brokers were lost: taken for an older state of the first it would not be seen."""
    assert FIRST.origin is not None
    there = msgspec.structs.replace(FIRST.origin, log="another")  # type: ignore[type-var]
    (case,) = handle(None, msgspec.structs.replace(FIRST, origin=there)).cases  # type: ignore[type-var, arg-type]
    assert case.case_id != CASE_ID


def test_a_hit_told_anew_after_its_case_was_put_away_opens_another_case() -> None:
    """Under the same identifier it would be taken for an older state of the case that is over."""
    away = after(FIRST, did("close"), tick(PUT_AWAY_AFTER.total_seconds() + 10))
    (again,) = handle(away, given_hit(hit(0), 1)).cases
    assert (again.case_id != CASE_ID, again.revision) == (True, 1)


def test_a_tick_that_comes_again_puts_nothing_away() -> None:
    """The clock of who acts may be behind that of the worker."""
    file = after(FIRST, tick(PUT_AWAY_AFTER.total_seconds()), did("false", 0))
    assert after(tick(PUT_AWAY_AFTER.total_seconds()), file=file) == file


def test_what_is_over_is_put_away_and_then_forgotten() -> None:
    ended = after(FIRST, did("close"))
    week = PUT_AWAY_AFTER.total_seconds() + 10
    away = after(tick(week), file=ended)
    assert (away.cases, away.seen) == ((), ended.seen)
    assert handle(away, FIRST).cases == (), "a hit of a month ago that comes again wakes nobody"
    assert handle(away, tick(30 * DAY + 10)).file is None


# ---- people ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", LEADS_TO)
@pytest.mark.parametrize("state", ["new", "acknowledged", "pursuing", "closed", "false"])
def test_what_may_follow_what(what: ActionKind, state: str) -> None:
    before: dict[str, list[CaseInput]] = {
        "new": [],
        "acknowledged": [did("acknowledge")],
        "pursuing": [did("pursue")],
        "closed": [did("close")],
        "false": [did("false")],
    }
    path = [FIRST, *before[state]]
    assert case_of(*path).state == state
    doing = given_action(action(CASE_ID, what, to="5340-2", text="why", action_id=CASE_ID), 20)
    case = case_of(*path, doing)
    wanted = LEADS_TO[what].get(state)  # type: ignore[call-overload]
    assert case.state == (wanted or state)
    assert (kinds(case)[-1] == "refused") == (wanted is None)
    assert bool(refusal(case_of(*path), doing.action)) == (wanted is None)  # type: ignore[arg-type]


def test_who_was_first_is_told_to_the_second() -> None:
    second = action(CASE_ID, "acknowledge", officer="maes", action_id=CASE_ID)
    case = case_of(FIRST, did("acknowledge"), given_action(second, 11))
    assert case.timeline[-1].text == "cannot acknowledge: the case is acknowledged (by peeters)"
    assert case.timeline[-1].who == "maes"


def test_an_assignment_says_to_whom() -> None:
    case = case_of(FIRST, did("assign", to="5340-2", text="nearest"))
    assert (case.state, case.assigned_to, case.note) == ("acknowledged", "5340-2", "nearest")
    assert refusal(case, action(CASE_ID, "assign")) == "cannot assign: say to whom"


def test_the_same_action_twice_is_done_once() -> None:
    once = after(FIRST, did("acknowledge"))
    assert after(did("acknowledge"), file=once) == once


def test_an_action_on_a_case_that_is_not_there_is_refused() -> None:
    assert "no such case" in handle(None, did("close")).refused
    assert handle(None, did("close")).file is None


def test_the_false_alarm_of_a_misread_wakes_nobody_again_that_day() -> None:
    misread = {"match": "misread", "plate": "1A8C234", "alert_class": "confirm"}
    judged = [given_hit(hit(0, **misread)), given_action(action(CASE_ID, "false", picture="compared"), 60)]
    same, other = given_hit(hit(600, **misread), 1), given_hit(hit(600, plate=PLATE, name="sure"), 1)
    assert [held.case.state for held in after(*judged, same).cases] == ["false"]
    assert after(*judged, same).cases[0].case.hit_count == 2
    assert [held.case.state for held in after(*judged, other).cases] == ["false", "new"], "the plate itself was read"
    tomorrow = given_hit(hit(25 * HOUR, **misread), 1)
    assert [held.case.state for held in after(*judged, tomorrow).cases] == ["false", "new"]


def test_an_older_case_is_not_opened_beside_a_later_one() -> None:
    file = after(FIRST, did("close"), given_hit(hit(60), 1), did("reopen", 70))
    assert [held.case.state for held in file.cases] == ["closed", "new"]
    assert "later case" in file.cases[0].case.timeline[-1].text


# ---- anomalies ---------------------------------------------------------------------------------------------


def test_a_plate_at_two_places_is_a_case_with_both_pictures() -> None:
    case = case_of(given_anomaly(anomaly()))
    assert (case.state, case.hit_count, case.list_kinds) == ("new", 0, ())
    assert case.anomalies[0].evidence == ("cam-1.jpg", "cam-9.jpg")


def test_an_anomaly_joins_the_open_case_and_leaves_it_again() -> None:
    gone = given_anomaly(anomaly(revision=2, withdrawn=True), 1)
    file = after(FIRST, given_anomaly(anomaly()))
    assert [len(held.case.anomalies) for held in file.cases] == [1]
    assert after(gone, file=file).cases[0].case.anomalies == ()
    assert case_of(given_anomaly(anomaly()), gone).closed_how == "withdrawn"
    assert after(gone, given_anomaly(anomaly(), 0)).cases == ()


# ---- surroundings ------------------------------------------------------------------------------------------


def test_the_surroundings_of_a_place_are_forgotten_with_it() -> None:
    before = after(FIRST)
    file = with_case(before, surrounded(before.cases[0].case, (), (), moment(1)))
    assert case_of(FIRST, given_hit(hit(60, camera_id="cam-2"), 1)).patrols_at is None
    kept = handle(file, did("acknowledge")).file
    assert kept is not None
    assert (kept.cases[0].case.patrols_at, kept.cases[0].case.state) == (moment(1), "acknowledged")
    other = after(given_hit(hit(0, name="other", listed_plate="9OTHER", plate="9OTHER")))
    assert with_case(other, file.cases[0].case) == other


@pytest.mark.parametrize(("kind", "wanted"), [("stolen_vehicle", True), ("no_insurance", False)])
def test_only_of_who_is_sought_urgently_the_surroundings_are_looked_up(kind: ListKind, wanted: bool) -> None:
    assert bool(handle(None, given_hit(hit(0, list_kind=kind))).look_around) == wanted


def test_whoever_is_called_is_told_who_is_near_now() -> None:
    assert handle(after(FIRST), tick(130)).look_around == (CASE_ID,)


# ---- properties --------------------------------------------------------------------------------------------

SECONDS = st.floats(-2 * HOUR, 30 * HOUR, allow_nan=False).map(lambda s: round(s, 1))
FACTS = st.tuples(
    st.sampled_from("abcdefgh"),
    st.integers(1, 3),
    st.booleans(),
    SECONDS,
    st.sampled_from(list(case_rules())),
    st.sampled_from(["exact", "misread"]),
    st.sampled_from(["alert", "confirm"]),
    st.booleans(),
)


def _hit_input(fact: tuple[Any, ...], offset: int) -> CaseInput:
    name, revision, withdrawn, seconds, kind, match, alert_class, late = fact
    fields = {"revision": revision, "withdrawn": withdrawn, "list_kind": kind, "alert_class": alert_class, "late": late}
    return given_hit(hit(seconds, name=name, match=match, **fields), offset)


ACTS = st.tuples(st.sampled_from(list(LEADS_TO)), SECONDS, st.uuids(version=4))
LATER = st.floats(30 * HOUR, 29 * DAY, allow_nan=False).map(lambda s: round(s, 1))
INPUTS = st.lists(st.one_of(FACTS, SECONDS, LATER, ACTS), min_size=1, max_size=25)
"""Within a month: so long a file is kept, and hits can come again."""


def inputs_of(drawn: Sequence[Any]) -> list[CaseInput]:
    """Inputs in log order; actions are on the first case of the vehicle, whichever that becomes."""
    made: list[CaseInput] = []
    for offset, one in enumerate(drawn):
        if isinstance(one, float):
            made.append(tick(one))
        elif len(one) == 3:
            what, seconds, action_id = one
            made.append(given_action(action(CASE_ID, what, action_id=action_id, to="x", text="t"), seconds))
        else:
            made.append(_hit_input(one, offset))
    return [FIRST, *(_shifted(one) for one in made)]


def _shifted(one: CaseInput) -> CaseInput:
    """Behind FIRST in the log."""
    if one.origin is None:
        return one
    origin = msgspec.structs.replace(one.origin, offset=one.origin.offset + 1)  # type: ignore[type-var]
    return msgspec.structs.replace(one, origin=origin)  # type: ignore[type-var, no-any-return]


def _run(inputs: Iterable[CaseInput]) -> tuple[CaseFile | None, list[Handled]]:
    file, all_handled = None, []
    for one in inputs:
        handled = handle(file, one)
        file = handled.file
        all_handled.append(handled)
    return file, all_handled


@given(INPUTS, st.data())
@settings(max_examples=500, deadline=None)
def test_what_comes_again_from_any_place_on_changes_nothing(drawn: Sequence[Any], data: st.DataObject) -> None:
    """A crash takes the log back to an earlier place: hits, actions and ticks up to here come again, in order."""
    inputs = inputs_of(drawn)
    end = data.draw(st.integers(1, len(inputs)))
    back = data.draw(st.integers(0, end))
    once, _ = _run(inputs)
    twice, _ = _run([*inputs[:end], *inputs[back:end], *inputs[end:]])
    if once is not None and twice is not None:
        assert [held.case for held in twice.cases] == [held.case for held in once.cases]
    assert (once is None) == (twice is None)


@given(INPUTS)
@settings(max_examples=300, deadline=None)
def test_a_file_stays_in_its_bounds_and_is_read_as_it_was_written(drawn: Sequence[Any]) -> None:
    file = None
    for one in inputs_of(drawn):
        handled = handle(file, one)
        for case in handled.cases:
            assert decoder(Case)(encode(case)) == case
        file = handled.file
        if file is not None:
            assert decoder(CaseFile)(encode(file)) == file
            assert all(held.case.state in {"closed", "false"} for held in file.cases[:-1]), "one case is open"
            assert due_at(file) > moment(-3 * HOUR)


@given(INPUTS)
@settings(max_examples=300, deadline=None)
def test_each_change_is_one_revision_with_something_told_or_corrected(drawn: Sequence[Any]) -> None:
    _, all_handled = _run(inputs_of(drawn))
    last: dict[Any, int] = {}
    for handled in all_handled:
        for case in handled.cases:
            assert case.revision == last.get(case.case_id, 0) + 1
            last[case.case_id] = case.revision


@given(st.lists(SECONDS, min_size=1, max_size=8), st.lists(st.integers(0, 8), max_size=4))
@settings(max_examples=300, deadline=None)
def test_a_backlog_makes_these_cases_however_far_ahead_the_clock_is(
    seconds: Sequence[float], ticked_before: Sequence[int]
) -> None:
    hits = [given_hit(hit(one, name=f"{n}"), n, at=moment(100 * HOUR)) for n, one in enumerate(sorted(seconds))]
    ahead = [one for n, each in enumerate(hits) for one in (*[tick(101 * HOUR + n)] * (n in ticked_before), each)]
    assert _grouped(ahead) == _grouped(hits)


def _grouped(inputs: Iterable[CaseInput]) -> set[tuple[Any, ...]]:
    """The hits of each case that was ever told."""
    _, handled = _run(inputs)
    return set({case.case_id: case.hit_ids for each in handled for case in each.cases}.values())


@given(st.lists(FACTS, min_size=1, max_size=12), st.data())
@settings(max_examples=300, deadline=None)
def test_which_hits_stand_does_not_hang_on_the_order_of_their_coming(
    drawn: Sequence[tuple[Any, ...]], data: st.DataObject
) -> None:
    """Without time between them: what is said of a hit under the highest revision, the last of equal ones, holds."""
    facts = [(*fact[:3], 0.0, *fact[4:7], False) for fact in drawn]
    inputs = [given_hit(_hit_input(fact, n).hit, n) for n, fact in enumerate(facts)]  # type: ignore[arg-type]
    shuffled = data.draw(st.permutations([_alone(one) for one in inputs]))
    latest = {one.hit.hit_id: one for one in sorted(inputs, key=_rank) if one.hit}  # type: ignore[union-attr]
    wanted = {hit_id for hit_id, one in latest.items() if one.hit and not one.hit.withdrawn}
    file, _ = _run(shuffled)
    assert file is not None
    assert {hit_id for held in file.cases for hit_id in held.case.hit_ids} == wanted


def _rank(one: CaseInput) -> tuple[int, int]:
    assert one.hit is not None
    assert one.origin is not None
    return one.hit.revision, one.origin.offset


def _alone(one: CaseInput) -> CaseInput:
    """From a log of its own, so that only revision and offset tell which statement is the later one."""
    assert one.origin is not None
    origin = msgspec.structs.replace(one.origin, log=f"log-{one.origin.offset}")  # type: ignore[type-var]
    return msgspec.structs.replace(one, origin=origin)  # type: ignore[type-var, no-any-return]


def test_a_vehicle_that_passes_without_end_stays_in_its_bounds() -> None:
    file = None
    for n in range(MOST_HITS * 2):
        file = handle(file, given_hit(hit(float(n), reason="x" * 1000), n)).file
    assert file is not None
    case = file.cases[-1].case
    assert (case.hit_count, len(case.hit_ids)) == (MOST_HITS * 2, MOST_HITS)
    assert (len(case.timeline), case.timeline_count) == (MOST_EVENTS, MOST_HITS * 2 + 2), "opened, escalated once"
    assert len(encode(file)) < 1_000_000


def test_every_kind_of_list_has_its_rule() -> None:
    from pipeline.hotlist.rules import KINDS

    assert set(case_rules()) == set(KINDS)
    assert all(rule.silence >= timedelta(minutes=10) for rule in case_rules().values())


def test_an_action_on_nothing_that_says_where_it_lay_leaves_nothing_that_breaks() -> None:
    """Nobody of ours writes an origin into an action; what is remembered of it goes as all else does."""
    origin = OriginRecord(log="log", partition=0, offset=5)
    stray = changed(given_action(action(UUID(int=9), "close"), 10), origin=origin)
    handled = handle(None, stray)
    assert handled.refused
    assert handled.file is not None
    assert due_at(handled.file) < moment(10)
    away = handle(handled.file, tick(20)).file
    assert away is not None
    assert away.put_away_at == moment(20)
