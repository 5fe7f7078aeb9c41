"""A Faust app speaks to Kafka as all else here does."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import Producer
from faust.types import TP

from pipeline.runtime.faust_app import faust_app, measure_lag
from pipeline.runtime.kafka import KafkaConfig
from pipeline.runtime.metrics import Metrics
from pipeline.runtime.partitions import partition_of
from tests.brokers import fresh_topic
from tests.pipeline.runtime.workers import contents

PARTITIONS = 5


def app_of(config: KafkaConfig) -> Any:
    """The app, made in a loop as it must be."""

    async def make() -> Any:
        return faust_app(config, "group")

    return asyncio.run(make())


def test_a_key_lies_where_librdkafka_puts_it(embedded_broker: str) -> None:
    topic = fresh_topic(embedded_broker, PARTITIONS)
    producer = Producer({"bootstrap.servers": embedded_broker})
    for n in range(200):
        producer.produce(topic, b"v", b"9ABC%d" % n)
    assert producer.flush(20) == 0
    found = contents(embedded_broker, topic, PARTITIONS)
    assert len(found) == 200
    assert {m.partition for m in found} == set(range(PARTITIONS))
    assert all(partition_of(m.key or b"", PARTITIONS) == m.partition for m in found)


def test_it_opens_no_server_and_makes_no_topics() -> None:
    conf = app_of(KafkaConfig("one:9092,two:9093")).conf
    assert (conf.web_enabled, conf.topic_allow_declare, conf.topic_disable_leader) == (False, False, True)
    assert [f"{url.host}:{url.port}" for url in conf.broker] == ["one:9092", "two:9093"]
    assert conf.broker_credentials is None


def test_it_makes_no_folder_where_it_was_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)

    async def prepare() -> None:
        app = faust_app(KafkaConfig("one:9092"), "group")
        app._create_directories()  # as its start does
        assert app.conf.datadir.absolute().is_relative_to(tmp_path)

    asyncio.run(prepare())
    assert not list(tmp_path.iterdir())


def test_a_broker_that_is_asked_often_is_asked_often() -> None:
    assert app_of(KafkaConfig("one:9092", assignment="static", fetch_wait_ms=10)).transport.fetch_wait_ms == 50
    assert app_of(KafkaConfig("one:9092")).transport.fetch_wait_ms == 500


@pytest.mark.parametrize(
    ("protocol", "mechanism", "encrypted"),
    [("sasl_plaintext", "SCRAM-SHA-512", False), ("sasl_ssl", "SCRAM-SHA-256", True), ("sasl_ssl", "PLAIN", True)],
)
def test_it_signs_in_as_the_other_clients_do(protocol: str, mechanism: str, encrypted: bool) -> None:
    extra = {
        "security.protocol": protocol,
        "sasl.mechanism": mechanism,
        "sasl.username": "w",
        "sasl.password": "secret",
    }
    found = app_of(KafkaConfig("one:9092", extra=extra)).conf.broker_credentials
    assert (found.username, found.password, found.mechanism.value) == ("w", "secret", mechanism)
    assert found.protocol.value == protocol.upper()
    assert (found.ssl_context is not None) == encrypted
    assert "secret" not in repr(found)


def test_brokers_are_known_by_the_authority_that_the_settings_name(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        app_of(KafkaConfig("one:9092", extra={"security.protocol": "ssl", "ssl.ca.location": str(tmp_path / "none")}))
    found = app_of(KafkaConfig("one:9092", extra={"security.protocol": "ssl"})).conf.broker_credentials
    assert found.context.verify_mode is ssl.CERT_REQUIRED


class _Consumer:
    """What a consumer knows of its partitions: where they end, and what comes next of those that it has sought."""

    ends: Mapping[TP, int] = {TP("hits", 0): 10, TP("hits", 1): 5, TP("case-files", 0): 99, TP("anomalies", 0): 4}
    following: Mapping[TP, int] = {TP("hits", 0): 7, TP("anomalies", 0): 4}

    def assignment(self) -> frozenset[TP]:
        return frozenset(self.ends)

    def highwater(self, place: TP) -> int:
        return self.ends[place]

    def next_of(self, place: TP) -> int:
        return self.following.get(place, 0)


def test_lag_is_what_was_not_taken_of_the_topics_that_are_asked_for() -> None:
    metrics = Metrics("cases")
    app: Any = SimpleNamespace(consumer=_Consumer())
    measure_lag(app, metrics, "cases", ("hits", "anomalies", "case-inputs"))
    lags = {
        topic: metrics.registry.get_sample_value("anpr_lag_messages", {"flow": "cases", "topic": topic})
        for topic in ("hits", "anomalies", "case-inputs", "case-files")
    }
    assert lags == {"hits": 3 + 5, "anomalies": 0, "case-inputs": 0, "case-files": None}


def test_what_waits_behind_the_place_that_was_sought_lags_whole() -> None:
    committed, fresh = TP("hits", 0), TP("anomalies", 0)

    async def told() -> dict[str, float | None]:
        app, metrics = faust_app(KafkaConfig("one:9092"), "group"), Metrics("cases")
        consumer: Any = app.consumer
        consumer._thread.thread_loop.close()  # this one is never started
        consumer._thread = _Sought({committed: 6, fresh: 0}, end=7)
        await consumer.perform_seek()
        measure_lag(app, metrics, "cases", ("hits", "anomalies"))
        read = metrics.registry.get_sample_value
        return {t: read("anpr_lag_messages", {"flow": "cases", "topic": t}) for t in ("hits", "anomalies")}

    assert asyncio.run(told()) == {"hits": 1, "anomalies": 7}


class _Sought:
    """The thread of a client that has sought and read nothing yet."""

    def __init__(self, places: Mapping[TP, int], end: int) -> None:
        self._places, self._end = places, end

    async def seek_anew(self, _tables: Mapping[TP, int]) -> Mapping[TP, int]:
        return self._places

    def assignment(self) -> frozenset[TP]:
        return frozenset(self._places)

    def highwater(self, _place: TP) -> int:
        return self._end
