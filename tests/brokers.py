"""Brokers for tests: the embedded one, and Apache Kafka from wherever this machine can get it."""

from __future__ import annotations

import gc
import os
import time
import uuid
import warnings
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from confluent_kafka import KafkaException
from confluent_kafka.admin import AdminClient, NewTopic

from anpr.embedded.child import ChildError, free_port
from anpr.embedded.kafka import start_kafka
from anpr.embedded.kafka_jars import KAFKA_VERSION, fetch_kafka_jars, jar_cache

ENVIRONMENT_NAME = "ANPR_TEST_KAFKA"
"""`host:port` of an Apache Kafka to test against; its topics are added to, nothing else is touched."""


_TIMEOUT_S = 30.0
_DOCKER_TIMEOUT_S = 90.0


@contextmanager
def any_kafka(folder: Path) -> Iterator[str]:
    """Bootstrap servers of Apache Kafka: from the environment, else from Docker, else from Maven's jars.

    folder: for the data of a broker started from jars. Skips the test, saying what is missing, where none can be had.
    """
    if named := os.environ.get(ENVIRONMENT_NAME):
        yield named
    elif docker_answers():
        with _kafka_in_docker() as bootstrap:
            yield bootstrap
    else:
        with _kafka_from_jars(folder) as bootstrap:
            yield bootstrap


def docker_answers() -> bool:
    """Whether a Docker daemon answers here."""
    with warnings.catch_warnings():
        # docker-py leaves the socket of a refused connection to the collector, which would warn in some later test.
        warnings.simplefilter("ignore", ResourceWarning)
        answered = _ping_docker()
        gc.collect()
    return answered


def _ping_docker() -> bool:
    import docker
    from docker.errors import DockerException

    try:
        with closing(docker.from_env(timeout=5)) as client:
            return bool(client.ping())
    except DockerException:
        return False


@contextmanager
def _kafka_in_docker() -> Iterator[str]:
    """The image `apache/kafka`; testcontainers' own KafkaContainer knows Confluent's image only."""
    from testcontainers.core.container import DockerContainer

    # The address that clients are told must be known before the start, so the port is fixed, not mapped.
    port = free_port()
    container = DockerContainer(f"apache/kafka:{KAFKA_VERSION}").with_bind_ports(port, port)
    for name, value in _image_settings(port).items():
        container = container.with_env(name, value)
    with container:
        bootstrap = f"127.0.0.1:{port}"
        _wait_metadata(bootstrap, deadline_s=time.monotonic() + _DOCKER_TIMEOUT_S)
        yield bootstrap


def _image_settings(port: int) -> dict[str, str]:
    """Environment of the image: naming any listener replaces its default configuration, so all is named."""
    return {
        "KAFKA_NODE_ID": "1",
        "KAFKA_PROCESS_ROLES": "broker,controller",
        "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093",
        "KAFKA_CONTROLLER_LISTENER_NAMES": "CONTROLLER",
        "KAFKA_LISTENERS": f"PLAINTEXT://0.0.0.0:{port},CONTROLLER://localhost:9093",
        "KAFKA_ADVERTISED_LISTENERS": f"PLAINTEXT://127.0.0.1:{port}",
        "KAFKA_LISTENER_SECURITY_PROTOCOL_MAP": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "KAFKA_OFFSETS_TOPIC_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_REPLICATION_FACTOR": "1",
        "KAFKA_TRANSACTION_STATE_LOG_MIN_ISR": "1",
        "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
        "KAFKA_AUTO_CREATE_TOPICS_ENABLE": "false",
    }


def _wait_metadata(bootstrap: str, *, deadline_s: float) -> None:
    """Return at the first metadata answer. Raises the last KafkaException at the deadline (monotonic clock)."""
    admin = AdminClient({"bootstrap.servers": bootstrap, "log_level": 0})
    while True:
        try:
            admin.list_topics(timeout=1.0)
        except KafkaException:
            if time.monotonic() > deadline_s:
                raise
        else:
            return


def jars_or_skip() -> Path:
    """The folder with the jars of Apache Kafka, for a test that must strike a broker of its own."""
    try:
        return fetch_kafka_jars(jar_cache())
    except ChildError as error:
        pytest.skip(f"no jars of Apache Kafka: {error}")


@contextmanager
def _kafka_from_jars(folder: Path) -> Iterator[str]:
    try:
        jars = fetch_kafka_jars(jar_cache())
    except ChildError as error:
        pytest.skip(f"no Apache Kafka: {ENVIRONMENT_NAME} is not set, no Docker daemon answers, and {error}")
    cluster = start_kafka(jars, folder)
    try:
        yield cluster.bootstrap
    finally:
        cluster.kill()


KEEP = {"retention.ms": "-1"}


def fresh_topic(bootstrap: str, partitions: int = 1, *, prefix: str = "t", **config: str) -> str:
    """Create a topic with a name nobody used and return the name once the broker's metadata has it.

    It keeps messages for ever unless told otherwise: those of tests bear stamps of long ago, and Apache Kafka, which
    looks every five minutes, would delete them by these.
    config: Kafka settings with `_` for `.`, such as `cleanup_policy="compact"`.
    """
    name = f"{prefix}-{uuid.uuid4().hex[:12]}"
    settings = KEEP | {key.replace("_", "."): value for key, value in config.items()}
    admin = AdminClient({"bootstrap.servers": bootstrap})
    created = admin.create_topics([NewTopic(name, partitions, 1, config=settings)], operation_timeout=_TIMEOUT_S)
    created[name].result()
    _wait_visible(admin, name, partitions)
    return name


def _wait_visible(admin: AdminClient, topic: str, partitions: int) -> None:
    """Each look is a round trip to the broker; Kafka publishes a new topic a few of them later."""
    for _ in range(1000):
        found = admin.list_topics(topic, timeout=_TIMEOUT_S).topics[topic]
        if found.error is None and len(found.partitions) == partitions:
            return
    raise TimeoutError(f"the broker accepted topic {topic} but does not show it")
