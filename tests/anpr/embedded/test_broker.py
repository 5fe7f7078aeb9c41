"""The embedded broker: starts, answers, tells why it did not, dies when told to and with its parent."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, OffsetSpec

from anpr.embedded import broker as broker_module
from anpr.embedded.broker import BrokerProcess, start_broker
from anpr.embedded.child import ChildError
from tests.brokers import fresh_topic

STARTS_ONE = """
import sys
from pathlib import Path
from anpr.embedded.broker import start_broker
print(start_broker(log_path=Path(sys.argv[1])).pid, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def running(tmp_path: Path):
    broker = start_broker(log_path=tmp_path / "broker.log")
    yield broker
    broker.kill()


def test_gives_its_own_cluster_id(running: BrokerProcess) -> None:
    admin = AdminClient({"bootstrap.servers": running.bootstrap})
    assert admin.list_topics(timeout=5).cluster_id == running.cluster_id


def test_each_start_has_another_cluster_id_and_port(running: BrokerProcess, tmp_path: Path) -> None:
    other = start_broker(log_path=tmp_path / "other.log")
    try:
        assert other.cluster_id != running.cluster_id
        assert other.bootstrap != running.bootstrap
    finally:
        other.kill()


@pytest.mark.parametrize("end", [BrokerProcess.stop, BrokerProcess.kill])
def test_stop_and_kill_end_it_and_may_be_repeated(running: BrokerProcess, end) -> None:
    end(running)
    assert not psutil.pid_exists(running.pid)
    end(running)


def test_log_is_written(running: BrokerProcess) -> None:
    assert f"cluster {running.cluster_id} takes connections" in running.child.log_tail()


def test_taken_port_is_one_clear_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ChildError, match=f"port {port} on 127.0.0.1 is taken; choose another"):
            start_broker(port=port, log_path=tmp_path / "broker.log")


def test_named_port_is_used(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    broker = start_broker(port=port, log_path=tmp_path / "broker.log")
    broker.kill()
    assert broker.bootstrap == f"127.0.0.1:{port}"


def test_early_death_shows_status_and_end_of_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _runs_instead(monkeypatch, "echo no memory today; exit 3")
    with pytest.raises(ChildError, match=r"ended early \(exit status 3\); its log ends: no memory today"):
        start_broker(log_path=tmp_path / "broker.log")


def test_silence_ends_at_the_deadline_and_leaves_no_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _runs_instead(monkeypatch, f"echo $$ > {tmp_path}/pid; exec sleep 60")
    with pytest.raises(ChildError, match=r"was not ready after 0\.5 s"):
        start_broker(log_path=tmp_path / "broker.log", timeout_s=0.5)
    assert not psutil.pid_exists(int((tmp_path / "pid").read_text()))


def test_unwritable_log_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(ChildError, match="choose a folder that can be written"):
        start_broker(log_path=tmp_path / "file" / "broker.log")


def test_foreign_broker_on_the_port_is_not_taken_for_ours(running: BrokerProcess) -> None:
    assert broker_module.answers(running.bootstrap, running.cluster_id)
    assert not broker_module.answers(running.bootstrap, "another")


def test_dies_with_a_killed_parent(tmp_path: Path) -> None:
    command = [sys.executable, "-c", STARTS_ONE, str(tmp_path / "broker.log")]
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environ) as parent:
        assert parent.stdout is not None
        broker = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    assert psutil.wait_procs([broker], timeout=5)[1] == []


def test_committed_offsets_come_back_with_static_assignment(broker: str) -> None:
    topic = fresh_topic(broker, partitions=2)
    _produce(broker, topic, [b"%d" % n for n in range(10)], partition=1)
    first = _assigned(broker, topic, TopicPartition(topic, 1, 0))
    assert [m.value() for m in first.consume(4, 10)] == [b"0", b"1", b"2", b"3"]
    first.commit(offsets=[TopicPartition(topic, 1, 4)], asynchronous=False)
    first.close()
    again = _assigned(broker, topic, TopicPartition(topic, 1))
    assert again.consume(1, 10)[0].value() == b"4"
    again.close()


def test_end_of_partition_and_cached_watermark_tell_the_end_of_the_log(broker: str) -> None:
    topic = fresh_topic(broker)
    _produce(broker, topic, [b"x"] * 50)
    consumer = _assigned(broker, topic, TopicPartition(topic, 0, 0))
    messages = iter(lambda: consumer.poll(10), None)
    end = next(message for message in messages if message.error())
    assert end.offset() == 50
    assert consumer.get_watermark_offsets(TopicPartition(topic, 0), cached=True) == (0, 50)
    consumer.close()


def test_latest_offset_is_the_end_of_the_log(broker: str) -> None:
    topic = fresh_topic(broker)
    _produce(broker, topic, [b"x"] * 50)
    where = TopicPartition(topic, 0)
    admin = AdminClient({"bootstrap.servers": broker})
    assert admin.list_offsets({where: OffsetSpec.latest()})[where].result().offset == 50


def _produce(bootstrap: str, topic: str, values: list[bytes], partition: int = 0) -> None:
    """Send all values in one batch: the linger is longer than the loop."""
    producer = Producer({"bootstrap.servers": bootstrap, "linger.ms": 50})
    for value in values:
        producer.produce(topic, value, partition=partition)
    assert producer.flush(10) == 0


def _assigned(bootstrap: str, topic: str, where: TopicPartition) -> Consumer:
    settings = {"group.id": topic, "enable.auto.commit": False, "enable.partition.eof": True}
    consumer = Consumer({"bootstrap.servers": bootstrap, **settings})
    consumer.assign([where])
    return consumer


def _runs_instead(monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    monkeypatch.setattr(broker_module, "_command", lambda *_: ["/bin/sh", "-c", script])
