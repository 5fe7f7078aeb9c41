"""What the runtime promises, on the embedded broker and on Apache Kafka."""

from __future__ import annotations

import os
import random
import signal
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import OFFSET_END, ConsumerGroupState
from confluent_kafka.admin import AdminClient, NewTopic

import pipeline.runtime.drain
import pipeline.runtime.log_places
import pipeline.runtime.reference
from anpr.embedded.broker import start_broker
from pipeline.messages import Message
from pipeline.outcome import Emit, Outcome, Rejection
from pipeline.runtime.clock import SystemClock
from pipeline.runtime.commits import Rewind
from pipeline.runtime.dead_letters import HEADER, letters
from pipeline.runtime.drain import Drain, NotDrained
from pipeline.runtime.kafka import KafkaConfig, KafkaUnusable, admin_client, consumer_client
from pipeline.runtime.log_identity import log_ids
from pipeline.runtime.log_places import log_places
from pipeline.runtime.output import DeliveryFailed, KafkaOutput
from pipeline.runtime.reference import Reference, ReferenceReader
from pipeline.runtime.source import KafkaSource, Place
from pipeline.stages.consolidate import Consolidate
from schemas.codec import Refused
from schemas.dead_letter import DeadLetter
from schemas.passage import Passage
from tests.brokers import KEEP, fresh_topic
from tests.pipeline.builders import T0, batch, decode_passage, log, read
from tests.pipeline.runtime.workers import Sums, Worker, contents, offsets, plain, send, static, until

NUMBERS = [b"%d" % n for n in range(10)]
CAMERAS = {"cam-1": None}


def consolidating(bootstrap: str, source: str, target: str) -> Worker:
    return Worker(static(bootstrap), source, target, stateful=Consolidate(CAMERAS, topic=target))


# ---- consume, produce, commit ----------------------------------------------------------------------------


def test_a_restart_goes_on_exactly_after_the_commit(broker: str) -> None:
    source, target = fresh_topic(broker), fresh_topic(broker)
    send(broker, source, plain(NUMBERS))
    first = Worker(static(broker), source, target)
    first.work(3)
    first.finish()
    second = Worker(static(broker), source, target)
    second.work(10 - first.worked)
    second.finish()
    assert offsets(first.seen) + offsets(second.seen) == list(range(10))
    assert [m.value for m in contents(broker, target)] == NUMBERS


@pytest.mark.slow
def test_after_a_crash_what_was_not_committed_comes_again(broker: str) -> None:
    source, target = fresh_topic(broker), fresh_topic(broker)
    send(broker, source, plain(NUMBERS))
    first = Worker(static(broker), source, target)
    first.work(6)
    first.crash()
    second = Worker(static(broker), source, target)
    second.work(10)
    second.finish()
    assert offsets(second.seen) == list(range(10))
    assert Counter(m.value for m in contents(broker, target)).keys() == set(NUMBERS)


def test_a_topic_that_is_not_there_is_named(broker: str) -> None:
    source = KafkaSource(static(broker), "flow", [f"missing-{uuid.uuid4().hex}"])
    with closing(source), pytest.raises(KafkaUnusable, match=r"missing-.*anpr topics create"):
        source.open()


# ---- state -----------------------------------------------------------------------------------------------


def highest(messages: list[Message]) -> dict[Any, Passage]:
    """Passage id → what its highest revision says."""
    told = [decode_passage(m.value) for m in messages]
    return {p.passage_id: p for p in sorted(told, key=lambda p: p.revision)}


@pytest.mark.slow
def test_after_a_crash_a_track_goes_on_as_if_nothing_had_happened(broker: str) -> None:
    looks = [("1A8C234", 0.6), ("1ABC234", 0.9), ("1ABC234", 0.95), ("1A8C234", 0.3), ("1ABC234", 0.9)]
    records = [read(plate, n * 0.5, confidence=c) for n, (plate, c) in enumerate(looks)] + [read("2HJK905", 60)]
    source, target = fresh_topic(broker), fresh_topic(broker)
    send(broker, source, log(records))

    committed = consolidating(broker, source, target)
    committed.work(3)
    committed.finish()
    crashed = consolidating(broker, source, target)
    crashed.work(2)
    crashed.crash()
    last = consolidating(broker, source, target)
    last.work(3)
    last.finish()

    alone = Consolidate(CAMERAS)
    expected = [Message("", 0, 0, 0, e.key, e.value) for e in alone(batch(log(records))).emitted]
    assert highest(contents(broker, target)) == highest(expected)


