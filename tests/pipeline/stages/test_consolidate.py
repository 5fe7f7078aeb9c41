"""consolidate: one vehicle past one camera once is one passage."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import pytest

from pipeline.identity import derived_id, fact_id
from pipeline.messages import Message
from pipeline.outcome import Outcome
from pipeline.stages.consolidate import Consolidate, ConsolidateRules
from schemas.passage import Passage
from schemas.read import Read
from tests.pipeline.builders import T0, at, batch, log, ms, passages, read, read_message

PLACE = ("reads", 0)
CAMERAS = ("cam-1", "cam-2")


@pytest.fixture
def stage() -> Consolidate:
    return Consolidate(dict.fromkeys(CAMERAS))


def told(stage: Consolidate, records: Iterable[Read]) -> list[Passage]:
    """What the reads, as one batch, lead to."""
    return passages(stage(batch(log(records))))


def close(stage: Consolidate, seconds: float = 1e6) -> list[Passage]:
    """What is told when the log is read to its end and our clock has come to so many seconds."""
    return passages(stage(batch([], at(seconds), caught_up=[PLACE])))


def final(records: Sequence[Passage]) -> dict[str, Passage]:
    """Passage id → highest revision that holds."""
    return {str(p.passage_id): p for p in sorted(records, key=lambda p: p.revision) if not p.withdrawn}


def rejections(outcome: Outcome) -> list[str]:
    return [rejection.reason for rejection in outcome.rejected]


def test_one_read_is_one_passage(stage: Consolidate) -> None:
    seen = read("1ABC234", evidence="picture.jpg", lane=2, direction="approaching")
    (passage,) = told(stage, [seen])
    assert passage.passage_id == derived_id(seen.read_id, "passage")
    assert (passage.plate, passage.plate_display, passage.country) == ("1ABC234", "1-ABC-234", "BE")
    assert (passage.revision, passage.read_count, passage.best_read_id) == (1, 1, seen.read_id)
    assert (passage.evidence, passage.lane, passage.direction) == ("picture.jpg", 2, "approaching")
    assert (passage.certainty, passage.withdrawn, passage.late) == ("sure", False, False)
    assert close(stage) == []


def test_the_euro_band_is_no_part_of_the_plate_but_tells_the_country(stage: Consolidate) -> None:
    (passage,) = told(stage, [read("B1ABC234")])
    assert (passage.plate, passage.plate_raw, passage.country) == ("1ABC234", "B1ABC234", "BE")
    assert passage.repaired


def test_reads_with_and_without_the_band_are_one_passage(stage: Consolidate) -> None:
    reads = [read(text, at_s) for at_s, text in enumerate(["B1ABC234", "1ABC234", "B1ABC234"])]
    revisions = told(stage, reads) + close(stage)
    assert {p.plate for p in final(revisions).values()} == {"1ABC234"}
    assert len(final(revisions)) == 1


def test_the_key_is_the_plate(stage: Consolidate) -> None:
    outcome = stage(batch(log([read("1ABC234")])))
    assert [(emit.topic, emit.key) for emit in outcome.emitted] == [("passages", b"1ABC234")]


def test_more_reads_are_told_when_the_track_ends(stage: Consolidate) -> None:
    first = told(stage, [read(seconds=n * 0.5) for n in range(5)])
    assert [p.revision for p in first] == [1]
    (last,) = close(stage)
    assert (last.passage_id, last.revision, last.read_count) == (first[0].passage_id, 5, 5)
    assert (last.captured_at, last.last_captured_at) == (at(0), at(2))


def test_every_revision_number_is_the_number_of_reads(stage: Consolidate) -> None:
    looks = [("1A8C234", 0.6), ("1ABC234", 0.95), ("1ABC234", 0.9), ("1ABC234", 0.9), ("1A8C234", 0.3)]
    all_told = told(stage, [read(plate, n * 0.5, confidence=c) for n, (plate, c) in enumerate(looks)]) + close(stage)
    assert all(p.revision == p.read_count for p in all_told)
    assert len({(p.revision, p.plate) for p in all_told}) == len(all_told)


def test_another_plate_takes_back_the_old_one_under_its_own_key(stage: Consolidate) -> None:
    outcome = stage(batch(log([read("1ABC284", 0, confidence=0.6), read("1ABC234", 1, confidence=0.9)])))
    first, withdrawal, corrected = passages(outcome)
    assert [emit.key for emit in outcome.emitted] == [b"1ABC284", b"1ABC284", b"1ABC234"]
    assert first.passage_id == withdrawal.passage_id == corrected.passage_id
    assert (withdrawal.revision, corrected.revision) == (2, 2)
    assert (withdrawal.withdrawn, corrected.withdrawn) == (True, False)
    assert withdrawal.best_read_id == first.best_read_id
    assert corrected.captured_at == first.captured_at


def test_a_less_confident_other_text_does_not_correct(stage: Consolidate) -> None:
    all_told = told(stage, [read("1ABC234", 0, confidence=0.95), read("1A8C234", 1, confidence=0.6)]) + close(stage)
    assert {p.plate for p in all_told} == {"1ABC234"}
    assert all_told[-1].confidence == pytest.approx(0.95 * 0.95**2 / (0.95**2 + 0.6**2))


def test_the_shown_read_is_the_most_confident_one_of_the_plate(stage: Consolidate) -> None:
    looks = [read(seconds=n, confidence=c, evidence=f"{n}.jpg") for n, c in enumerate([0.6, 0.9, 0.7])]
    told(stage, looks)
    (last,) = close(stage)
    assert (last.evidence, last.best_read_id, last.best_captured_at) == ("1.jpg", looks[1].read_id, at(1))


def test_a_read_sent_twice_counts_once(stage: Consolidate) -> None:
    seen = read()
    outcome = stage(batch(log([seen, seen, read(seconds=1), seen])))
    assert outcome.dropped["duplicate_read"] == 2
    assert [p.read_count for p in close(stage)] == [2]


@pytest.mark.parametrize("track_id", [None, "7"])
def test_an_early_read_of_a_long_track_sent_twice_counts_once(stage: Consolidate, track_id: str | None) -> None:
    looks = [read(seconds=n, track_id=track_id) for n in range(10)]
    again = read_message(looks[1], 10, timestamp_ms=ms(at(9)))
    outcome = stage(batch([*log(looks), again]))
    assert outcome.dropped["duplicate_read"] == 1
    assert [p.read_count for p in close(stage)] == [10]


def test_a_read_that_comes_late_within_a_long_track_belongs_to_it(stage: Consolidate) -> None:
    late = read_message(read(seconds=1.5), 10, timestamp_ms=ms(at(9)))
    stage(batch([*log([read(seconds=n) for n in range(10)]), late]))
    assert [p.read_count for p in close(stage)] == [11]


def test_reads_sent_again_after_their_track_has_ended_are_no_new_passage(stage: Consolidate) -> None:
    """As a reader does that is killed between sending and committing, from an arbitrary read of the track on."""
    looks = [read(seconds=n) for n in range(3)]
    first = told(stage, looks) + close(stage)
    again = [read_message(r, 3 + n, timestamp_ms=ms(at(30))) for n, r in enumerate(looks[1:])]
    second = passages(stage(batch(again))) + close(stage)
    assert {p.passage_id for p in second} <= {p.passage_id for p in first}


def test_two_plates_in_one_frame_are_two_passages(stage: Consolidate) -> None:
    frame = fact_id("frame", 1)
    all_told = told(stage, [read("1ABC234", frame_id=frame), read("1ABC235", frame_id=frame)])
    assert len({p.passage_id for p in all_told}) == 2


def test_two_plates_that_differ_little_stay_apart_over_frames(stage: Consolidate) -> None:
    frames = [fact_id("frame", n) for n in range(4)]
    looks = [read(plate, n * 0.5, frame_id=f) for n, f in enumerate(frames) for plate in ("1ABC234", "1ABC235")]
    told(stage, looks)
    assert sorted((p.plate, p.read_count) for p in close(stage)) == [("1ABC234", 4), ("1ABC235", 4)]


def test_a_traffic_jam_is_one_passage(stage: Consolidate) -> None:
    all_told = told(stage, [read(seconds=n * 0.2) for n in range(400)]) + close(stage)
    assert [p.read_count for p in final(all_told).values()] == [400]
    assert len(all_told) == 2  # the first read and the end, not four hundred revisions


def test_a_vehicle_that_never_leaves_gives_passages_of_bounded_length(stage: Consolidate) -> None:
    """Else a parked car would pin the rewind offset, and its list of reads would grow, for as long as it stands."""
    parked = told(stage, [read(seconds=n * 3.0) for n in range(1200)]) + close(stage)
    longest = max(p.last_captured_at - p.captured_at for p in final(parked).values())
    assert longest <= ConsolidateRules().longest
    assert sum(p.read_count for p in final(parked).values()) == 1200


def test_a_vehicle_that_never_leaves_does_not_pin_the_rewind_offset(stage: Consolidate) -> None:
    for track_id in (None, "7"):
        messages = log([read(seconds=n * 3.0, track_id=track_id) for n in range(1200)])
        stage(batch(messages))
        assert (stage.needed_from(PLACE) or 0) > 0
        assert stage.open_tracks() == 1
        close(stage)
        stage.forget([PLACE])


def test_a_vehicle_that_comes_back_after_a_minute_passes_twice(stage: Consolidate) -> None:
    all_told = told(stage, [read(seconds=0), read(seconds=60)])
    assert len({p.passage_id for p in all_told}) == 2


def test_two_cameras_see_two_passages(stage: Consolidate) -> None:
    all_told = told(stage, [read(camera_id="cam-1"), read(camera_id="cam-2")])
    assert {p.camera_id for p in all_told} == {"cam-1", "cam-2"}
    assert len({p.passage_id for p in all_told}) == 2


def test_the_cameras_own_track_number_decides(stage: Consolidate) -> None:
    looks = [read("1ABC234", 0, track_id="7"), read("9XYZ999", 1, track_id="7"), read("1ABC234", 1, track_id="8")]
    all_told = told(stage, looks) + close(stage)
    assert sorted(p.read_count for p in final(all_told).values()) == [1, 2]
    assert stage.open_tracks() == 0


def test_a_track_number_used_again_hours_later_is_another_vehicle(stage: Consolidate) -> None:
    """A patrol car uploads a shift in seconds: the log has not moved between two vehicles of the same number."""
    morning, noon = read("1ABC234", -9000, track_id="7"), read("2HJK905", -60, track_id="7")
    messages = [read_message(r, n, timestamp_ms=ms(T0)) for n, r in enumerate([morning, noon])]
    all_told = passages(stage(batch(messages))) + close(stage)
    assert {p.plate for p in final(all_told).values()} == {"1ABC234", "2HJK905"}
    assert stage.open_tracks() == 0


@pytest.mark.parametrize("order", [(1, 0, 2), (2, 1, 0), (0, 2, 1)])
def test_reads_out_of_order_are_one_passage(stage: Consolidate, order: tuple[int, ...]) -> None:
    looks = [read(seconds=n * 1.5) for n in range(3)]
    all_told = told(stage, [looks[n] for n in order]) + close(stage)
    (last,) = final(all_told).values()
    assert (last.read_count, last.last_captured_at) == (3, at(3))


def test_a_doubtful_first_read_waits_for_the_end(stage: Consolidate) -> None:
    assert told(stage, [read(confidence=0.3)]) == []
    (passage,) = close(stage)
    assert (passage.revision, passage.certainty) == (1, "doubtful")


def test_a_doubtful_first_read_is_told_with_a_better_second(stage: Consolidate) -> None:
    (passage,) = told(stage, [read(confidence=0.3), read(seconds=1, confidence=0.9)])
    assert (passage.revision, passage.certainty) == (2, "sure")


def test_reads_of_no_confidence_at_all_are_told_in_the_end(stage: Consolidate) -> None:
    assert told(stage, [read(seconds=n, confidence=0.0) for n in range(3)]) == []
    assert [(p.confidence, p.read_count) for p in close(stage)] == [(0.0, 3)]


def test_late_reads_are_marked(stage: Consolidate) -> None:
    (passage,) = told(stage, [read(received_at=T0 + timedelta(hours=2))])
    assert passage.late


def test_the_logs_own_time_ends_a_track(stage: Consolidate) -> None:
    all_told = told(stage, [read("1ABC234", 0, confidence=0.3), read("2HJK905", 10)])
    assert [p.plate for p in all_told] == ["1ABC234", "2HJK905"]


def test_our_clock_ends_a_track_only_where_the_log_is_read_to_its_end(stage: Consolidate) -> None:
    told(stage, [read(confidence=0.3)])
    assert passages(stage(batch([], at(1e6)))) == []
    assert passages(stage(batch([], at(1e6), caught_up=[("reads", 1)]))) == []
    assert len(close(stage)) == 1


def test_our_clock_leaves_time_for_what_is_still_on_its_way() -> None:
    """A read within the log's hold may reach us later: ended by our clock already, it would be another passage."""
    rules = ConsolidateRules(hold=timedelta(seconds=4), grace=timedelta(seconds=2))
    stage = Consolidate(dict.fromkeys(CAMERAS), rules)
    told(stage, [read(confidence=0.3)])
    assert close(stage, 5.5) == []
    told(stage, [read(seconds=3.5, confidence=0.3)])
    assert [p.read_count for p in close(stage, 3.5 + 6)] == [2]


