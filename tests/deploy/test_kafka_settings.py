"""Apache Kafka itself accepts the brokers' settings: the image's own start-up code, run from the jars."""

from __future__ import annotations

from pathlib import Path

import pytest

from anpr.embedded.child import ChildError
from anpr.embedded.kafka_jars import fetch_kafka_jars, jar_cache
from tests.deploy.deployment import load
from tests.deploy.image import set_up


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

    done = set_up(tmp_path, str(jars), {**environment, "KAFKA_LOG_DIRS": str(data)})

    assert done.returncode == 0, done.stdout[-2000:]
    assert f"cluster.id={environment['CLUSTER_ID']}" in (data / "meta.properties").read_text()
    written = (tmp_path / "final" / "server.properties").read_text()
    assert f"controller.quorum.voters={environment['KAFKA_CONTROLLER_QUORUM_VOTERS']}" in written