@pytest.mark.parametrize("lost", [False, True], ids=["with its copy", "the copy is lost"])
def test_a_successor_reads_on_from_the_copy_of_the_state(broker: str, tmp_path: Path, lost: bool) -> None:
    """And after a crash sums go on from what was delivered: each is told as one worker alone would tell it."""
    source, target = fresh_topic(broker), fresh_topic(broker)
    send(broker, source, plain(NUMBERS))
    first = Worker(static(broker), source, target, stateful=Sums(target), disk=tmp_path)
    first.work(4)
    first.finish()
    crashed = Worker(static(broker), source, target, stateful=Sums(target), disk=tmp_path)
    crashed.work(3)
    crashed.crash()
    if lost:
        next(tmp_path.iterdir()).unlink()
    stage = Sums(target)
    last = Worker(static(broker), source, target, stateful=stage, disk=tmp_path)
    last.work(10 - first.worked)
    last.finish()
    assert stage.seen == list(range(0 if lost else first.worked, 10))
    alone = [b"%d" % sum(range(n + 1)) for n in range(10)]
    assert list(dict.fromkeys(m.value for m in contents(broker, target))) == alone


@pytest.mark.slow
def test_the_rewind_offset_survives_a_restart_that_finds_nothing_new(broker: str) -> None:
    source, target = fresh_topic(broker), fresh_topic(broker)
    send(broker, source, log([read(seconds=n) for n in range(3)]))
    first = consolidating(broker, source, target)
    first.work(3)
    first.finish()
    idle = consolidating(broker, source, target)
    until(lambda: _open_tracks(idle) == 1, idle.step, "the state to be rebuilt")
    idle.finish()
    again = consolidating(broker, source, target)
    until(lambda: _open_tracks(again) == 1, again.step, "the state to be rebuilt again")
    again.clock.sleep(60)
    until(lambda: _open_tracks(again) == 0, again.step, "the track to end")
    again.finish()
    with closing(Drain(static(broker), SystemClock())) as drain:
        assert drain.left(f"flow-{source}.rewind", [source]) == 0


def test_a_note_goes_to_the_successor_with_the_rewind_offset(broker: str) -> None:
    topic = fresh_topic(broker)
    send(broker, topic, plain([b"a", b"b", b"c"]))
    place = (topic, 0)
    with closing(KafkaSource(static(broker), f"flow-{topic}", [topic], stateful=True)) as first:
        first.open()
        assert first.commit({place: 3}, {place: Rewind(1, "tracks=2")})
    told: list[tuple[Place, Rewind, int]] = []

    def resume(place: Place, rewind: Rewind, live: int) -> int:
        told.append((place, rewind, live))
        return rewind.offset

    with closing(KafkaSource(static(broker), f"flow-{topic}", [topic], stateful=True, resume=resume)) as second:
        second.open()
    assert told == [(place, Rewind(1, "tracks=2"), 3)]


def _open_tracks(worker: Worker) -> int:
    assert isinstance(worker.stage, Consolidate)
    return worker.stage.open_tracks()


# ---- dead letters ----------------------------------------------------------------------------------------


def test_a_dead_letter_carries_the_original_and_its_position(broker: str) -> None:
    source, target, graves = fresh_topic(broker), fresh_topic(broker), fresh_topic(broker)
    original = plain([bytes(range(256))], key=b"\x00key", headers=(("trace", b"\x01"),))
    send(broker, source, original)
    worker = Worker(static(broker), source, target)
    worker.work(1)
    worker.crash()
    output = KafkaOutput(static(broker))
    rejection = Rejection(worker.seen[0], "not_json", "byte 0")
    for letter, headers in letters("flow", {source: "cluster/log"}, [rejection], T0):
        output.produce(graves, letter.key, letter.value, headers)
    output.flush()
    (buried,) = contents(broker, graves)
    assert (buried.key, buried.value) == (b"\x00key", bytes(range(256)))
    kept = dict(buried.headers)
    assert kept["original_trace"] == b"\x01"
    says = DeadLetter.model_validate_json(kept[HEADER])
    assert (says.source_topic, says.source_partition, says.source_offset) == (source, 0, 0)
    assert (says.source_log, says.reason, says.value_size) == ("cluster/log", "not_json", 256)


