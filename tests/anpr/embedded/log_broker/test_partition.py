"""The log of a partition, against a list of records."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from anpr.embedded.log_broker import segment
from anpr.embedded.log_broker.batch import checked, stamped_by_broker
from anpr.embedded.log_broker.errors import Code, Refused
from anpr.embedded.log_broker.partition import Partition
from anpr.embedded.log_broker.records import first_at, latest
from tests.anpr.embedded.log_broker.batches import batch_of, raw_batch, records_of, with_header

NOW_MS = 1_000_000


class LogMachine(RuleBasedStateMachine):
    """Appends, reads, deletions in any order; the model is a list of batches of records."""

    def __init__(self) -> None:
        super().__init__()
        self.log = Partition("t", 0)
        self.batches: list[tuple[int, int, list[tuple[int, bytes]]]] = []
        """Time, size, records with their offsets."""
        self.start = self.end = 0
        self.now_ms = NOW_MS

    @rule(values=st.lists(st.binary(max_size=40), min_size=1, max_size=6), step_ms=st.integers(-5, 20))
    def append(self, values: list[bytes], step_ms: int) -> None:
        self.now_ms += step_ms
        batch = batch_of(values, time_ms=self.now_ms)
        assert self.log.append(batch, self.now_ms) == self.end
        records = list(enumerate(values, self.end))
        self.batches.append((self.now_ms, len(batch.data), records))
        self.end += len(values)

    @rule(share=st.floats(0, 1), limit=st.integers(0, 1000), one=st.booleans())
    def read(self, share: float, limit: int, one: bool) -> None:
        offset = self.start + round(share * (self.end - self.start))
        wanted = [batch for batch in self.batches if batch[2][-1][0] >= offset]
        expected, room = [], limit
        for number, (_, size, records) in enumerate(wanted):
            if size > room and not (one and number == 0):
                break
            expected += records
            room -= size
        assert records_of(b"".join(self.log.read(offset, limit, at_least_one=one))) == expected

    @rule(beyond=st.integers(1, 5))
    def read_outside(self, beyond: int) -> None:
        for offset in (self.start - beyond, self.end + beyond):
            with pytest.raises(Refused) as refused:
                self.log.read(offset, 1000, at_least_one=True)
            assert refused.value.code is Code.OFFSET_OUT_OF_RANGE

    @rule(share=st.floats(0, 1))
    def delete(self, share: float) -> None:
        self._cut(self.start + round(share * (self.end - self.start)))

    @rule(back_ms=st.integers(0, 60))
    def expire(self, back_ms: int) -> None:
        oldest_ms = self.now_ms - back_ms
        young = (records[0][0] for time_ms, _, records in self.batches if time_ms >= oldest_ms)
        expected = max(self.start, next(young, self.end))
        assert self.log.expired_before(oldest_ms) == expected
        self._cut(expected)

    @precondition(lambda self: self.batches)
    @rule(size=st.integers(0, 2000))
    def shrink(self, size: int) -> None:
        self._cut(self.log.beyond(size))
        assert self.log.size_bytes <= size or len(self.batches) == 1

    @rule(back_ms=st.integers(-5, 60))
    def look_up_time(self, back_ms: int) -> None:
        time_ms = self.now_ms - back_ms
        places = [(o, t) for t, _, records in self.batches for o, _ in records if t >= time_ms and o >= self.start]
        batch = self.log.batch_at_time(time_ms)
        assert (None if batch is None else first_at(batch, time_ms, self.start)) == (places[0] if places else None)

    def _cut(self, offset: int) -> None:
        self.log.delete_before(offset)
        self.start = offset
        self.batches = [batch for batch in self.batches if batch[2][-1][0] >= offset]

    @invariant()
    def agrees(self) -> None:
        self.log.check()
        assert (self.log.start, self.log.end) == (self.start, self.end)
        assert self.log.size_bytes == sum(size for _, size, _ in self.batches)
        assert self.log.available(self.start, 10**9) == self.log.size_bytes


@pytest.fixture(autouse=True)
def short_segments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(segment, "SEGMENT_BYTES", 300)


def test_the_log_is_a_list_of_records() -> None:
    run_state_machine_as_test(LogMachine, settings=settings(max_examples=25, stateful_step_count=25, deadline=None))


def test_a_batch_that_does_not_fit_is_never_skipped_for_a_smaller_one_behind_it() -> None:
    log = Partition("t", 0)
    large, small = batch_of([bytes(100), bytes(200)]), batch_of([b"x"])
    for batch in (small, large, small):
        log.append(batch, NOW_MS)
    (data,) = log.read(0, 2 * len(small.data) + 10, at_least_one=True)
    assert records_of(data) == [(0, b"x")]


def test_whoever_waits_is_told_how_much_came() -> None:
    log, heard = Partition("t", 0), []
    log.appended.add(heard.append)
    batch = batch_of([b"x"])
    log.append(batch, NOW_MS)
    assert heard == [len(batch.data)]


def test_the_latest_record_is_found() -> None:
    log = Partition("t", 0)
    for times in ([5, 9, 7], [8, 9]):
        log.append(checked(memoryview(raw_batch([b"x"] * len(times), times_ms=times))), NOW_MS)
    batch = log.latest_batch()
    assert batch is not None
    assert latest(batch) == (1, 9)


@settings(max_examples=50)
@given(st.integers(0, 200))
def test_a_batch_with_one_wrong_byte_is_refused(at: int) -> None:
    data = bytearray(raw_batch([b"value"] * 3))
    at = 12 + at % (len(data) - 12)
    if 12 <= at < 16:
        return  # the leader epoch is the broker's to write
    data[at] ^= 0x55
    with pytest.raises(Refused):
        checked(memoryview(data))


def test_other_formats_and_several_batches_are_refused() -> None:
    one = raw_batch([b"x"])
    for data in (memoryview(one[:30]), memoryview(one + one), with_header(one, ">b", 16, 1)):
        with pytest.raises(Refused):
            checked(data)


def test_the_broker_stamps_a_batch_so_that_its_checksum_holds() -> None:
    log = Partition("t", 0)
    log.append(stamped_by_broker(batch_of([b"x"]), 77), NOW_MS)
    (data,) = log.read(0, 1000, at_least_one=True)
    assert records_of(data) == [(0, b"x")]
    assert latest(data) == (0, 77)
