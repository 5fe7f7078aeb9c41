"""What messages make of a plate's notices: tables of what the law says, and properties for any order of arrival."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given as hypothesis_given
from hypothesis import settings
from hypothesis import strategies as st

from pipeline.lez.periods import add_months
from pipeline.notices.file import Said
from pipeline.notices.forgetting import MOST_A_DAY, MOST_NOTICES, MOST_PASSES, due_at
from schemas.codec import changed, decoder, encode
from schemas.lez_file import LezFile
from schemas.lez_notice import Decision, LezNotice
from tests.pipeline.notices.builders import (
    DIESEL_5,
    LAWS,
    Desk,
    day_pass,
    decision,
    given,
    local,
    permits,
    tick,
    verdict,
)

WARNED = "2026-03-20"
FINED = "2026-06-20"
HOUR = timedelta(hours=1)


def warned(day: str = WARNED) -> Desk:
    """A vehicle whose warning a person has approved."""
    made = Desk()
    made.hear(verdict(day))
    made.approve(day)
    return made


# ---- a warning first, a fine three months later --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("warning", "too_early", "fine"),
    [
        ("2026-01-01", "2026-03-31", "2026-04-01"),
        ("2026-03-20", "2026-06-19", "2026-06-20"),
        ("2026-04-01", "2026-06-30", "2026-07-01"),
        ("2026-01-31", "2026-04-29", "2026-04-30"),  # April has no 31st: its last day
        ("2026-11-30", "2027-02-27", "2027-02-28"),
        ("2027-11-29", "2028-02-28", "2028-02-29"),
    ],
)
def test_a_fine_needs_the_vehicles_own_warning_of_three_months_before(warning: str, too_early: str, fine: str) -> None:
    made = warned(warning)
    made.hear(verdict(too_early, "23:59:59"))
    assert made.summary() == {warning: ("warning", "approved")}
    made.hear(verdict(fine, "00:00"))
    assert made.summary()[fine] == ("fine", "waiting")
    told = made.on(fine)
    assert (told.warned_on, told.fine_eur, told.kind) == (date.fromisoformat(warning), 350, "fine")


def test_a_plate_that_moved_to_another_car_is_warned_anew() -> None:
    """A Belgian plate goes with its owner: the warning was of the car before."""
    other = replace(DIESEL_5, fuel="petrol", standard="2")
    made = warned()
    made.hear(verdict(FINED, facts=other))
    assert made.on(FINED).kind == "warning"
    made.hear(verdict("2026-06-25"))
    assert made.on("2026-06-25").kind == "fine"


@pytest.mark.parametrize(
    ("registered", "counts"), [(local("2026-03-21", "23:59"), True), (local("2026-03-22", "00:00"), False)]
)
def test_a_foreigner_may_register_until_the_next_days_midnight(registered: datetime, counts: bool) -> None:
    made = Desk()
    made.hear(verdict(WARNED, facts=None, country="FR"))
    assert made.on(WARNED).kind == "fine"
    made.hear(permits(("registration", "2026-03-21", registered), country="FR"))
    assert made.on(WARNED).withdrawn_for == ("registration" if counts else "")


def test_who_drives_every_day_is_not_warned_every_day() -> None:
    """In months of warnings the law warns of every passage; one letter in three months will do."""
    made = Desk()
    made.hear(
        *(verdict(day, facts=replace(DIESEL_5, standard="4")) for day in ("2022-01-10", "2022-01-11", "2022-04-10"))
    )
    assert {day: kind for day, (kind, _) in made.summary().items()} == {
        "2022-01-10": "warning",
        "2022-04-10": "warning",
    }


def test_at_most_one_fine_in_three_months() -> None:
    made = warned()
    made.hear(*(verdict(day) for day in (FINED, "2026-06-21", "2026-09-19", "2026-09-20")))
    assert {day: kind for day, (kind, _) in made.summary().items()} == {
        WARNED: "warning",
        FINED: "fine",
        "2026-09-20": "fine",
    }


def test_one_notice_a_day_tells_the_first_passage_and_all_verdicts() -> None:
    made = Desk()
    late, early = verdict(WARNED, "17:30"), verdict(WARNED, "08:15", camera_id="cam-2")
    made.hear(late, early)
    (notice,) = made.notices
    assert (notice.revision, notice.captured_at, notice.camera_id) == (2, local(WARNED, "08:15"), "cam-2")
    assert notice.verdict_ids == (early.verdict_id, late.verdict_id)
    assert "barred from the zone" in notice.reason_en
    assert "interdit" in notice.reason_fr
    assert "niet toegelaten" in notice.reason_nl


def test_vehicles_of_two_countries_with_one_text_have_their_own_notices() -> None:
    made = Desk()
    made.hear(verdict(WARNED), verdict(WARNED, "11:00", facts=None, country="FR"))
    assert {(one.country, one.kind) for one in made.notices} == {("BE", "warning"), ("FR", "fine")}
    assert len({one.notice_id for one in made.notices}) == 2


@pytest.mark.parametrize(
    "nothing",
    [
        verdict(WARNED, sure=False),
        verdict(WARNED, facts=replace(DIESEL_5, standard="6")),
        verdict(WARNED, facts=None, country=None),
        verdict("2025-03-20"),  # banned since 2025, but nobody was warned of those days
    ],
    ids=["doubtful", "compliant", "no country", "tolerated"],
)
def test_what_leads_to_no_notice(nothing: Said) -> None:
    made = Desk()
    made.hear(nothing)
    assert made.notices == ()


def test_most_traffic_makes_no_file() -> None:
    made = Desk()
    handled = made.hear(verdict(WARNED, facts=replace(DIESEL_5, standard="6")))
    assert (made.file, handled.dropped) == (None, "no_offence")


# ---- day passes ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bought", "counts"),
    [
        (local("2026-03-19", "08:00"), True),
        (local("2026-03-21", "23:59:59"), True),
        (local("2026-03-22", "00:00") - timedelta(microseconds=1), True),
        (local("2026-03-22", "00:00"), False),
        (local("2026-03-22", "00:01"), False),
    ],
)
def test_a_pass_bought_until_the_next_days_midnight_cancels(bought: datetime, counts: bool) -> None:
    made = Desk()
    made.hear(verdict(WARNED), day_pass(WARNED, bought))
    notice = made.on(WARNED)
    assert (notice.state, notice.withdrawn_for) == (("withdrawn", "day_pass") if counts else ("proposed", ""))


def test_a_day_is_proposed_when_it_is_final_and_not_before() -> None:
    made = Desk()
    made.hear(verdict(WARNED))
    final = local("2026-03-22", "00:00")
    assert made.file is not None
    assert due_at(LAWS, made.file) == made.on(WARNED).final_at == final
    made.hear(tick(final - timedelta(microseconds=1)))
    assert made.summary() == {WARNED: ("warning", "waiting")}
    made.hear(tick(final))
    assert made.summary() == {WARNED: ("warning", "proposed")}
    made.hear(tick(final - HOUR))
    assert made.summary() == {WARNED: ("warning", "proposed")}, "the clock of another worker is behind"


@pytest.mark.parametrize(
    ("day", "final"),
    [
        ("2026-03-27", "2026-03-28T23:00+00:00"),
        ("2026-03-28", "2026-03-29T22:00+00:00"),  # the day after has 23 hours
        ("2026-03-29", "2026-03-30T22:00+00:00"),
        ("2026-10-24", "2026-10-25T23:00+00:00"),  # and 25
    ],
)
def test_midnight_is_that_of_the_zone_at_the_switch_of_clocks(day: str, final: str) -> None:
    made = Desk()
    made.hear(verdict(day, "01:30"))
    assert made.on(day).final_at == datetime.fromisoformat(final)


@pytest.mark.parametrize(("clock", "covered"), [("02:00", True), ("05:59:59", True), ("06:00", False)])
def test_a_passage_at_night_is_covered_by_yesterdays_pass(clock: str, covered: bool) -> None:
    made = Desk()
    made.hear(day_pass("2026-03-19"), verdict(WARNED, clock))
    assert made.summary() == ({} if covered else {WARNED: ("warning", "waiting")})


def test_a_pass_that_is_given_back_covers_no_more() -> None:
    bought = day_pass(WARNED)
    made = Desk()
    made.hear(verdict(WARNED), bought, changed(bought, cancelled=True), bought)
    assert made.summary() == {WARNED: ("warning", "waiting")}
    assert made.on(WARNED).revision == 3


@pytest.mark.parametrize("other", [day_pass(WARNED, zone="antwerp"), day_pass("2026-03-21"), day_pass("2026-03-18")])
def test_another_pass_covers_nothing(other: Said) -> None:
    made = Desk()
    made.hear(other, verdict(WARNED))
    assert made.summary() == {WARNED: ("warning", "waiting")}


def test_a_covered_day_makes_room_for_the_next() -> None:
    made = Desk()
    made.hear(verdict(WARNED), verdict("2026-03-21"), day_pass(WARNED))
    assert made.summary() == {WARNED: ("warning", "withdrawn"), "2026-03-21": ("warning", "waiting")}


# ---- what else takes a notice back ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("later", "why"),
    [
        ({"withdrawn": True}, "passage_withdrawn"),
        ({"sure": False}, "passage_revised"),
        ({"facts": replace(DIESEL_5, standard="6")}, "passage_revised"),
        ({"captured_at": local("2026-03-21", "09:00")}, "passage_revised"),
        ({"verdict": "pass", "rule": "brussels:day_pass"}, "day_pass"),
        ({"verdict": "compliant", "cause": "rejudgement"}, "rejudged"),
    ],
)
@pytest.mark.parametrize("approved", [False, True])
def test_a_notice_falls_with_its_passage(later: dict[str, object], why: str, approved: bool) -> None:
    made = warned() if approved else Desk()
    made.hear(verdict(WARNED))
    made.hear(given(verdict(WARNED, revision=2, **later), local("2026-03-25")))
    notice = made.on(WARNED)
    assert (notice.state, notice.withdrawn_for) == ("withdrawn", why)
    assert notice.decided_by == ("peeters" if approved else "")


def test_a_permit_that_covers_the_day_takes_the_notice_back_and_its_loss_brings_it_again() -> None:
    granted = given(permits(("adapted_vehicle", "2026-03-01", local("2026-03-21"))))
    made = Desk()
    made.hear(verdict(WARNED), granted)
    assert made.on(WARNED).withdrawn_for == "permit"
    made.hear(given(None, local("2026-03-21")))
    assert made.on(WARNED).state == "waiting"
    before = made.file
    made.hear(granted)
    assert (made.file, made.on(WARNED).revision) == (before, 3), "what lay before it in the log comes again"


def test_a_judgment_of_a_court_takes_the_fine_back_and_leaves_the_past_readable() -> None:
    made = warned()
    made.hear(verdict(FINED))
    made.approve(FINED)
    again = verdict(FINED, revision=1, verdict="compliant", cause="rejudgement", known_at=local("2026-08-01"))
    made.hear(given(again, local("2026-08-01")))
    states = [(one.state, one.withdrawn_for) for one in made.told if one.day == date.fromisoformat(FINED)]
    assert states == [("waiting", ""), ("proposed", ""), ("approved", ""), ("withdrawn", "rejudged")]


def test_an_approved_notice_whose_passage_falls_is_told_as_fallen_though_another_passage_stands() -> None:
    made = Desk()
    made.hear(verdict(WARNED, "08:00"), verdict(WARNED, "18:00"))
    made.approve(WARNED)
    gone = verdict(WARNED, "08:00", revision=2, withdrawn=True)
    handled = made.hear(given(gone, local("2026-03-25")))
    assert [(one.state, one.decided_by) for one in handled.notices] == [("withdrawn", "peeters"), ("proposed", "")]
    assert made.on(WARNED).captured_at == local(WARNED, "18:00")


# ---- late passages -------------------------------------------------------------------------------------------------


def test_a_late_passage_becomes_the_warning_and_shifts_the_fine() -> None:
    made = Desk()
    made.hear(verdict("2026-04-05"), verdict("2026-07-01"))
    assert made.summary() == {"2026-04-05": ("warning", "proposed")}
    late = verdict("2026-04-01", known_at=local("2026-07-02"))
    made.hear(late)
    assert made.summary() == {
        "2026-04-01": ("warning", "proposed"),
        "2026-04-05": ("warning", "withdrawn"),
        "2026-07-01": ("fine", "waiting"),
    }
    assert made.on("2026-04-05").withdrawn_for == "lock"


def test_a_late_passage_changes_nothing_that_a_person_has_decided() -> None:
    made = warned()
    made.hear(verdict(FINED))
    made.approve(FINED)
    made.hear(verdict("2026-03-01", known_at=local("2026-07-01")))  # it would be the warning instead
    made.hear(verdict("2026-06-19", known_at=local("2026-07-01")))
    assert made.summary() == {WARNED: ("warning", "approved"), FINED: ("fine", "approved")}


# ---- people --------------------------------------------------------------------------------------------------------


def test_a_rejected_warning_does_not_count_and_the_next_passage_is_warned() -> None:
    made = Desk()
    made.hear(verdict(WARNED), verdict("2026-03-21"), verdict(FINED))
    assert made.summary()[FINED] == ("fine", "waiting")
    made.hear(tick(made.on(FINED).final_at), decision(made.on(WARNED), "reject", text="mud on the plate"))
    assert made.summary() == {WARNED: ("warning", "rejected"), FINED: ("warning", "proposed")}
    assert made.on(FINED).warned_on is None
    assert made.on(WARNED).note == "mud on the plate"
    made.hear(given(verdict(WARNED, "23:00"), local("2026-06-23")))
    assert made.summary()[WARNED] == ("warning", "rejected"), "the day is done"


def test_what_cannot_be_decided_is_refused() -> None:
    made = Desk()
    made.hear(verdict(WARNED), verdict(FINED))
    waiting, strange = made.on(FINED), changed(made.on(WARNED), notice_id=made.on(WARNED).verdict_ids[0])
    cases = [
        (
            decision(waiting, "reject", at=waiting.captured_at),
            "notice_refused",
            "not final before 2026-06-21 22:00 UTC",
        ),
        (decision(strange, "approve"), "unknown_notice", "no such notice"),
        (decision(made.on(WARNED), "reject", revision=7), "notice_refused", "has changed since"),
    ]
    made.hear(tick(waiting.final_at))
    cases.append((decision(made.on(FINED), "approve"), "notice_refused", f"rests on the warning of {WARNED}"))
    before = made.file
    for said, reason, text in cases[1:]:
        handled = made.hear(said)
        assert handled.refused is not None
        assert (handled.refused[0], text in handled.refused[1]) == (reason, True), handled.refused
    assert made.file == before
    made.approve(WARNED)
    made.approve(FINED)
    second = made.hear(decision(made.on(FINED), "reject"))
    assert second.refused == ("notice_refused", "the notice is approved")


def test_a_day_that_is_not_final_cannot_be_decided() -> None:
    made = Desk()
    made.hear(verdict(WARNED))
    refused = made.hear(decision(made.on(WARNED), "reject", at=local(WARNED, "12:00"))).refused
    assert refused is not None
    assert "not final before 2026-03-21 23:00 UTC" in refused[1]


def test_the_same_decision_twice_is_done_once() -> None:
    made = Desk()
    made.hear(verdict(WARNED), tick(local("2026-03-22", "00:00")))
    approved = decision(made.on(WARNED), "approve")
    made.hear(approved)
    handled = made.hear(approved)
    assert (handled.notices, handled.refused) == ((), None)


# ---- what is kept --------------------------------------------------------------------------------------------------


def test_a_zone_without_a_law_book_is_refused() -> None:
    handled = Desk().hear(changed(verdict(WARNED), zone="paris"))
    assert handled.refused == ("unknown_zone", "no law book of the zone paris")


def test_a_withdrawal_may_overtake_its_verdict() -> None:
    made = Desk()
    made.hear(verdict(WARNED, revision=2, withdrawn=True), verdict(WARNED))
    assert made.notices == ()
    made.hear(tick(local("2026-03-21", "10:00")))
    assert made.file is None


def test_days_that_led_to_nothing_are_forgotten_and_the_warning_with_the_fine_that_rests_on_it() -> None:
    made = warned()
    made.hear(verdict("2026-03-25"), verdict(FINED))
    made.approve(FINED)
    assert made.file is not None
    assert [one.day.isoformat() for one in made.file.notices] == [WARNED, FINED]
    assert len(made.file.verdicts) == 2
    due: list[datetime] = []
    while made.file is not None:
        moment = due_at(LAWS, made.file)
        assert moment is not None
        due.append(moment)
        assert made.hear(tick(moment)).notices == (), "to forget is not to take back"
    assert due == [local("2028-06-21", "00:00")]
    assert made.hear(given(verdict(WARNED), local("2028-06-22"))).dropped == "too_old"


def test_a_pass_is_kept_longer_than_a_verdict_may_come_again() -> None:
    made = Desk()
    made.hear(verdict(WARNED), day_pass(WARNED))
    made.hear(tick(local("2026-12-30")))
    assert made.hear(given(verdict(WARNED), local("2026-12-30"))).notices == ()


def test_a_vehicle_that_passes_without_end_stays_in_its_bounds() -> None:
    made = Desk()
    start = date(2026, 1, 1)
    for n in range(MOST_A_DAY * 2):
        made.hear(verdict("2026-01-01", f"{n // 60:02d}:{n % 60:02d}"))
    for n in range(MOST_PASSES + 10):
        made.hear(day_pass((start + timedelta(days=n)).isoformat(), local("2026-01-01")))
    assert made.file is not None
    assert (len(made.file.verdicts), len(made.file.passes)) == (MOST_A_DAY, MOST_PASSES)
    assert len(encode(made.file)) < 1_000_000
    assert MOST_NOTICES <= 200


# ---- properties ----------------------------------------------------------------------------------------------------

DAYS = ["2026-03-19", "2026-03-20", "2026-03-21", "2026-06-19", "2026-06-20", "2026-06-21", "2026-09-20"]
END = local("2026-09-20")
"""All is said by then; days are still held, as their verdicts are known of since then."""
FACTS = [DIESEL_5, replace(DIESEL_5, standard="6"), replace(DIESEL_5, standard="4")]
VERDICTS = st.builds(
    lambda day, clock, revision, facts, withdrawn, sure: verdict(
        day,
        clock,
        revision=revision,
        facts=FACTS[facts],
        withdrawn=withdrawn,
        sure=sure,
        known_at=END - timedelta(hours=9 - revision),
    ),
    st.sampled_from(DAYS),
    st.sampled_from(["02:00", "10:00", "23:59"]),
    st.integers(1, 2),
    st.sampled_from([0, 0, 0, 1, 2]),
    st.sampled_from([False, False, False, True]),
    st.sampled_from([True, True, True, False]),
)
PASSES = st.builds(
    lambda day, hours, cancelled: day_pass(day, local(day, "12:00") + hours * HOUR, cancelled=cancelled),
    st.sampled_from(DAYS),
    st.sampled_from([-20, 35, 36]),
    st.sampled_from([False, False, True]),
)
SAID = st.lists(st.one_of(VERDICTS, VERDICTS, PASSES), min_size=1, max_size=14)


def _heard(said: Sequence[Said]) -> Desk:
    """A plate of which there is a file already, as something is held that concerns none of this; all is said at END."""
    made = Desk()
    made.hear(given(day_pass("2026-09-21", END), END), *(given(one, END) for one in said))
    return made


def _standing(made: Desk) -> set[LezNotice]:
    """Notices that stand, whatever way they came to be as they are."""
    live = (one for one in made.notices if one.state in {"waiting", "proposed", "approved"})
    return {changed(one, revision=1) for one in live}


def _one_of_each(said: Sequence[Said]) -> list[Said]:
    """Of two statements of one verdict under one revision the first: there is one in truth."""
    kept: dict[object, Said] = {}
    for one in said:
        kept.setdefault(
            (getattr(one, "verdict_id", None), getattr(one, "revision", None), getattr(one, "pass_id", None)), one
        )
    return list(kept.values())


@hypothesis_given(SAID, st.data())
@settings(max_examples=150, deadline=None)
def test_the_order_of_arrival_does_not_count(drawn: Sequence[Said], data: st.DataObject) -> None:
    said = _one_of_each(drawn)
    assert _standing(_heard(said)) == _standing(_heard(data.draw(st.permutations(said))))


@hypothesis_given(SAID, st.data())
@settings(max_examples=100, deadline=None)
def test_what_comes_again_changes_nothing(drawn: Sequence[Said], data: st.DataObject) -> None:
    """From any place on, as after a crash; once all of it has come, the file and the revisions are as they were."""
    said = _one_of_each(drawn)
    made = _heard(said)
    before = (made.file, len(made.told))
    again = said[data.draw(st.integers(0, len(said))) :]
    made.hear(*(given(one, END + HOUR) for one in again))
    assert (made.file, len(made.told)) == before


@hypothesis_given(SAID, st.data())
@settings(max_examples=100, deadline=None)
def test_what_was_kept_and_not_told_is_told_when_its_messages_come_again(
    drawn: Sequence[Said], data: st.DataObject
) -> None:
    """Workers keep the file of a batch, and die before they tell what they made of it."""
    came = [given(one, END) for one in (day_pass("2026-09-21", END), *_one_of_each(drawn))]
    begin = data.draw(st.integers(1, len(came)))
    made, cut = Desk(), Desk()
    made.hear(*came)
    cut.hear(*came[:begin])
    for end in data.draw(st.lists(st.integers(begin, len(came)), min_size=1, max_size=3)):
        cut.hear_at_once(*came[begin:end], tell=False)
    cut.hear_at_once(*came[begin:])
    assert set(cut.told) == set(made.told)
    assert set(cut.notices) == set(made.notices)


@hypothesis_given(SAID, st.data())
@settings(max_examples=100, deadline=None)
def test_whatever_is_decided_the_law_holds(drawn: Sequence[Said], data: st.DataObject) -> None:
    """A person decides in between; at the end every fine has its warning, and three months lie between two of them."""
    made = _heard(())
    for one in _one_of_each(drawn):
        if getattr(one, "standard", None) == "4":  # fined without a warning
            continue
        made.hear(given(one, END))
        proposed = [notice for notice in made.notices if notice.state == "proposed"]
        if proposed and data.draw(st.booleans()):
            what = data.draw(st.sampled_from(get_args(Decision)))
            made.hear(given(decision(data.draw(st.sampled_from(proposed)), what), END))
    live = sorted((one for one in made.notices if one.state not in {"withdrawn", "rejected"}), key=lambda one: one.day)
    assert len({one.day for one in live}) == len(live)
    fines = [one.day for one in live if one.kind == "fine"]
    warnings = [one.day for one in live if one.kind == "warning"]
    assert len(warnings) <= 1
    assert all(warnings and add_months(warnings[0], 3) <= day for day in fines)
    assert all(add_months(one, 3) <= other for one, other in itertools.pairwise(fines))
    assert made.file is not None
    assert decoder(LezFile)(encode(made.file)) == made.file
