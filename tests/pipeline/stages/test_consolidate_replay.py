"""Whatever cuts the log into batches, and wherever a crash falls: the same passages, revisions and contents."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import accumulate
from uuid import UUID

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pipeline.identity import fact_id
from pipeline.messages import Message
from pipeline.outcome import Emit
from pipeline.stages.consolidate import Consolidate, ConsolidateRules
from pipeline.stages.tally import Tally
from schemas.codec import compiled
from schemas.read import Alternative, Box, Candidate, Read
from tests.pipeline.builders import CandidateRecord, at, batch, log, ms, read
from tests.pipeline.stages.crashing import PLACE, Crashing

HOLD_MS = ConsolidateRules().hold / timedelta(milliseconds=1)
CAMERAS = ("cam-1", "cam-2")
LOOKS = (
    ("1ABC234", "1ABC2B4", "1ABD234", "1A8C234"),  # one vehicle, as it is read in good and bad moments
    ("2HJK905", "2HJK9O5", "2HJK90"),
    ("1ABC789", "1ABC7B9"),
)

BAD_LOOKS = ("1A6C784", "ZHIK90", "IABC1")
BoxRecord, AlternativeRecord = compiled(Box), compiled(Alternative)


def _repeats_one(draw: st.DrawFn, made: list[Read], seconds: float) -> bool:
    """Now and then a read of the last second is sent again instead of a new one."""
    recent = [r for r in made if r.captured_at >= at(seconds - 1)]
    if not recent or draw(st.integers(0, 9)) != 0:
        return False
    made.append(draw(st.sampled_from(recent)))
    return True


@st.composite
def reads(draw: st.DrawFn) -> list[Read]:
    """Traffic at two cameras: pauses within and beyond the gap, misreads, doubtful, belated and repeated reads.

    Repeated while their track is open: that ended tracks are known again is not rebuilt after a crash, by intent.
    """
    made: list[Read] = []
    seconds = 0.0
    for number in range(draw(st.integers(1, 25))):
        if _repeats_one(draw, made, seconds):
            continue
        seconds += draw(st.sampled_from([0.0, 0.2, 1.0, 3.9, 4.0, 4.5, 60.0]))
        vehicle = draw(st.integers(0, len(LOOKS) - 1))
        made.append(
            read(
                draw(st.sampled_from(LOOKS[vehicle])),
                seconds - draw(st.sampled_from([0.0, 0.0, 0.0, 1.5])),
                read_id=fact_id("test", number),
                camera_id=draw(st.sampled_from(CAMERAS)),
                confidence=draw(st.sampled_from([0.0, 0.3, 0.6, 0.9, 1.0])),
                track_id=draw(st.sampled_from([None, None, f"track-{vehicle}"])),
                frame_id=draw(st.sampled_from([None, fact_id("frame", int(seconds * 10))])),
            )
        )
    return made


@st.composite
def seen_reads(draw: st.DrawFn) -> list[Read]:
    """The same with boxes, details of characters, reads so bad that only the place tells, and frames out of order."""
    made: list[Read] = []
    seconds = 0.0
    for number in range(draw(st.integers(1, 30))):
        if _repeats_one(draw, made, seconds):
            continue
        seconds += draw(st.sampled_from([0.0, 0.1, 0.2, 0.2, 0.5, 1.0, 3.9, 4.5]))
        lane = draw(st.integers(0, 2))
        looks = (*LOOKS[lane], BAD_LOOKS[lane], LOOKS[0][0])
        text = draw(st.sampled_from(looks))
        place = BoxRecord(x=200 + lane * 250 + draw(st.integers(0, 60)), y=int(seconds * 40) % 600, w=100, h=25)
        shown_s = seconds - draw(st.sampled_from([0.0, 0.0, 0.0, 0.2]))
        made.append(
            read(
                text,
                shown_s,
                read_id=fact_id("seen", number),
                confidence=draw(st.sampled_from([0.0, 0.3, 0.6, 0.9, 1.0])),
                box=draw(st.sampled_from([place, place, place, None])),
                frame_id=draw(st.sampled_from([None, fact_id("frame", round(shown_s * 10))])),
                received_at=at(shown_s - draw(st.sampled_from([0.0, 0.0, 0.0, 9.0]))),
                candidates=draw(st.sampled_from([(), (_detailed(text),)])),
            )
        )
    return made


def _detailed(text: str) -> Candidate:
    alternatives = (
        AlternativeRecord(place=2, char="B", confidence=0.4),
        AlternativeRecord(place=4, char="9", confidence=0.3),
    )
    return CandidateRecord(text=text, confidence=0.5, char_confidences=(0.5,) * len(text), alternatives=alternatives)


class Run:
    """A worker that may crash, and all that it told the world."""

    def __init__(self, messages: Sequence[Message], *, counting: bool = False) -> None:
        """counting: it counts the reads of each camera too, and so has to go back further."""
        self.told: set[bytes] = set()
        self.worker = Crashing(messages, lambda: _made(counting), self._hear)

    def _hear(self, emitted: Sequence[Emit]) -> None:
        self.told |= {emit.value for emit in emitted}

    def finish(self) -> set[bytes]:
        """The rest of the log, and long after it the end of every track. Returns all that was ever told."""
        self.worker.take(len(self.worker.messages))
        self._hear(self.worker.stage(batch([], at(1e6), caught_up=[PLACE])).emitted)
        return self.told


def _made(counting: bool) -> Consolidate:
    return Consolidate(dict.fromkeys(CAMERAS), tally=Tally({"reads": "log-1"}) if counting else None)


STEPS = st.lists(
    st.one_of(st.integers(1, 8), st.just("commit"), st.just("crash")),
    max_size=20,
)


@settings(deadline=None, max_examples=200)
@given(reads() | seen_reads(), STEPS, st.booleans())
def test_any_cut_and_any_crash_tell_the_same(traffic: list[Read], steps: list[int | str], counting: bool) -> None:
    _tell_the_same(log(traffic), steps, counting=counting)


def _tell_the_same(messages: list[Message], steps: list[int | str], *, counting: bool = False) -> None:
    run = Run(messages, counting=counting)
    for step in steps:
        if isinstance(step, int):
            run.worker.take(step)
        elif step == "commit":
            run.worker.commit()
        else:
            run.worker.crash()
    assert run.finish() == Run(messages, counting=counting).finish()


@settings(deadline=None, max_examples=200)
@given(reads() | seen_reads(), STEPS, st.booleans(), st.data())
def test_so_they_do_however_the_clocks_of_senders_go(
    traffic: list[Read], steps: list[int | str], counting: bool, data: st.DataObject
) -> None:
    """Who stamps a message has a clock of their own: in the log, stamps go back and forth."""
    off_ms = st.sampled_from([0, 0, 0, -1_500, -3_000, -8_000, 2_000])
    stamped = [one._replace(timestamp_ms=one.timestamp_ms + data.draw(off_ms)) for one in log(traffic)]
    assume(not _repeats_an_ended_one(traffic, stamped))
    _tell_the_same(stamped, steps, counting=counting)


def _repeats_an_ended_one(traffic: Sequence[Read], stamped: Sequence[Message]) -> bool:
    """A read comes again after its track has ended in log time: that it is known is not rebuilt, by intent."""
    log_ms = list(accumulate((one.timestamp_ms for one in stamped), max))
    first: dict[UUID, int] = {}
    return any(
        reached - first.setdefault(one.read_id, reached) >= HOLD_MS
        for one, reached in zip(traffic, log_ms, strict=True)
    )


def _stamped(seen: Sequence[tuple[Read, float]]) -> list[Message]:
    """Reads as one partition holds them, each with its stamp, in seconds."""
    return [
        one._replace(timestamp_ms=ms(at(stamp_s)))
        for one, (_, stamp_s) in zip(log([shown for shown, _ in seen]), seen, strict=True)
    ]


def test_a_track_ends_where_it_ended_before_though_its_neighbour_is_gone() -> None:
    """The second vehicle's sender is behind: the log's time, by which it is held, was set by the first one's."""
    seen = [("2HJK905", 5.0, "one"), ("1ABC789", 2.0, "two"), ("1ABC789", 6.5, "two"), ("1XYZ234", 9.5, "three")]
    messages = _stamped([(read(plate, 5 + n / 2, track_id=t), stamp) for n, (plate, stamp, t) in enumerate(seen)])
    _tell_the_same(messages, [4, "commit", "crash"])


