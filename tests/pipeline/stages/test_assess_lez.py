"""assess_lez: one verdict per passage and zone that its camera watches."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from pipeline.lez.law import LawBook, load_law
from pipeline.lez.registry import PassBook, VehicleRegistry
from pipeline.outcome import Outcome
from pipeline.stages.assess_lez import AssessLez
from schemas.codec import decoder
from schemas.lez import LezVerdict, Vehicle
from schemas.passage import Passage
from tests.pipeline.builders import at, batch, camera, passage, passage_message
from tests.pipeline.lez.builders import day_pass, vehicle

decode_verdict = decoder(LezVerdict)


class Judge:
    """The stage with its registers; camera `cam-1` watches Brussels, `cam-2` nothing, `cam-3` two zones."""

    def __init__(self, *vehicles: Vehicle) -> None:
        self.vehicles, self.passes = VehicleRegistry(), PassBook()
        for car in vehicles:
            self.vehicles.put(car.plate.encode(), car)
        laws: dict[str, LawBook] = {"brussels": load_law("brussels")}
        zones = {"cam-1": ("brussels",), "cam-2": (), "cam-3": ("brussels", "antwerp")}
        cameras = {name: camera(name, lez_zones=watched) for name, watched in zones.items()}
        self.stage = AssessLez(laws, cameras, self.vehicles, self.passes)

    def outcome(self, **changes: Any) -> Outcome:
        return self.stage(batch([passage_message(passage(**changes))]))

    def verdict(self, **changes: Any) -> LezVerdict:
        (emit,) = self.outcome(**changes).emitted
        return decode_verdict(emit.value)


@pytest.fixture
def judge() -> Judge:
    return Judge(vehicle("diesel", 4), vehicle("electric", None, plate="2EEE222"))


def test_a_verdict_says_of_what_and_why(judge: Judge) -> None:
    seen: Passage = passage(revision=3)
    verdict = judge.verdict(revision=3)
    assert (verdict.passage_id, verdict.revision, verdict.withdrawn) == (seen.passage_id, 3, False)
    assert (verdict.zone, verdict.plate, verdict.camera_id) == ("brussels", "1ABC234", "cam-1")
    assert (verdict.captured_at, verdict.known_at) == (at(0), at(0))
    assert (verdict.verdict, verdict.action, verdict.fine_eur, verdict.sure) == ("non_compliant", "fine", 350, True)
    assert (verdict.category, verdict.fuel, verdict.euro, verdict.country) == ("M1", "diesel", 4, "BE")


def test_topic_and_key(judge: Judge) -> None:
    assert [(emit.topic, emit.key) for emit in judge.outcome().emitted] == [("lez-verdicts", b"1ABC234")]


def test_a_doubtful_plate_leads_to_no_fine(judge: Judge) -> None:
    verdict = judge.verdict(certainty="doubtful")
    assert (verdict.verdict, verdict.action, verdict.fine_eur, verdict.sure) == ("non_compliant", "none", None, False)


def test_a_withdrawn_passage_withdraws_its_verdict(judge: Judge) -> None:
    first, second = judge.verdict(), judge.verdict(revision=2, withdrawn=True)
    assert first.verdict_id == second.verdict_id
    assert (second.revision, second.withdrawn) == (2, True)


def test_the_verdict_on_a_corrected_plate_is_another_one(judge: Judge) -> None:
    same = passage().passage_id
    assert judge.verdict(passage_id=same).verdict_id != judge.verdict(plate="2EEE222", passage_id=same).verdict_id


def test_a_car_is_judged_by_its_own_record(judge: Judge) -> None:
    assert judge.verdict(plate="2EEE222").verdict == "exempt"
    assert judge.verdict(plate="9XYZ999").verdict == "unknown"
    assert judge.verdict(plate="AB123CD", country="FR").verdict == "unregistered"


def test_a_record_taken_away_is_not_used_any_more(judge: Judge) -> None:
    judge.vehicles.remove(b"1ABC234")
    judge.vehicles.remove(b"\xff")
    assert judge.verdict().verdict == "unknown"
    assert len(judge.vehicles) == 1


def test_a_day_pass_and_its_cancellation(judge: Judge) -> None:
    bought = day_pass(date(2026, 3, 2))
    judge.passes.put(b"1ABC234", bought)
    judge.passes.put(b"1ABC234", day_pass(date(2026, 3, 9)))
    assert (judge.verdict().verdict, len(judge.passes)) == ("pass", 2)
    judge.passes.put(b"1ABC234", day_pass(date(2026, 3, 2), cancelled=True))
    assert (judge.verdict().verdict, len(judge.passes)) == ("non_compliant", 2)
    judge.passes.remove(b"1ABC234")
    judge.passes.remove(b"1ABC234")
    assert len(judge.passes) == 0


def test_the_law_is_that_of_the_passage_as_known_on_receipt() -> None:
    judge = Judge(vehicle("diesel", 5))
    passed = datetime(2025, 2, 1, 12, 0, tzinfo=UTC)
    received = {"at once": passed, "after the repair": datetime(2025, 6, 1, tzinfo=UTC)}
    verdicts = {k: judge.verdict(captured_at=passed, received_at=r).verdict for k, r in received.items()}
    assert verdicts == {"at once": "non_compliant", "after the repair": "compliant"}


def test_outside_a_zone_nothing_is_judged(judge: Judge) -> None:
    outcome = judge.outcome(camera_id="cam-2")
    assert (outcome.emitted, dict(outcome.dropped)) == ([], {"outside_zones": 1})


def test_a_zone_without_a_law_book_is_counted(judge: Judge) -> None:
    outcome = judge.outcome(camera_id="cam-3")
    assert (len(outcome.emitted), dict(outcome.dropped)) == (1, {"zone_without_law": 1})


def test_an_unknown_camera_is_not_passed_over_in_silence(judge: Judge) -> None:
    """Its record may be on its way: a verdict that is never made must at least be seen."""
    outcome = judge.outcome(camera_id="cam-9")
    assert [r.reason for r in outcome.rejected] == ["unknown_camera"]
    assert outcome.emitted == []
