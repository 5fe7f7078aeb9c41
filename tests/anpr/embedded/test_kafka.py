"""Apache Kafka from jars: one node works, survives a kill with its data, and three form a cluster."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import pytest
from confluent_kafka import Consumer, Producer, TopicPartition
from confluent_kafka.admin import AdminClient

from anpr.embedded import kafka as kafka_module
from anpr.embedded.child import ChildError, free_port
from anpr.embedded.kafka import KafkaCluster, start_kafka
from anpr.embedded.kafka_jars import KAFKA_VERSION, POM, fetch_kafka_jars, find_kafka_jars, jar_cache
from anpr.embedded.kafka_quorum import QuorumUnknown, leader_of
from tests.anpr.program import wait_until
from tests.brokers import fresh_topic


@pytest.fixture(scope="module")
def jars() -> Path:
    try:
        return fetch_kafka_jars(jar_cache())
    except ChildError as error:
        pytest.skip(str(error))


@pytest.fixture
def cluster(jars: Path, tmp_path: Path) -> Iterator[KafkaCluster]:
    started = start_kafka(jars, tmp_path)
    yield started
    started.kill()


def test_pom_leaves_the_version_to_the_program() -> None:
    names = {"m": "http://maven.apache.org/POM/4.0.0"}
    assert ElementTree.parse(POM).findtext(".//m:dependency/m:version", namespaces=names) == "${kafka.version}"


def test_jars_are_not_found_in_an_empty_cache(tmp_path: Path) -> None:
    assert find_kafka_jars(tmp_path) is None


def test_half_a_download_does_not_count(tmp_path: Path) -> None:
    (tmp_path / f"kafka-{KAFKA_VERSION}").mkdir()
    assert find_kafka_jars(tmp_path) is None


def test_without_maven_the_message_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ChildError, match="no program 'mvn' on PATH; install Java 17 and Maven"):
        fetch_kafka_jars(tmp_path, POM)


def test_three_nodes_share_one_layout(tmp_path: Path) -> None:
    layout = {1: (11, 12), 2: (21, 22), 3: (31, 32)}
    node = kafka_module.KafkaNode(2, 21, tmp_path, ["java"])
    settings = kafka_module._properties(node, layout, {"log.retention.ms": "1"})
    assert settings["controller.quorum.voters"] == "1@127.0.0.1:12,2@127.0.0.1:22,3@127.0.0.1:32"
    assert settings["listeners"] == "PLAINTEXT://127.0.0.1:21,CONTROLLER://127.0.0.1:22"
    assert settings["offsets.topic.replication.factor"] == "3"
    assert settings["log.retention.ms"] == "1"


@pytest.mark.kafka
def test_fixture_gives_apache_kafka(kafka: str) -> None:
    metadata = AdminClient({"bootstrap.servers": kafka}).list_topics(timeout=10)
    assert metadata.brokers
    assert not metadata.cluster_id.startswith("anpr-")


@pytest.mark.kafka
def test_cluster_id_is_the_one_that_was_formatted(cluster: KafkaCluster) -> None:
    admin = AdminClient({"bootstrap.servers": cluster.bootstrap})
    assert admin.list_topics(timeout=10).cluster_id == cluster.cluster_id


def test_no_cluster_id_looks_like_an_option() -> None:
    made = {kafka_module._new_cluster_id() for _ in range(1000)}
    assert len(made) == 1000
    assert {len(one) for one in made} == {22}
    assert not any(one.startswith("-") for one in made)


@pytest.mark.kafka
def test_messages_survive_a_kill(cluster: KafkaCluster) -> None:
    topic = fresh_topic(cluster.bootstrap)
    producer = Producer({"bootstrap.servers": cluster.bootstrap})
    producer.produce(topic, b"kept")
    assert producer.flush(10) == 0
    node = cluster.nodes[0]
    node.kill()
    node.start()
    cluster.wait_node(node, 60)
    assert _first_value(cluster.bootstrap, topic) == b"kept"


@pytest.mark.kafka
def test_bad_setting_fails_with_the_reason(jars: Path, tmp_path: Path) -> None:
    with pytest.raises(ChildError, match=r"formatting the storage of Kafka node 1 failed[\s\S]*num\.io\.threads"):
        start_kafka(jars, tmp_path, settings={"num.io.threads": "many"})


@pytest.mark.kafka
def test_nodes_take_their_classes_from_the_archive(jars: Path) -> None:
    classes = kafka_module._classes_of(jars)
    if not classes:
        pytest.skip("this Java makes no archive of classes")
    logged = _classes_loaded(jars, classes)
    assert re.search(r"kafka\.Kafka\$? source: shared objects file \(top\)", logged)


@pytest.mark.kafka
def test_a_broken_archive_only_costs_time(jars: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.jsa").write_bytes(b"no archive" * 1000)
    logged = _classes_loaded(jars, [f"-XX:SharedArchiveFile={tmp_path / 'broken.jsa'}"])
    assert re.search(r"kafka\.Kafka\$? source: (jar|file):", logged)


def _classes_loaded(jars: Path, classes: list[str]) -> str:
    """What a node says that it loads, and from where; it ends as it is given no settings."""
    command = kafka_module._java(jars, "-Xmx256m", [*classes, "-Xlog:class+load"])
    done = subprocess.run([*command, "kafka.Kafka"], capture_output=True, text=True, timeout=60, check=False)
    return done.stdout + done.stderr


@pytest.mark.kafka
@pytest.mark.slow
def test_three_nodes_form_a_cluster_and_choose_another_leader(jars: Path, tmp_path: Path) -> None:
    cluster = start_kafka(jars, tmp_path, nodes=3, heap_mb=256)
    try:
        assert len(AdminClient({"bootstrap.servers": cluster.bootstrap}).list_topics(timeout=10).brokers) == 3
        leaders = {leader_of(node.bootstrap) for node in cluster.nodes}
        (leader,) = leaders
        next(node for node in cluster.nodes if node.node_id == leader).kill()
        other = next(node for node in cluster.nodes if node.node_id != leader)
        wait_until(lambda: _leader(other.bootstrap) not in (leader, None), what="another leader", timeout_s=60)
    finally:
        cluster.kill()


def _leader(bootstrap: str) -> int | None:
    try:
        return leader_of(bootstrap)
    except QuorumUnknown:
        return None


def test_a_broker_that_is_not_there_does_not_tell_who_leads() -> None:
    with pytest.raises(QuorumUnknown, match="does not answer"):
        leader_of(f"127.0.0.1:{free_port()}")


def _first_value(bootstrap: str, topic: str) -> bytes | None:
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": topic, "enable.auto.commit": False})
    consumer.assign([TopicPartition(topic, 0, 0)])
    try:
        message = consumer.poll(20)
        assert message is not None
        assert message.error() is None
        return message.value()
    finally:
        consumer.close()
