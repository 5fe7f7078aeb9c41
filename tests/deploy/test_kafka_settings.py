"""Apache Kafka itself accepts the brokers' settings: the image's own start-up code, run from the jars."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from anpr.embedded.child import ChildError
from anpr.embedded.kafka import fetch_kafka_jars, jar_cache
from tests.deploy.deployment import load

LOG_CONFIG = "Configuration:\n  Loggers: {}\n"


@pytest.mark.kafka
@pytest.mark.parametrize("cluster", [False, True], ids=["one", "three"])
def test_kafka_formats_its_storage_with_our_settings(tmp_path: Path, cluster: bool) -> None:
    try:
        jars = fetch_kafka_jars(jar_cache())
    except ChildError as error:
        pytest.skip(f"no jars of Apache Kafka: {error}")
    environment = load().filled(cluster=cluster)["kafka-1"]["environment"]
    data = tmp_path / "data"
    data.mkdir()

    done = _set_up(tmp_path, str(jars), {**environment, "KAFKA_LOG_DIRS": str(data)})

    assert done.returncode == 0, done.stdout[-2000:]
    assert f"cluster.id={environment['CLUSTER_ID']}" in (data / "meta.properties").read_text()
    written = (tmp_path / "final" / "server.properties").read_text()
    assert f"controller.quorum.voters={environment['KAFKA_CONTROLLER_QUORUM_VOTERS']}" in written


def _set_up(folder: Path, jars: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """Run what the image runs before the broker: environment → server.properties → formatted storage."""
    for name in ("default", "mounted", "final"):
        (folder / name).mkdir()
    (folder / "default" / "server.properties").touch()
    for name in ("log4j2.yaml", "tools-log4j2.yaml"):
        (folder / "default" / name).write_text(LOG_CONFIG)
    places = [part for n in ("default", "mounted", "final") for part in (f"--{n}-configs-dir", str(folder / n))]
    command = ["java", "-cp", f"{jars}/*", "kafka.docker.KafkaDockerWrapper", "setup", *places]
    return subprocess.run(
        command,
        env={"PATH": "/usr/bin:/bin", **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=60,
        check=False,
    )