def test_a_repeated_read_is_known_again_though_its_track_has_ended_by_the_commit() -> None:
    """Rebuilt from between the two, the second sending would pass for a new vehicle, and take its next read."""
    first = read("1ABC234", 0, read_id=fact_id("test", "again"))
    seen = [
        (first, 0.0),
        (read("2HJK905", 1), 1.0),
        (first, 2.0),
        (read("2HJK905", 4), 4.0),
        (read("1ABC234", 3.5), 5.0),
    ]
    _tell_the_same(_stamped(seen), [4, "commit", "crash"])


def test_a_read_stays_with_the_track_that_its_text_found_though_that_one_has_ended_by_the_commit() -> None:
    """Rebuilt without it, the plate at hand would take the read; that one is read behind time, so it is held longer."""
    here, there = BoxRecord(x=700, y=4, w=100, h=25), BoxRecord(x=200, y=4, w=100, h=25)
    frame, received_at = fact_id("frame", 1), at(-8.9)
    messages = log(
        [
            read("1ABC789", 0.0),
            read("1ABC234", 0.1, box=here),
            read("1ABC789", 0.1, box=here),
            read("1ABC234", 0.11, box=there, frame_id=frame, received_at=received_at),
            read("2HJK905", 4.6),
        ]
    )
    _tell_the_same(messages, [len(messages), "commit", "crash"])


