"""Files anew of what the store keeps: only into a log that has never held any."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import pytest

from pipeline.flows.restoring import restore
from pipeline.runtime.kafka import KafkaConfig, KafkaUnusable, admin_client
from tests.brokers import fresh_topic
from tests.pipeline.runtime.workers import contents, plain, send

KEPT = [(b"1ABC234", b"of one"), (b"2DEF567", b"of another")]


def _restored(broker: str, files: str, inputs: str, kept: Callable[[], Iterable[tuple[bytes, bytes]]]) -> None:
    config = KafkaConfig(broker)
    restore(config, admin_client(config), files, inputs, kept)


def _never_asked() -> Iterator[tuple[bytes, bytes]]:
    raise AssertionError("the store is asked for nothing")
    yield


def test_a_new_log_is_given_what_the_store_keeps(broker: str) -> None:
    files, inputs = fresh_topic(broker, 2), fresh_topic(broker, 2)
    _restored(broker, files, inputs, lambda: KEPT)
    assert sorted((m.key, m.value) for m in contents(broker, inputs, 2)) == KEPT


def test_a_log_that_holds_files_is_left_as_it_is(broker: str) -> None:
    files, inputs = fresh_topic(broker, 2), fresh_topic(broker, 2)
    send(broker, files, plain([b"a file"]))
    _restored(broker, files, inputs, _never_asked)
    assert contents(broker, inputs, 2) == []


def test_topics_that_differ_are_refused_before_anything_is_sent(broker: str) -> None:
    with pytest.raises(KafkaUnusable, match="equal partitions"):
        _restored(broker, fresh_topic(broker, 2), fresh_topic(broker, 1), _never_asked)
