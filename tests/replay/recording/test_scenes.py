"""Whether planted scenarios count as found: each kind found, and not found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from replay.recording.hits import StoredHit
from replay.recording.scenes import Seen, StoredAnomaly, StoredVerdict, judge_scenario, route_quality
from replay.recording.scoring import StoredPassage
from replay.truth import ScenarioKind, TrueScenario

AT = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
CAMERAS = tuple(f"cam-{n}" for n in range(5))
NOTHING = Seen((), (), (), ())


def scenario(kind: ScenarioKind, *plates: str) -> TrueScenario:
    return TrueScenario(
        kind=kind, plates=plates, camera_ids=CAMERAS, begins=AT, ends=AT + timedelta(minutes=10), detail="planted"
    )


def way(plate: str, *cameras: int) -> list[StoredPassage]:
    return [StoredPassage(uuid4(), plate, f"cam-{n}", AT + timedelta(minutes=i)) for i, n in enumerate(cameras)]


def test_route_quality_counts_what_is_in_order() -> None:
    quality = route_quality(CAMERAS, way("1ABC234", 0, 1, 3, 4))
    assert (quality.cameras, quality.found, quality.longest_gap, quality.share) == (5, 4, 1, 0.8)
    assert quality.longest_gap_s == 60.0
    assert route_quality(CAMERAS, way("1ABC234", 0, 4, 3, 2, 1)).found == 2
    nothing = route_quality(CAMERAS, [])
    assert (nothing.found, nothing.longest_gap, nothing.longest_gap_s, nothing.share) == (0, 5, None, 0.0)


FOUND = {
    "stolen_car": (
        scenario("stolen_car", "1ABC234"),
        replace(NOTHING, hits=[StoredHit("1ABC234", "cam-1", AT, "alert")]),
    ),
    "escape": (scenario("escape", "1ABC234"), replace(NOTHING, passages=way("1A8C234", 0, 1, 3, 4))),
    "cloned_plate": (
        scenario("cloned_plate", "1ABC234"),
        replace(NOTHING, anomalies=[StoredAnomaly("impossible_travel", "1ABC234", "cam-4", AT)]),
    ),
    "lez_offender": (
        scenario("lez_offender", "1ABC234"),
        replace(NOTHING, verdicts=[StoredVerdict("1ABC234", "non_compliant", AT)]),
    ),
    "silent_camera": (
        scenario("silent_camera"),
        replace(NOTHING, anomalies=[StoredAnomaly("camera_silent", "", "cam-2", AT + timedelta(hours=1))]),
    ),
}


@pytest.mark.parametrize("kind", FOUND)
def test_what_an_officer_would_have_seen_counts(kind: str) -> None:
    true, seen = FOUND[kind]
    found = judge_scenario(true, seen)
    assert (found.kind, found.found) == (kind, True)
    missed = judge_scenario(true, NOTHING)
    assert missed.found is False
    assert "1ABC234" not in found.how + missed.how, "figures go into logs"


def test_what_is_told_of_others_or_another_day_does_not_count() -> None:
    late = AT + timedelta(days=1)
    seen = Seen(
        passages=way("2HJK905", 0, 1, 2, 3, 4),
        hits=[StoredHit("2HJK905", "cam-1", AT, "alert"), StoredHit("1ABC234", "cam-1", late, "alert")],
        anomalies=[
            StoredAnomaly("impossible_travel", "2HJK905", "cam-1", AT),
            StoredAnomaly("camera_silent", "", "cam-77", AT),
        ],
        verdicts=[StoredVerdict("1ABC234", "compliant", AT), StoredVerdict("1ABC234", "non_compliant", late)],
    )
    assert not any(judge_scenario(true, seen).found for true, _ in FOUND.values())


def test_a_convoy_is_found_when_the_search_names_half_of_the_others() -> None:
    true = scenario("convoy", "1ABC234", "2HJK905", "1DEF567")

    def named(*plates: str) -> Seen:
        def ask(plate: str, since: datetime, until: datetime) -> Sequence[str]:
            assert (plate, since < AT, until > AT) == ("1ABC234", True, True)
            return plates

        return replace(NOTHING, companions=ask)

    assert judge_scenario(true, named("2HJK905")).found is True
    assert judge_scenario(true, named("2HJK9O5", "9ZZZ999")).found is True, "as it was read"
    assert judge_scenario(true, named("9ZZZ999")).found is False
    assert judge_scenario(true, NOTHING).found is None, "it could not be asked"
    assert judge_scenario(scenario("lez_offender", "1ABC234"), replace(NOTHING, verdicts=None)).found is None
