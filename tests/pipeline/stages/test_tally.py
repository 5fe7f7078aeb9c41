"""Counts of reads by half minutes: whoever reads the log again finds the same stretches, or longer ones."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.health.counting import counted
from pipeline.identity import fact_id
from pipeline.messages import Message
from pipeline.outcome import Emit
from pipeline.stages.consolidate import Consolidate
from pipeline.stages.tally import SAMPLE, Tally
from schemas.camera_tally import CameraTally
from schemas.codec import decoder
from schemas.health_file import HealthFile
from schemas.read import Read
from tests.pipeline.builders import at, batch, log, ms, read, read_message
from tests.pipeline.stages.crashing import PLACE, Crashing

decode = decoder(CameraTally)


def told(emitted: Sequence[Emit]) -> list[CameraTally]:
    """What they say; each has its camera as key."""
    found = [decode(one.value) for one in emitted]
    assert [one.key for one in emitted] == [(one.camera_id or "").encode() for one in found]
    return found


def counts(emitted: Sequence[Emit]) -> list[CameraTally]:
    """Those of cameras."""
    return [one for one in told(emitted) if one.camera_id]


def log_of(*seconds: float, **changes: Any) -> list[tuple[Message, Read]]:
    """Reads at these seconds, one after the other in the log."""
    records = [read("1ABC234", one, **changes) for one in seconds]
    return [(read_message(record, n), record) for n, record in enumerate(records)]


def add(tally: Tally, reads: Sequence[tuple[Message, Read]], emitted: list[Emit], **how: Any) -> None:
    for message, record in reads:
        tally.add(message, record, how.get("late", False), emitted, readable=how.get("readable", True))


def test_a_stretch_ends_with_the_first_read_of_the_next() -> None:
    tally, emitted = Tally({"reads": "log-1"}), list[Emit]()
    add(tally, log_of(0, 10, 29, 31, 61), emitted)
    first, reached, second, again = told(emitted)
    assert (first.reads, first.first_offset, first.last_offset, first.log) == (3, 0, 2, "log-1")
    assert (first.first_at, first.last_at) == (at(0), at(29))
    assert (reached.camera_id, reached.last_at) == (None, at(30))
    assert (second.reads, second.first_offset, again.last_at) == (1, 3, at(60))
    assert tally.needed_from(PLACE) == 4


def test_what_the_reads_are_like() -> None:
    tally, emitted = Tally({}), list[Emit]()
    add(tally, log_of(0, 1, confidence=0.4, direction="approaching"), emitted)
    add(tally, log_of(2, direction="departing", received_at=at(302)), emitted, late=True)
    add(tally, log_of(3), emitted, readable=False)
    add(tally, log_of(31), emitted)
    (found,) = counts(emitted)
    assert (found.reads, found.unreadable, found.late) == (4, 3, 1)
    assert (found.approaching, found.departing) == (2, 1)
    assert (found.delay_low_s, found.delay_p50_s, found.delay_high_s) == (0, 0, 300)


def test_a_clock_ahead_shows_though_its_reads_are_refused() -> None:
    tally, emitted = Tally({}), list[Emit]()
    ahead = read("1ABC234", 0, captured_at=at(3600))
    tally.add_refused(read_message(ahead, timestamp_ms=ms(at(0))), ahead, "captured_in_future", emitted)
    nothing = read("-", 1)
    tally.add_refused(read_message(nothing, 1), nothing, "no_plate_text", emitted)
    tally.add_refused(read_message(nothing, 2), nothing, "unknown_camera", emitted)
    add(tally, log_of(31), emitted)
    (found,) = counts(emitted)
    assert (found.reads, found.unreadable, found.delay_low_s) == (2, 1, -3600)


def test_a_clock_of_another_century_fits_the_contract() -> None:
    tally, emitted = Tally({}), list[Emit]()
    add(tally, log_of(0, captured_at=at(-60e9)), emitted)
    add(tally, log_of(31), emitted)
    assert counts(emitted)[0].delay_p50_s == 1e10


def test_only_the_first_delays_are_looked_at() -> None:
    tally, emitted = Tally({}), list[Emit]()
    add(tally, log_of(*[n / 10 for n in range(SAMPLE + 50)]), emitted)
    add(tally, log_of(31), emitted)
    assert counts(emitted)[0].reads == SAMPLE + 50


def test_where_nothing_is_left_to_read_our_clock_ends_it_once_no_track_is_open() -> None:
    tally, emitted = Tally({}), list[Emit]()
    add(tally, log_of(0, 1), emitted)
    tally.let_time_pass(PLACE, ms(at(20)), False, emitted)
    tally.let_time_pass(PLACE, ms(at(4)), True, emitted)
    assert emitted == []
    tally.let_time_pass(PLACE, ms(at(6)), True, emitted)
    found, reached = told(emitted)
    assert (found.reads, reached.last_at, tally.needed_from(PLACE)) == (2, at(0), None)


def test_a_partition_without_reads_says_every_half_minute_how_far_it_is() -> None:
    tally, emitted = Tally({}), list[Emit]()
    for second in range(0, 95, 5):
        tally.let_time_pass(PLACE, ms(at(second)), True, emitted)
    assert [one.last_at for one in told(emitted)] == [at(0), at(30), at(60), at(90)]


def test_partitions_are_counted_apart_and_forgotten_apart() -> None:
    tally, emitted = Tally({}), list[Emit]()
    records = [read("1ABC234", 0), read("1ABC234", 1, camera_id="cam-2")]
    for partition, record in enumerate(records):
        tally.add(read_message(record, 7)._replace(partition=partition), record, False, emitted)
    tally.forget([PLACE])
    assert (tally.needed_from(PLACE), tally.needed_from(("reads", 1))) == (None, 7)
    tally.let_time_pass(("reads", 1), ms(at(60)), True, emitted)
    assert [one.camera_id for one in counts(emitted)] == ["cam-2"]


def test_an_hour_of_stamps_of_the_future_is_no_hour_of_waiting() -> None:
    """A read stamped ahead moves the log's time; those after it are counted where it stands."""
    tally, emitted = Tally({}), list[Emit]()
    add(tally, log_of(0, 600, 1, 2), emitted)
    assert [one.reads for one in counts(emitted)] == [1]
    tally.let_time_pass(PLACE, ms(at(0) + timedelta(seconds=610)), True, emitted)
    assert [one.reads for one in counts(emitted)] == [1, 3]