def test_state_is_bounded_by_the_hold(stage: Consolidate) -> None:
    rng = random.Random(7)
    plates = [f"1{rng.choice('ABC')}{rng.choice('DEF')}{rng.choice('GHJ')}{n % 1000:03}" for n in range(5000)]
    most = 0
    for start in range(0, 5000, 50):
        chunk = [read(plate, (start + n) * 0.1) for n, plate in enumerate(plates[start : start + 50])]
        stage(batch([read_message(r, start + n) for n, r in enumerate(chunk)]))
        most = max(most, stage.open_tracks())
    assert most <= 50
    close(stage)
    assert stage.open_tracks() == 0


def test_a_stamp_of_the_year_2100_does_not_stop_the_clock_of_the_partition(stage: Consolidate) -> None:
    future = datetime(2100, 1, 1, tzinfo=UTC)
    wild = read_message(read("2HJK905", captured_at=future, received_at=future), 1)
    doubtful = read("1ABC234", 1, confidence=0.3)
    outcome = stage(batch([*log([read("9XYZ999", 0)]), wild, read_message(doubtful, 2)], at(1)))
    assert rejections(outcome) == ["captured_in_future"]
    assert [(p.plate, p.read_count) for p in close(stage, 60)] == [("1ABC234", 1)]
    assert stage.needed_from(PLACE) is None


def test_partitions_have_clocks_of_their_own(stage: Consolidate) -> None:
    stage(batch([read_message(read(confidence=0.3), partition=0)]))
    stage(batch([read_message(read("2HJK905", 100), partition=1)]))
    assert stage.open_tracks() == 2
    assert stage.needed_from(("reads", 1)) == 0


def test_forgotten_partitions_leave_nothing(stage: Consolidate) -> None:
    told(stage, [read(confidence=0.3)])
    stage.forget([PLACE, ("reads", 99)])
    assert (stage.open_tracks(), stage.needed_from(PLACE)) == (0, None)
    assert close(stage) == []


def test_unusable_messages_are_rejected_and_the_others_go_on(stage: Consolidate) -> None:
    messages: list[Message] = [
        read_message(read(), 0)._replace(value=b"{"),
        read_message(read(camera_id="unknown"), 1),
        read_message(read(), 2),
    ]
    outcome = stage(batch(messages))
    assert rejections(outcome) == ["not_json", "unknown_camera"]
    assert len(outcome.emitted) == 1