# ---- reference topics ------------------------------------------------------------------------------------


class Table:
    """Records of a reference topic; refuses those that start with `!`."""

    def __init__(self, bootstrap: str, topic: str, held_s: float = 0.02) -> None:
        self.records: dict[bytes, bytes] = {}
        put: Callable[[bytes, bytes], None] = self.records.__setitem__
        reference = Reference(topic, self._decode, put, self._remove, self.records.__len__)
        held_ms = int(held_s * 1000)
        config = KafkaConfig(bootstrap, fetch_wait_ms=held_ms, extra={"socket.timeout.ms": str(held_ms + 60_000)})
        self.reader = ReferenceReader(config, reference)

    @staticmethod
    def _decode(value: bytes) -> bytes:
        if value.startswith(b"!"):
            raise Refused("wrong_schema", "starts with !")
        return value

    def _remove(self, key: bytes) -> None:
        self.records.pop(key, None)


def record(key: bytes, value: bytes, partition: int = 0) -> Message:
    return Message("", partition, 0, 1_772_445_600_000, key, value)


def test_a_reference_is_loaded_to_its_end_and_follows_changes(broker: str) -> None:
    topic = fresh_topic(broker, 3)  # one partition stays empty
    first = [record(b"k%d" % n, b"old", n % 2) for n in range(500)]
    send(broker, topic, [*first, record(b"k0", b"new", 0), record(b"k1", b"", 1)])
    table = Table(broker, topic)
    with closing(table.reader):
        assert table.reader.load() == []
        assert (len(table.records), table.records[b"k0"], table.records[b"k2"]) == (499, b"new", b"old")
        send(broker, topic, [record(b"k2", b"newer"), record(b"k4", b""), record(b"k6", b"!"), record(b"end", b"x")])
        rejected: list[Rejection] = []
        until(lambda: b"end" in table.records, lambda: rejected.extend(table.reader.refresh()), "the changes")
        assert (table.records[b"k2"], b"k4" in table.records, table.records[b"k6"]) == (b"newer", False, b"old")
        assert [(r.reason, r.message.value) for r in rejected] == [("wrong_schema", b"!")]


