"""What docs/operations.md says of brokers is done as written, under traffic: a lost disk, another version of Kafka."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from anpr.chaos.traffic import Traffic
from anpr.doctor.broker import look_at_broker
from anpr.embedded.child import ChildError
from anpr.embedded.kafka import KafkaCluster, KafkaNode, start_kafka
from anpr.embedded.kafka_jars import KAFKA_VERSION, fetch_kafka_jars, jar_cache
from tests.anpr.program import wait_until
from tests.end_to_end.fleet import Fleet, assert_whole, ready_fleet

OLDER = "4.2.0"
"""The minor version before ours."""
TOOLS = Path(__file__).with_name("kafka-tools-pom.xml")
START_S = COPIES_S = 90.0
PER_S, TOGETHER = 500, 1_500
"""Reads a second, and how many pass between two steps."""
pytestmark = [pytest.mark.slow, pytest.mark.kafka, pytest.mark.timeout(400)]


@pytest.fixture
def version() -> str:
    """Of Kafka, at first."""
    return KAFKA_VERSION


@pytest.fixture
def cluster(version: str, tmp_path: Path) -> Iterator[KafkaCluster]:
    """Three brokers."""
    started = start_kafka(_jars(version), tmp_path / "kafka", nodes=3, heap_mb=384, timeout_s=START_S)
    yield started
    started.kill()


@pytest.fixture
def fleet(cluster: KafkaCluster, tmp_path: Path) -> Iterator[Fleet]:
    """One worker of each flow; each topic in three copies, of which two must have a message."""
    yield from ready_fleet(cluster.bootstrap, tmp_path / "data", ["consolidate-1", "match-1"], partitions=4, copies=3)


@pytest.fixture
def traffic(fleet: Fleet) -> Traffic:
    """Reads, all the while."""
    return Traffic(fleet.settings.kafka(), seed=6, rate_per_s=PER_S)


def _jars(version: str) -> Path:
    try:
        return fetch_kafka_jars(jar_cache(), version=version)
    except ChildError as error:
        pytest.skip(f"no jars of Apache Kafka {version}: {error}")


def _let_pass(traffic: Traffic) -> None:
    wanted = len(traffic.acknowledged) + TOGETHER
    wait_until(lambda: len(traffic.acknowledged) >= wanted, what=f"{TOGETHER} reads more")


def _words_of_partitions(fleet: Fleet) -> list[str]:
    """What `anpr doctor` has to say of copies; empty: all are there."""
    return [
        one.words
        for one in look_at_broker(fleet.settings)
        if one.what in ("partitions", "broker") and one.state != "ok"
    ]


def _until_doctor(fleet: Fleet, says: Callable[[list[str]], bool], what: str) -> None:
    wait_until(lambda: says(_words_of_partitions(fleet)), what=what, timeout_s=COPIES_S)


def _start(cluster: KafkaCluster, fleet: Fleet, node: KafkaNode) -> None:
    """And wait, as the document says, until all partitions have their copies."""
    node.start()
    cluster.wait_node(node, START_S)
    _until_doctor(fleet, lambda words: not words, f"all copies, broker {node.node_id} included")


def _finish(fleet: Fleet, traffic: Traffic) -> None:
    traffic.finish()
    fleet.work_off(tended=True)
    assert_whole(fleet.settings.kafka(), traffic)


def test_a_broker_whose_disk_is_lost_comes_back_on_an_empty_one(
    cluster: KafkaCluster, fleet: Fleet, traffic: Traffic
) -> None:
    """Afterwards another one may fail: the new disk has all of it."""
    lost, other = cluster.nodes[1], cluster.nodes[0]
    traffic.start()
    _let_pass(traffic)
    lost.kill()
    _until_doctor(fleet, lambda words: any("broker 2 is away" in one for one in words), "the doctor to name it")
    _let_pass(traffic)
    lost.empty_disk(cluster.cluster_id)
    _start(cluster, fleet, lost)
    other.kill()
    _let_pass(traffic)
    _finish(fleet, traffic)


@pytest.mark.parametrize("version", [OLDER])
def test_another_version_of_kafka_one_broker_at_a_time(
    cluster: KafkaCluster, fleet: Fleet, traffic: Traffic, tmp_path: Path
) -> None:
    tools = fetch_kafka_jars(tmp_path / "tools", TOOLS)
    traffic.start()
    _let_pass(traffic)
    for node in cluster.nodes:
        node.stop()
        node.exchange(_jars(KAFKA_VERSION))
        _start(cluster, fleet, node)
        _let_pass(traffic)
    minor = KAFKA_VERSION.rpartition(".")[0]
    _features(tools, cluster.bootstrap, "upgrade", "--release-version", minor)
    assert f"FinalizedVersionLevel: {minor}" in _features(tools, cluster.bootstrap, "describe")
    _let_pass(traffic)
    _finish(fleet, traffic)


def _features(tools: Path, bootstrap: str, *words: str) -> str:
    """`kafka-features.sh`."""
    program = ["java", "-cp", f"{tools}/*", "org.apache.kafka.tools.FeatureCommand", "--bootstrap-server", bootstrap]
    done = subprocess.run([*program, *words], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
