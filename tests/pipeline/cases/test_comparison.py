"""A case without a sure reading waits for a look at the picture, whichever way somebody acts; what they say is kept."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from pipeline.cases.actions import LEADS_TO, refusal
from pipeline.cases.comparison import must_compare, said_of_picture
from pipeline.cases.timeline import MOST_EVENTS
from schemas.case_input import ActionKind, CaseInput
from tests.pipeline.cases.builders import action, anomaly, given_action, given_anomaly, given_hit, hit, tick
from tests.pipeline.cases.test_file import case_of, kinds

DOUBTFUL = given_hit(hit(0, alert_class="confirm", match="misread", plate="1A8C234", probability=0.4))
CASE_ID = case_of(DOUBTFUL).case_id
TO_ALL = {"to": "5340-2", "text": "why"}
"""What some actions need."""


def did(what: ActionKind, seconds: float = 10.0, **changes: Any) -> CaseInput:
    """Somebody does this to the case of DOUBTFUL."""
    return given_action(action(CASE_ID, what, **(TO_ALL | changes)), seconds)


@pytest.mark.parametrize("what", ["acknowledge", "assign", "pursue", "close", "false"])
def test_nobody_takes_or_ends_it_without_a_look_at_the_picture(what: ActionKind) -> None:
    case = case_of(DOUBTFUL, did(what))
    assert (case.state, kinds(case)[-1], case.assigned_to) == ("new", "refused", None)
    assert case.timeline[-1].text.startswith(
        f"cannot {what}: no reading is sure, and nobody has compared the newest picture"
    )
    assert must_compare(case), "being refused is no look"


@pytest.mark.parametrize("what", ["acknowledge", "assign", "pursue", "close", "false"])
@pytest.mark.parametrize(("picture", "kind"), [("compared", "compared"), ("none", "no_picture")])
def test_who_says_what_the_picture_is_may_and_it_stands_in_the_story(what: ActionKind, picture: str, kind: str) -> None:
    case = case_of(DOUBTFUL, did(what, picture=picture))
    assert case.state == LEADS_TO[what]["new"]
    said, done = case.timeline[-2:]
    assert (said.kind, said.who, said.fact_id) == (kind, "peeters", done.fact_id)
    assert said_of_picture(case) == said


def test_a_remark_waits_for_nothing_and_says_nothing_of_the_picture() -> None:
    case = case_of(DOUBTFUL, did("note", text="picture compared: it is the plate"))
    assert (kinds(case)[-1], must_compare(case)) == ("noted", True)


def test_once_said_it_holds_for_everybody() -> None:
    """Whoever cannot tell leaves the case as it is, and the next one may take it."""
    case = case_of(DOUBTFUL, did("note", picture="compared"), did("pursue", 20, officer="maes"))
    assert (case.state, kinds(case)[-3:]) == ("pursuing", ["compared", "noted", "pursuing"])


@pytest.mark.parametrize("sure", [True, False])
def test_one_sure_reading_is_enough(sure: bool) -> None:
    other = given_hit(hit(60, alert_class="alert" if sure else "confirm"), 1)
    assert case_of(DOUBTFUL, other, did("acknowledge", 70)).state == ("acknowledged" if sure else "new")


def test_a_finding_about_a_plate_is_no_reading_to_compare() -> None:
    case = case_of(given_anomaly(anomaly()))
    assert (case.alert_class, must_compare(case)) == ("confirm", False)
    assert refusal(case, action(case.case_id, "acknowledge")) == ""


@pytest.mark.parametrize(("what", "refused"), [("pursue", True), ("assign", True), ("close", False), ("false", False)])
def test_when_the_sure_reading_is_taken_back_nobody_is_sent_but_it_can_be_ended(
    what: ActionKind, refused: bool
) -> None:
    """Whoever took it meanwhile may have seen the vehicle itself."""
    sure = hit(5, name="sure")
    gone = hit(5, name="sure", revision=2, withdrawn=True)
    taken = [DOUBTFUL, given_hit(sure, 1), did("acknowledge", 10), given_hit(gone, 2)]
    before = case_of(*taken)
    assert (before.state, before.alert_class, must_compare(before)) == ("acknowledged", "confirm", True)
    assert (kinds(case_of(*taken, did(what, 20)))[-1] == "refused") == refused
    assert kinds(case_of(*taken, did(what, 20, picture="compared")))[-1] != "refused"


def test_who_opens_it_again_deals_with_it_and_must_have_looked() -> None:
    thirteen_hours = 13 * 3600.0
    silent = [DOUBTFUL, tick(thirteen_hours)]
    assert case_of(*silent).state == "closed"
    assert kinds(case_of(*silent, did("reopen", thirteen_hours + 1)))[-1] == "refused"
    assert case_of(*silent, did("reopen", thirteen_hours + 1, picture="compared")).state == "acknowledged"


def test_what_was_said_outlasts_a_long_pursuit() -> None:
    seen = [given_hit(hit(60.0 + n, alert_class="confirm"), n + 1) for n in range(MOST_EVENTS * 2)]
    case = case_of(DOUBTFUL, did("acknowledge", picture="compared"), *seen, did("pursue", 3600))
    assert (case.state, len(case.timeline)) == ("pursuing", MOST_EVENTS)
    assert kinds(case)[0] == "compared"


def test_who_says_it_again_and_again_does_not_push_out_what_happens() -> None:
    again = [did("note", 10.0 + n, picture="compared", action_id=UUID(int=n)) for n in range(MOST_EVENTS * 2)]
    case = case_of(DOUBTFUL, *again, given_hit(hit(600, alert_class="confirm"), 1), did("acknowledge", 700))
    assert (kinds(case)[-2:], len(case.timeline)) == (["sighted", "acknowledged"], MOST_EVENTS)
    assert (case.timeline[-1].fact_id, must_compare(case)) == (action(CASE_ID, "acknowledge").action_id, False)


def test_why_it_waits_says_no_plate_and_what_to_do() -> None:
    case = case_of(DOUBTFUL)
    why = refusal(case, action(CASE_ID, "acknowledge"))
    assert case.plate not in why
    assert "--picture compared" in why
    assert "--picture none" in why


def test_what_cannot_be_done_anyway_is_told_first() -> None:
    assert refusal(case_of(DOUBTFUL), action(CASE_ID, "reopen")) == "cannot reopen: the case is new"


# ---- each picture for itself ----------------------------------------------------------------------------------------


def seen(seconds: float, offset: int, **changes: Any) -> CaseInput:
    """The same listed vehicle, read doubtfully, with a picture of its own."""
    doubt = {"alert_class": "confirm", "match": "misread", "plate": "1A8C234", "probability": 0.4}
    return given_hit(hit(seconds, **(doubt | {"evidence": f"{seconds:.0f}.jpg"} | changes)), offset)


FIRST, SECOND = seen(0, 0), seen(60, 1)
OF_FIRST, OF_SECOND = (one.hit.hit_id for one in (FIRST, SECOND) if one.hit is not None)
FIRST_ID = case_of(FIRST).case_id


def done(what: ActionKind, seconds: float, **changes: Any) -> CaseInput:
    """Somebody does this to the case of FIRST."""
    return given_action(action(FIRST_ID, what, **(TO_ALL | changes)), seconds)


def test_what_was_said_of_one_picture_says_nothing_of_the_next() -> None:
    taken = (FIRST, done("acknowledge", 10, picture="compared"))
    assert not must_compare(case_of(*taken))
    assert must_compare(case_of(*taken, SECOND)), "it may be another vehicle that was read there"
    refused = case_of(*taken, SECOND, done("pursue", 70))
    assert (refused.state, kinds(refused)[-1]) == ("acknowledged", "refused")
    assert "compared the newest picture" in refused.timeline[-1].text
    assert case_of(*taken, SECOND, done("pursue", 70, picture="compared")).state == "pursuing"


@pytest.mark.parametrize("what", ["close", "false", "note"])
def test_who_dealt_with_it_before_the_new_picture_may_still_end_it(what: ActionKind) -> None:
    case = case_of(FIRST, done("acknowledge", 10, picture="compared"), SECOND, done(what, 70))
    assert kinds(case)[-1] != "refused"


def test_a_sure_reading_asks_for_no_look_at_what_follows() -> None:
    assert not must_compare(case_of(FIRST, seen(30, 1, alert_class="alert"), seen(60, 2)))


def test_what_does_not_move_the_vehicle_asks_for_no_new_look() -> None:
    compared = (SECOND, given_action(action(case_of(SECOND).case_id, "acknowledge", picture="compared"), 70))
    assert not must_compare(case_of(*compared, seen(30, 2))), "told late, passed earlier: the picture stays"
    same = seen(60, 2, name="another list", entry_id="entry-2", evidence="60.jpg")
    assert not must_compare(case_of(*compared, same)), "two lists, one picture"


@pytest.mark.parametrize("what", ["acknowledge", "assign", "pursue", "close", "false"])
def test_a_look_at_the_picture_before_is_not_taken_for_one_at_the_newest(what: ActionKind) -> None:
    """The vehicle passed the next camera while somebody looked at the first picture."""
    late = done(what, 70, picture="compared", picture_of=OF_FIRST)
    case = case_of(FIRST, SECOND, late)
    assert (case.state, kinds(case)[-1], "compared" in kinds(case)) == ("new", "refused", False)
    assert "seen again meanwhile" in case.timeline[-1].text
    right = done(what, 80, picture="compared", picture_of=OF_SECOND, action_id=UUID(int=9))
    assert case_of(FIRST, SECOND, late, right).state == LEADS_TO[what]["new"]


def test_a_remark_on_the_picture_before_stays_a_remark() -> None:
    case = case_of(FIRST, SECOND, done("note", 70, picture="compared", picture_of=OF_FIRST))
    assert (kinds(case)[-1], must_compare(case)) == ("noted", True)


def test_a_picture_of_no_sighting_of_the_case_is_no_look_at_it() -> None:
    case = case_of(FIRST, done("acknowledge", 10, picture="compared", picture_of=UUID(int=7)))
    assert (case.state, kinds(case)[-1]) == ("new", "refused")


def test_of_two_hits_of_one_passage_either_names_its_picture() -> None:
    other = seen(0, 1, name="another list", entry_id="entry-2", evidence="0.jpg")
    case = case_of(FIRST, other, done("acknowledge", 10, picture="compared", picture_of=OF_FIRST))
    assert case.state == "acknowledged"


def test_what_was_said_names_its_picture_in_the_story() -> None:
    case = case_of(FIRST, done("acknowledge", 10, picture="compared", picture_of=OF_FIRST))
    said = said_of_picture(case)
    assert said is not None
    assert (said.evidence, said.camera_id, said.captured_at) == ("0.jpg", None, None)
