"""Apache Kafka with the very settings of docker-compose.secure.yml: from there to the image's own start-up code."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from anpr.certificates import make
from anpr.embedded.child import Child, ChildError, free_port, start_child, wait_ready
from anpr.embedded.kafka_jars import fetch_kafka_jars, jar_cache
from anpr.settings import Settings, resolve
from pipeline.runtime.reach import BrokerSilent, ask_broker
from tests.deploy.deployment import load
from tests.deploy.image import set_up
from topics.access.model import all_roles

__all__ = ["SecureKafka", "secure_kafka"]

QUICK = {
    "KAFKA_OFFSETS_TOPIC_NUM_PARTITIONS": "4",
    "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0",
}
"""What only makes it start sooner."""
JVM = ("-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn")
START_S = 60.0


@dataclass(frozen=True)
class SecureKafka:
    """A running broker, and by which settings each user comes to it."""

    folder: Path
    port: int
    """Where users sign in by password."""
    broker_port: int
    """Where brokers and setup sign in by certificate."""
    child: Child

    @property
    def certificates(self) -> Path:
        """As `anpr.certificates` makes them."""
        return self.folder / "certificates"

    def by_certificate(self, name: str = "setup") -> dict[str, str]:
        """Settings, by name, of the super user or another holder of a certificate."""
        return {
            "kafka_bootstrap": f"127.0.0.1:{self.broker_port}",
            "kafka_security_protocol": "ssl",
            "kafka_ca_file": str(self.certificates / "ca.pem"),
            "kafka_certificate_file": str(self.certificates / name / "certificate.pem"),
            "kafka_key_file": str(self.certificates / name / "key.pem"),
        }

    def user(self, name: str, password: str | None = None) -> dict[str, str]:
        """Settings of a user."""
        return {
            "kafka_bootstrap": f"127.0.0.1:{self.port}",
            "kafka_security_protocol": "sasl_ssl",
            "kafka_sasl_mechanism": "SCRAM-SHA-512",
            "kafka_username": name,
            "kafka_password": password or self.passwords[name],
            "kafka_ca_file": str(self.certificates / "ca.pem"),
        }

    @property
    def passwords(self) -> dict[str, str]:
        """Invented ones, of a user for each role."""
        return {name: f"invented-{name}-{'x' * 20}" for name in [*all_roles(), "subscriber.tow-cars"]}


def settings(given: Mapping[str, str], **more: object) -> Settings:
    """Settings of a program, nothing of this machine's environment in them."""
    return resolve({"ANPR_CONFIG": "/dev/null"}, **given, **more)


@contextmanager
def secure_kafka(folder: Path) -> Iterator[SecureKafka]:
    """One node. Skips the test where there are no jars."""
    try:
        jars = fetch_kafka_jars(jar_cache())
    except ChildError as error:
        pytest.skip(f"no jars of Apache Kafka: {error}")
    make(folder / "certificates")
    ports = {name: free_port() for name in ("INSIDE", "CONTROLLER", "HOST", "BROKER")}
    started = folder / "start"
    started.mkdir()
    (folder / "data").mkdir()
    done = set_up(started, str(jars), _environment(folder, ports))
    assert done.returncode == 0, done.stdout[-2000:]
    java = shutil.which("java") or "java"
    command = [java, *JVM, "-cp", f"{jars}/*", "kafka.Kafka", str(started / "final" / "server.properties")]
    child = start_child("secure Kafka", command, folder / "kafka.log")
    broker = SecureKafka(folder, ports["INSIDE"], ports["BROKER"], child)
    try:
        wait_ready(child, lambda: _answers(broker), timeout_s=START_S)
        yield broker
    finally:
        child.kill()


def _environment(folder: Path, ports: Mapping[str, int]) -> dict[str, str]:
    """Of the service `kafka-1`, its places on this machine put in."""
    deployment = load().secured()
    given = deployment.filled()["kafka-1"]["environment"]
    certificates = folder / "certificates"
    here = {
        "KAFKA_LISTENERS": ",".join(f"{name}://127.0.0.1:{port}" for name, port in ports.items()),
        "KAFKA_ADVERTISED_LISTENERS": ",".join(
            f"{name}://127.0.0.1:{port}" for name, port in ports.items() if name != "CONTROLLER"
        ),
        "KAFKA_CONTROLLER_QUORUM_VOTERS": f"1@127.0.0.1:{ports['CONTROLLER']}",
        "KAFKA_LOG_DIRS": str(folder / "data"),
        "KAFKA_SSL_KEYSTORE_LOCATION": str(certificates / "kafka-1" / "both.pem"),
        "KAFKA_SSL_TRUSTSTORE_LOCATION": str(certificates / "ca.pem"),
    }
    assert here.keys() <= given.keys()
    return {name: str(value) for name, value in {**given, **here, **QUICK}.items()}


def _answers(broker: SecureKafka) -> bool:
    try:
        return len(ask_broker(settings(broker.by_certificate()).kafka(), 2.0).brokers) == 1
    except BrokerSilent:
        return False