def test_a_reference_is_loaded_while_the_broker_holds_its_answers(broker: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Partitions without a message are known to be read; those with some end with their last one."""
    monkeypatch.setattr(pipeline.runtime.log_places, "ANSWER_S", 30.0)  # a busy machine is no broker that has died
    topic = fresh_topic(broker, 12)
    send(broker, topic, [record(b"k%d" % n, b"x", n % 2) for n in range(20)])
    for _ in range(4):  # a first fetch may be of some of the partitions alone, and then it is the broker's time
        table = Table(broker, topic, held_s=25)
        loading = threading.Thread(target=table.reader.load, daemon=True)
        loading.start()
        loading.join(20)
        if not loading.is_alive():
            break
    assert not loading.is_alive(), "loaded only when the broker ended its fetches"
    assert len(table.records) == 20
    table.reader.close()


def test_a_reference_is_loaded_where_the_broker_does_not_tell_its_ends(
    broker: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one that has just died and left its partitions to others: the ends show when there is nothing more to read."""
    monkeypatch.setattr(pipeline.runtime.reference, "log_places", lambda *_asked: {})
    topic = fresh_topic(broker, 3)
    send(broker, topic, [record(b"k%d" % n, b"x", n % 2) for n in range(20)])
    table = Table(broker, topic)
    with closing(table.reader):
        assert table.reader.load() == []
        assert len(table.records) == 20


def test_a_broker_that_stands_still_is_not_waited_for_to_tell_the_ends(tmp_path: Path) -> None:
    frozen = start_broker(log_path=tmp_path / "broker.log")
    try:
        topic = fresh_topic(frozen.bootstrap, 2)
        with closing(consumer_client(static(frozen.bootstrap), "asks")) as consumer:
            assert log_places(consumer, topic, (0, 1), OFFSET_END) == {0: 0, 1: 0}
            os.kill(frozen.pid, signal.SIGSTOP)
            assert log_places(consumer, topic, (0, 1), OFFSET_END) == {}
    finally:
        frozen.kill()


def test_the_ends_of_a_topic_that_was_made_a_moment_ago_are_told(broker: str) -> None:
    """Its leaders may not know of it yet: whoever went on without its ends waited until there was something to read."""
    for _ in range(5):
        topic = fresh_topic(broker, 12)
        with closing(consumer_client(static(broker), "asks")) as consumer:
            assert log_places(consumer, topic, range(12), OFFSET_END) == dict.fromkeys(range(12), 0)


def test_an_empty_reference_is_loaded_at_once(broker: str) -> None:
    table = Table(broker, fresh_topic(broker))
    with closing(table.reader):
        assert table.reader.load() == []
        assert table.reader.refresh() == []


def test_a_reference_that_is_not_there_is_named(broker: str) -> None:
    table = Table(broker, f"missing-{uuid.uuid4().hex}")
    with closing(table.reader), pytest.raises(KafkaUnusable, match="anpr topics create"):
        table.reader.load()


# ---- identity of a log -----------------------------------------------------------------------------------


def test_a_topic_made_anew_is_another_log(broker: str) -> None:
    admin, topic, other = admin_client(static(broker)), fresh_topic(broker), fresh_topic(broker)
    before = log_ids(admin, [topic, other])
    assert log_ids(admin, [topic, other]) == before
    assert before[topic] != before[other]
    _make_anew(admin, topic)
    after = log_ids(admin, [topic, other])
    assert (after[topic] != before[topic], after[other]) == (True, before[other])


def _make_anew(admin: AdminClient, topic: str) -> None:
    admin.delete_topics([topic], operation_timeout=30)[topic].result()
    until(lambda: topic not in admin.list_topics(timeout=10).topics, lambda: None, "the topic to be gone")
    admin.create_topics([NewTopic(topic, 1, 1, config=KEEP)], operation_timeout=30)[topic].result()
    until(lambda: topic in admin.list_topics(timeout=10).topics, lambda: None, "the topic to be there")


@pytest.mark.slow
def test_a_topic_made_anew_is_read_from_its_start(broker: str) -> None:
    """The offsets committed in the old log mean nothing in the new one: its messages are no replay."""
    admin, source, target = admin_client(static(broker)), fresh_topic(broker), fresh_topic(broker)
    send(broker, source, log([read(seconds=n) for n in range(5)]))
    first = consolidating(broker, source, target)
    first.work(5)
    first.finish()
    _make_anew(admin, source)
    send(broker, source, log([read("2HJK905", seconds=n) for n in range(3)]))
    second = consolidating(broker, source, target)
    second.work(3)
    second.finish()
    assert {p.plate for p in highest(contents(broker, target)).values()} == {"1ABC234", "2HJK905"}


# ---- groups ----------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_two_workers_share_the_partitions_and_commit_before_they_forget(broker: str) -> None:
    source, target = fresh_topic(broker, 4), fresh_topic(broker)
    config = KafkaConfig(broker, fetch_wait_ms=20)
    send(broker, source, [Message("", p, 0, 1_772_445_600_000, b"k", b"%d" % p) for p in range(4)])
    first = Worker(config, source, target)
    first.work(4)
    history = _recorded(first)
    second = Worker(config, source, target)

    def both() -> None:
        first.step()
        second.step()

    until(lambda: _assigned(first) == _assigned(second) == 2, both, "two partitions each")
    assert history[:2] == ["commit", "forget 2"]  # what stays is not put down meanwhile
    assert offsets(second.seen) == []  # all had been committed before it went
    send(broker, source, [Message("", p, 0, 1_772_445_600_000, b"k", b"more") for p in range(4)])
    until(lambda: first.worked + second.worked == 8, both, "the second four")
    assert {m.partition for m in first.seen[4:]} | {m.partition for m in second.seen} == {0, 1, 2, 3}
    assert len(second.seen) == 2
    second.finish()
    first.finish()


def _recorded(worker: Worker) -> list[str]:
    """What the worker will do when partitions are taken from it."""
    history: list[str] = []

    def commit() -> None:
        history.append("commit")
        worker.loop.commit()

    def forget(places: Sequence[Place]) -> None:
        history.append(f"forget {len(places)}")
        worker.loop.forget(places)

    worker.source.on_revoke(commit, forget)
    return history


def _assigned(worker: Worker) -> int:
    return len(worker.source._consumer.assignment())


@pytest.mark.slow
def test_who_leaves_asks_nothing_about_partitions_that_come_meanwhile(broker: str) -> None:
    topic, group, taken = fresh_topic(broker, 2), f"group-{uuid.uuid4()}", list[Any]()
    source = KafkaSource(KafkaConfig(broker, fetch_wait_ms=20), group, [topic], assigned=taken.append)
    source.open()
    admin = admin_client(static(broker))

    def is_member() -> bool:
        groups = admin.list_consumer_groups(states={ConsumerGroupState.STABLE}).result().valid
        return group in {one.group_id for one in groups}

    until(is_member, lambda: None, "the group has shared its partitions")
    source.close()
    assert taken == []


# ---- draining --------------------------------------------------------------------------------------------


def test_drain_sees_what_is_left(broker: str) -> None:
    source, target = fresh_topic(broker, 2), fresh_topic(broker)
    flow = f"flow-{source}"
    send(broker, source, plain(NUMBERS) + plain(NUMBERS[:5], partition=1))
    with closing(Drain(static(broker), SystemClock())) as drain:
        assert drain.left(flow, [source]) == 15
        worker = Worker(static(broker), source, target)
        worker.work(15)
        assert drain.left(flow, [source]) == 15
        worker.finish()
        assert drain.left(flow, [source]) == 0
        drain.wait([(flow, [source])], timeout_s=1)
        send(broker, source, plain([b"one more"]))
        looks: list[tuple[str, int]] = []
        with pytest.raises(NotDrained, match="still has 1 messages"):
            drain.wait([(flow, [source])], timeout_s=0, on_look=lambda group, left: looks.append((group, left)))
        assert looks == [(flow, 1)]


def test_drain_gives_up_on_a_broker_that_stands_still(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frozen = start_broker(log_path=tmp_path / "broker.log")
    try:
        topic = fresh_topic(frozen.bootstrap)
        with closing(Drain(static(frozen.bootstrap), SystemClock())) as drain:
            assert drain.left("flow", [topic]) == 0
            os.kill(frozen.pid, signal.SIGSTOP)
            monkeypatch.setattr(pipeline.runtime.drain, "CALL_TIMEOUT_S", 0.5)
            with pytest.raises(NotDrained, match=f"the broker does not tell where {topic} ends"):
                drain.wait([("flow", [topic])], timeout_s=1)
            os.kill(frozen.pid, signal.SIGCONT)
    finally:
        frozen.kill()


# ---- output ----------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_output_waits_without_loss_for_a_broker_that_stands_still(tmp_path: Path) -> None:
    frozen = start_broker(log_path=tmp_path / "broker.log")
    try:
        topic = fresh_topic(frozen.bootstrap)
        output = KafkaOutput(static(frozen.bootstrap))
        waits = 0

        def waiting() -> None:
            nonlocal waits
            waits += 1
            if waits == 2:
                os.kill(frozen.pid, signal.SIGCONT)

        os.kill(frozen.pid, signal.SIGSTOP)
        assert output.deliver(Outcome(emitted=[Emit(topic, b"k", value) for value in NUMBERS]), waiting) == ()
        assert waits >= 2
        assert [m.value for m in contents(frozen.bootstrap, topic)] == NUMBERS
    finally:
        frozen.kill()


def test_a_message_too_large_for_any_broker_is_a_failed_delivery(embedded_broker: str) -> None:
    topic, output = fresh_topic(embedded_broker), KafkaOutput(static(embedded_broker))
    with pytest.raises(DeliveryFailed, match=topic):
        output.deliver(Outcome(emitted=[Emit(topic, b"k", bytes(17_000_000))]), lambda: None)


def test_a_message_that_the_broker_refuses_is_a_failed_delivery(broker: str) -> None:
    topic, output = fresh_topic(broker, max_message_bytes="1000"), KafkaOutput(static(broker))
    with pytest.raises(DeliveryFailed, match=topic):
        output.deliver(Outcome(emitted=[Emit(topic, b"k", random.Random(7).randbytes(5000))]), lambda: None)


def test_the_next_delivery_is_not_blamed_for_the_last_one(embedded_broker: str) -> None:
    topic, output = fresh_topic(embedded_broker), KafkaOutput(static(embedded_broker))
    with pytest.raises(DeliveryFailed):
        output.produce(topic, b"k", bytes(17_000_000), ())
    assert output.deliver(Outcome(emitted=[Emit(topic, b"k", b"v")]), lambda: None) == ()
    output.serve()
    assert [m.value for m in contents(embedded_broker, topic)] == [b"v"]
