"""assess_lez: one verdict per passage and zone that its camera watches, as the plain judge gives it."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.decoding import decode_each
from pipeline.identity import derived_id
from pipeline.lez.enforcement import enforce
from pipeline.lez.facts import Facts
from pipeline.lez.judge import judge
from pipeline.lez.judgement import History
from pipeline.lez.loading import load_law, zones
from pipeline.lez.registry.passes import PassBook
from pipeline.lez.registry.permits import PermitBook
from pipeline.lez.registry.vehicles import VehicleRegistry
from pipeline.lez.rights import Rights
from pipeline.messages import Message
from pipeline.outcome import Outcome, Rejection
from pipeline.stages.assess_lez import AssessLez
from schemas.codec import compiled, decoder
from schemas.lez import LezPermits, LezVerdict, Vehicle
from schemas.passage import Passage
from tests.pipeline.builders import T0, at, batch, camera, passage, passage_message
from tests.pipeline.lez.builders import day_pass, permit, vehicle
from tests.pipeline.lez.registry.plain import other, plain_bearer

VerdictRecord, PermitsRecord = compiled(LezVerdict), compiled(LezPermits)
decode_verdict, decode_passage = decoder(LezVerdict), decoder(Passage)
CAMERAS = {
    name: camera(name, lez_zones=watched)
    for name, watched in {"cam-1": ("brussels",), "cam-2": (), "cam-3": ("brussels", "atlantis", "london")}.items()
}


class Judge:
    """The stage with its registers; camera `cam-1` watches Brussels, `cam-2` nothing, `cam-3` three zones."""

    def __init__(self, *vehicles: Vehicle) -> None:
        self.vehicles, self.passes, self.permits = VehicleRegistry(), PassBook(), PermitBook()
        for car in vehicles:
            self.vehicles.put(car.plate.encode(), car)
        self.vehicles.settle()
        laws = {zone: load_law(zone) for zone in zones()}
        self.stage = AssessLez(laws, CAMERAS, self.vehicles, self.passes, self.permits)

    def outcome(self, **changes: Any) -> Outcome:
        return self.stage(batch([passage_message(passage(**changes))]))

    def verdict(self, **changes: Any) -> LezVerdict:
        (emit,) = self.outcome(**changes).emitted
        return decode_verdict(emit.value)


@pytest.fixture
def judge_of() -> Judge:
    return Judge(vehicle("diesel", 4), vehicle("electric", None, plate="2EEE222"))


def test_a_verdict_says_of_what_and_why(judge_of: Judge) -> None:
    seen: Passage = passage(revision=3)
    verdict = judge_of.verdict(revision=3)
    assert (verdict.passage_id, verdict.revision, verdict.withdrawn) == (seen.passage_id, 3, False)
    assert (verdict.zone, verdict.plate, verdict.camera_id) == ("brussels", "1ABC234", "cam-1")
    assert (verdict.captured_at, verdict.known_at) == (at(0), at(0))
    assert (verdict.verdict, verdict.action, verdict.fine_eur, verdict.sure) == ("non_compliant", "fine", 350, True)
    assert (verdict.category, verdict.fuel, verdict.euro, verdict.country) == ("M1", "diesel", 4, "BE")
    assert (verdict.standard, verdict.cause) == ("4", "passage")


def test_topic_and_key(judge_of: Judge) -> None:
    assert [(emit.topic, emit.key) for emit in judge_of.outcome().emitted] == [("lez-verdicts", b"1ABC234")]


def test_a_doubtful_plate_leads_to_no_fine(judge_of: Judge) -> None:
    verdict = judge_of.verdict(certainty="doubtful")
    assert (verdict.verdict, verdict.if_sure, verdict.action) == ("unknown", "non_compliant", "none")
    assert (verdict.fine_eur, verdict.sure) == (None, False)


def test_a_plate_that_looks_like_one_of_another_country_than_its_vehicle_leads_to_no_fine(judge_of: Judge) -> None:
    verdict = judge_of.verdict(country="FR")
    assert (verdict.verdict, verdict.if_sure, verdict.sure) == ("unknown", "non_compliant", False)
    assert (verdict.fuel, verdict.country) == ("diesel", "BE")
    assert judge_of.verdict(country=None).sure


def test_a_plate_of_two_countries() -> None:
    two = Judge(vehicle("diesel", 4, others=(other(country="FR", fuel="petrol", euro=6),)))
    assert two.verdict().verdict == "non_compliant"
    assert two.verdict(country="FR").verdict == "compliant"
    unknown = two.verdict(country=None)
    assert (unknown.verdict, unknown.rule, unknown.sure) == ("unknown", "brussels:two_countries", False)


def test_a_late_passage_is_judged_by_who_bore_the_plate_then() -> None:
    sold = Judge(vehicle("petrol", 6, registered_from=T0, others=(other(fuel="diesel", euro=4, registered_until=T0),)))
    assert sold.verdict(seconds=-1.0).verdict == "non_compliant"
    assert sold.verdict(seconds=0.0).verdict == "compliant"


def test_a_plate_that_was_given_back_is_nobodys() -> None:
    gone = Judge(vehicle("diesel", 4, registered_until=T0))
    assert gone.verdict(seconds=-1.0).verdict == "non_compliant"
    assert gone.verdict(seconds=0.0).rule == "brussels:no_record"


def test_a_withdrawn_passage_withdraws_its_verdict(judge_of: Judge) -> None:
    first, second = judge_of.verdict(), judge_of.verdict(revision=2, withdrawn=True)
    assert first.verdict_id == second.verdict_id
    assert (second.revision, second.withdrawn) == (2, True)


def test_the_verdict_on_a_corrected_plate_is_another_one(judge_of: Judge) -> None:
    same = passage().passage_id
    first, second = judge_of.verdict(passage_id=same), judge_of.verdict(plate="2EEE222", passage_id=same)
    assert first.verdict_id != second.verdict_id
    assert first.verdict_id == derived_id(same, "zone brussels", "plate 1ABC234")


def test_a_car_is_judged_by_its_own_record(judge_of: Judge) -> None:
    assert judge_of.verdict(plate="2EEE222").verdict == "exempt"
    assert judge_of.verdict(plate="9XYZ999").verdict == "unknown"
    assert judge_of.verdict(plate="AB123CD", country="FR").verdict == "unregistered"


def test_a_record_taken_away_is_not_used_any_more(judge_of: Judge) -> None:
    judge_of.vehicles.remove(b"1ABC234")
    judge_of.vehicles.settle()
    assert judge_of.verdict().verdict == "unknown"


def test_a_record_that_changed_is_used_from_then_on(judge_of: Judge) -> None:
    assert judge_of.verdict().verdict == "non_compliant"
    judge_of.vehicles.put(b"1ABC234", vehicle("lpg", 6, first_registered=date(2020, 1, 1)))
    judge_of.vehicles.settle()
    changed = judge_of.verdict()
    assert (changed.verdict, changed.fuel, changed.first_registered) == ("compliant", "lpg", date(2020, 1, 1))


def test_a_day_pass_its_cancellation_and_one_of_another_plate(judge_of: Judge) -> None:
    judge_of.passes.put(b"", day_pass(date(2026, 3, 2), plate="1ABC235"))
    assert judge_of.verdict().verdict == "non_compliant"
    judge_of.passes.put(b"", day_pass(date(2026, 3, 2)))
    covered = judge_of.verdict()
    assert (covered.verdict, covered.action, covered.standard) == ("pass", "none", "4")
    judge_of.passes.put(b"", day_pass(date(2026, 3, 2), cancelled=True))
    assert judge_of.verdict().verdict == "non_compliant"


def test_a_permit_of_the_vehicles_own_country(judge_of: Judge) -> None:
    granted = (permit("adapted_vehicle", date(2026, 1, 1)),)
    judge_of.permits.put(b"", PermitsRecord(plate="1ABC234", country="FR", permits=granted))
    assert judge_of.verdict().verdict == "non_compliant"
    judge_of.permits.put(b"", PermitsRecord(plate="1ABC234", country="BE", permits=granted))
    assert judge_of.verdict().verdict == "exempt"


def test_the_law_is_that_of_the_passage_as_known_on_receipt() -> None:
    five = Judge(vehicle("diesel", 5))
    passed = datetime(2025, 2, 1, 12, 0, tzinfo=UTC)
    received = {"at once": passed, "after the repair": datetime(2025, 6, 1, tzinfo=UTC)}
    verdicts = {k: five.verdict(captured_at=passed, received_at=r).verdict for k, r in received.items()}
    assert verdicts == {"at once": "non_compliant", "after the repair": "compliant"}


def test_outside_a_zone_nothing_is_judged(judge_of: Judge) -> None:
    outcome = judge_of.outcome(camera_id="cam-2")
    assert (outcome.emitted, dict(outcome.dropped)) == ([], {"outside_zones": 1})


def test_each_zone_has_its_verdict_and_one_without_a_law_book_is_counted(judge_of: Judge) -> None:
    outcome = judge_of.outcome(camera_id="cam-3")
    verdicts = [decode_verdict(emit.value) for emit in outcome.emitted]
    assert [one.zone for one in verdicts] == ["brussels", "london"]
    assert len({one.verdict_id for one in verdicts}) == 2
    assert dict(outcome.dropped) == {"zone_without_law": 1}


def test_an_unknown_camera_is_not_passed_over_in_silence(judge_of: Judge) -> None:
    """Its record may be on its way: a verdict that is never made must at least be seen."""
    outcome = judge_of.outcome(camera_id="cam-9")
    assert [r.reason for r in outcome.rejected] == ["unknown_camera"]
    assert outcome.emitted == []


@pytest.mark.parametrize("fault", [{"plate": "1abc234"}, {"camera_id": "-cam-1"}, {"country": "be"}, {"plate": "É"}])
def test_forms_that_are_not_looked_at_at_once_are_looked_at_all_the_same(
    judge_of: Judge, fault: dict[str, Any]
) -> None:
    for _ in range(2):
        outcome = judge_of.outcome(**fault)
        assert [one.reason for one in outcome.rejected] == ["wrong_schema"]
        assert outcome.emitted == []


# ---- as the plain judge has it -----------------------------------------------------------------------------


FLEET = [
    vehicle("diesel", 4, first_registered=date(2008, 1, 1)),
    vehicle("diesel", None, plate="2ABC234", first_registered=date(2010, 6, 1)),
    vehicle("diesel", None, plate="3ABC234", first_registered=date(1996, 3, 2), exemptions=("oldtimer",)),
    vehicle("petrol", 1, plate="4ABC234", registered_from=T0, others=(other(country="FR"), other(registered_until=T0))),
    vehicle("petrol", 2, plate="5ABC234", country="NL", registered_until=at(60)),
    vehicle("diesel", 3, plate="6ABC234", country="GB", first_registered=date(1899, 1, 1), category="N1"),
]
TOLD = {car.plate: car for car in FLEET}
PASSES = [day_pass(date(2026, 3, 2), plate=plate) for plate in ("1ABC234", "2ABC234", "9XYZ999")]
PERMITS = {"2ABC234": ("BE", (permit("disabled_card", date(2026, 1, 1)),))}
MOMENTS = st.one_of(
    st.sampled_from([at(s) for s in (-7 * 86_400, -39_600, -39_601, -3600, -1, 0, 59, 60, 3599, 3600, 50_400)]),
    st.integers(-9 * 365, 14 * 365).map(lambda days: at(86_400 * days)),
    st.datetimes(timezones=st.sampled_from([timezone(timedelta(hours=14)), timezone(-timedelta(hours=12))])),
)
PASSAGES = st.builds(
    passage,
    st.sampled_from([*TOLD, "9XYZ999", "bad plate"]),
    captured_at=MOMENTS,
    received_at=MOMENTS,
    camera_id=st.sampled_from([*CAMERAS, "cam-9"]),
    country=st.sampled_from(["BE", "FR", "NL", "GB", None, "x"]),
    certainty=st.sampled_from(["sure", "sure", "doubtful"]),
    revision=st.integers(1, 3),
    withdrawn=st.booleans(),
)


def full_judge() -> Judge:
    made = Judge(*FLEET)
    for one in PASSES:
        made.passes.put(b"", one)
    for plate, (country, granted) in PERMITS.items():
        made.permits.put(b"", PermitsRecord(plate=plate, country=country, permits=granted))
    return made


def plainly(seen: Passage, zone: str) -> LezVerdict:
    """Straight from the contracts and the law."""
    law, bearer = load_law(zone), plain_bearer(TOLD.get(seen.plate), seen.country, seen.captured_at)
    facts = bearer if isinstance(bearer, Facts) else None
    sure = seen.certainty == "sure" and (facts is None or seen.country in (None, facts.country))
    country = facts.country if facts else seen.country
    granted = PERMITS.get(seen.plate, ("", ()))
    permits = granted[1] if country in (None, granted[0]) else ()
    rights = Rights(tuple(one for one in PASSES if one.plate == seen.plate), permits)
    moments = {"at": seen.captured_at, "known_at": seen.received_at}
    ambiguous = bearer == "two countries"
    found = judge(law, facts, country=seen.country, rights=rights, sure=sure, ambiguous=ambiguous, **moments)
    due = enforce(law, found, History(), seen.captured_at, seen.received_at)
    own = {} if facts is None else {name: getattr(facts, name) for name in OF_VEHICLE}
    return VerdictRecord(
        verdict_id=derived_id(seen.passage_id, f"zone {zone}", f"plate {seen.plate}"),
        revision=seen.revision,
        withdrawn=seen.withdrawn,
        passage_id=seen.passage_id,
        zone=zone,
        plate=seen.plate,
        camera_id=seen.camera_id,
        captured_at=seen.captured_at,
        known_at=seen.received_at,
        verdict=found.verdict,
        action=due.action,
        rule=found.rule,
        reason=found.reason(),
        fine_eur=due.fine_eur,
        fine_gbp=due.fine_gbp,
        sure=sure and found.verdict != "unknown",
        standard=found.standard or (facts.standard if facts else None),
        standard_derived=found.derived,
        unverified=found.unverified or due.unverified,
        doubtful=not sure,
        if_sure=found.if_sure,
        **{"country": seen.country} | own,
    )


OF_VEHICLE = ("category", "fuel", "euro", "country", "n1_class", "body_code", "first_registered", "exemptions")
Told = tuple[list[LezVerdict], list[Rejection]]


def plain_stage(messages: list[Message]) -> Told:
    verdicts, rejected = list[LezVerdict](), list[Rejection]()
    for message, seen in decode_each(messages, decode_passage, rejected):
        if seen.camera_id not in CAMERAS:
            rejected.append(Rejection(message, "unknown_camera", ""))
        else:
            watched = [zone for zone in CAMERAS[seen.camera_id].lez_zones if zone in zones()]
            verdicts += [plainly(seen, zone) for zone in watched]
    return verdicts, rejected


@given(st.lists(st.lists(PASSAGES, min_size=1, max_size=5), min_size=1, max_size=3))
@settings(deadline=None, max_examples=100)
def test_the_stage_says_what_the_plain_judge_says(batches: list[list[Passage]]) -> None:
    stage = full_judge().stage  # one for all batches: what it remembers must not show
    for seen in batches:
        messages = [passage_message(one, n) for n, one in enumerate(seen)]
        outcome = stage(batch(messages, T0))
        verdicts, rejected = plain_stage(messages)
        told = [decode_verdict(emit.value) for emit in outcome.emitted]
        assert list(map(msgspec.to_builtins, told)) == list(map(msgspec.to_builtins, verdicts))
        assert [(one.message.offset, one.reason) for one in outcome.rejected] == [
            (one.message.offset, one.reason) for one in sorted(rejected, key=lambda one: one.message.offset)
        ]