# ---- in consolidate, which may be killed at any point ----------------------------------------------------------------

CAMERAS = ("cam-1", "cam-2")


class Worker(Crashing):
    """What its counts came to, whoever was killed."""

    def __init__(self, messages: Sequence[Message]) -> None:
        super().__init__(messages, self._made, self._hear)
        self.files: dict[str, HealthFile] = {}
        self._reached = 0

    @staticmethod
    def _made() -> Consolidate:
        return Consolidate(dict.fromkeys(CAMERAS), tally=Tally({"reads": "log-1"}))

    def take(self, count: int) -> None:
        super().take(count)
        self._reached = max(self._reached, self.position)

    def wait(self, seconds: float) -> None:
        """Nothing is left to read for so long: neither what a predecessor had read, nor what was stamped before."""
        before = self.messages[self.position - 1].timestamp_ms if self.position else ms(at(0))
        now = at(0) + timedelta(milliseconds=before - ms(at(0)), seconds=seconds)
        while self.position < len(self.messages) and self._is_there(self.messages[self.position], now):
            self.take(1)
        self._hear(self.stage(batch([], now, caught_up=[PLACE])).emitted)

    def _is_there(self, message: Message, now: datetime) -> bool:
        return self.position < self._reached or message.timestamp_ms <= ms(now)

    def _hear(self, emitted: Sequence[Emit]) -> None:
        for one in counts([one for one in emitted if one.topic == "camera-tallies"]):
            assert one.camera_id is not None
            self.files[one.camera_id] = counted(self.files.get(one.camera_id), one)


STEPS = st.lists(
    st.one_of(st.integers(1, 8), st.floats(0.5, 40), st.sampled_from(["commit", "commit", "offset", "crash"])),
    min_size=6,
    max_size=30,
)


TRAFFIC = st.lists(
    st.tuples(st.sampled_from([0.0, 0.5, 3.0, 5.0, 20.0, 40.0]), st.sampled_from(CAMERAS), st.booleans()),
    min_size=8,
    max_size=40,
)
"""Seconds since the read before, camera, whether it was read long after its picture came in: its track stays open."""


@settings(deadline=None, max_examples=20)
@given(TRAFFIC, STEPS)
def test_whoever_is_killed_wherever_every_read_is_counted_once(
    traffic: list[tuple[float, str, bool]], steps: list[int | float | str]
) -> None:
    seconds, reads = 0.0, []
    for number, (gap, camera_id, behind) in enumerate(traffic):
        seconds += gap
        more = {"frame_id": fact_id("frame", number), "received_at": at(seconds - 9)} if behind else {}
        reads.append(read(f"1ABC{number:03}", seconds, camera_id=camera_id, **more))
    worker = Worker(log(reads))
    for step in steps:
        if isinstance(step, int):
            worker.take(step)
        elif isinstance(step, float):
            worker.wait(step)
        elif step == "commit":
            worker.commit()
        elif step == "offset":
            worker.commit_offset()
        else:
            worker.crash()
    worker.take(len(reads))
    worker.wait(1e6)
    found = {camera_id: sum(one.reads for one in file.hours) for camera_id, file in worker.files.items()}
    assert found == Counter(camera_id for _, camera_id, _ in traffic)
    assert worker.files.keys() == found.keys()


def test_nothing_is_ended_by_the_clock_while_a_track_is_open() -> None:
    """Its successor would begin in the middle of what was told, and count a read twice."""
    behind = read("1ABC001", 0.5, camera_id="cam-2", frame_id=fact_id("frame", 1), received_at=at(-9))
    others = [read(f"1ABC00{n}", seconds, camera_id="cam-1") for n, seconds in ((0, 0), (2, 1), (3, 8))]
    worker = Worker(log([others[0], behind, *others[1:]]))
    worker.take(3)
    worker.wait(7)
    worker.commit()
    worker.crash()
    worker.take(1)
    worker.wait(1e6)
    assert {camera_id: file.hours[0].reads for camera_id, file in worker.files.items()} == {"cam-1": 3, "cam-2": 1}


def test_the_end_of_the_log_is_reached_as_soon_as_without_counting() -> None:
    """Whoever waits for the end of all passages does not wait for half a minute."""
    stage = Consolidate(dict.fromkeys(CAMERAS), tally=Tally({}))
    stage(batch(log([read(camera_id="cam-1")])))
    assert stage.needed_from(PLACE) == 0
    stage(batch([], at(6.1), caught_up=[PLACE]))
    assert stage.needed_from(PLACE) is None
    stage.forget([PLACE])