def test_a_rewind_reaches_the_first_read_of_the_oldest_open_track() -> None:
    stage = Consolidate(dict.fromkeys(CAMERAS))
    stage(batch(log([read("1ABC234", 0), read("2HJK905", 3), read("2HJK905", 5)])))
    assert stage.needed_from(PLACE) == 1
    stage(batch([], at(5) + timedelta(minutes=1), caught_up=[PLACE]))
    assert stage.needed_from(PLACE) is None


def test_a_rewind_reaches_the_track_that_a_read_might_have_gone_to_as_well() -> None:
    """Without the first track, which has ended by the commit, the fourth read would go to the second one."""
    looks = [("1ABC234", 0), ("1XBC235", 1), ("1ABC235", 2), ("1ABC234", 3), ("1ABC235", 5.5), ("1ABC235", 8)]
    messages = log([read(plate, seconds) for plate, seconds in looks])
    _tell_the_same(messages, [len(messages), "commit", "crash"])


def test_who_crashes_while_reading_again_leaves_no_track_behind() -> None:
    """What was read again so far has no track open; that says nothing of those that begin further on."""
    messages = log([read("1ABC234", 0), read("1ABC789", 6), read("2HJK905", 12), read("2HJK905", 13)])
    steps = [3, "commit", "crash", 1, "commit", "crash", 2, "commit", "crash"]
    _tell_the_same(messages, steps, counting=True)


def test_reads_before_the_open_tracks_are_counted_and_not_followed() -> None:
    messages = log([read("1ABC234", 0), read("1ABC789", 6), read("2HJK905", 12)])
    run = Run(messages, counting=True)
    run.worker.take(3)
    run.worker.commit()
    run.worker.crash()
    run.worker.take(2)
    assert (run.worker.position, run.worker.stage.open_tracks()) == (2, 0)
    run.worker.take(1)
    assert run.worker.stage.open_tracks() == 1
    assert run.finish() == Run(messages, counting=True).finish()


@pytest.mark.parametrize("note", ["", "tracks=3", "tracks=-1", "tracks=", "of another release"])
def test_a_note_that_says_nothing_true_is_left(note: str) -> None:
    """Lost by the broker, by another release, or the group was put back to before it: all is followed."""
    stage = _made(True)
    stage.heed(PLACE, note, 2)
    stage(batch(log([read("1ABC234", 0), read("1ABC789", 1)]), replayed=True))
    assert stage.open_tracks() == 2
