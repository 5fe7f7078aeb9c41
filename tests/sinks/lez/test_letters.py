"""Dead letters carry plates: each is stored by one of the controllers, by the owner of the topic it comes from."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from clickhouse_connect.driver.client import Client

from pipeline.outcome import Rejection
from pipeline.runtime.dead_letters import HEADER, letters
from sinks.clickhouse.controllers import LEZ, POLICE, controller_of
from tests.schemas.examples import files, load
from tests.sinks.rows import Sink, letter, message
from topics.spec import all_topics

OF_LEZ = {"vehicles", "lez-verdicts", "lez-passes", "lez-permits", "lez-notices", "lez-inputs", "lez-files"}


@pytest.mark.parametrize("topic", [*all_topics(), "no-such-topic"])
def test_a_letter_of_any_topic_is_stored_once_by_its_controller(topic: str, sink: Sink, lez_sink: Sink) -> None:
    refused = Rejection(message(topic, 7, b"{}"), "wrong_schema", "no such field")
    ((emit, headers),) = letters("store", {topic: "log"}, [refused], datetime.now(UTC))
    told = message("dead-letters", 0, emit.value)._replace(key=emit.key, headers=headers)
    counts = {}
    for controller, own in ((POLICE, sink), (LEZ, lez_sink)):
        outcome, left = own.store([told])
        assert (outcome.rejected, left) == ([], [])
        counts[controller.name] = own.count("dead_letters")
        assert sum(outcome.dropped.values()) == 1 - counts[controller.name]
    assert counts == {"police": int(topic not in OF_LEZ), "lez": int(topic in OF_LEZ)}
    assert counts[controller_of(topic).name] == 1


def test_a_letter_that_does_not_say_where_it_comes_from_is_refused_once(sink: Sink, lez_sink: Sink) -> None:
    for nothing in (letter(0, {}, b"k", b"v"), letter(1, {}, b"k", b"v")._replace(headers=())):
        assert len(sink.rows([nothing]).rejected) == 1
        outcome = lez_sink.rows([nothing])
        assert (outcome.rejected, dict(outcome.dropped)) == ([], {"not_ours": 1})


def test_no_topic_of_the_zones_ends_in_the_database_of_the_police() -> None:
    owners = {name: spec.owner for name, spec in all_topics().items()}
    assert [one.topic for one in POLICE.stored if owners[one.topic] == "lez"] == []
    assert [one.topic for one in LEZ.stored if owners[one.topic] != "lez"] == []


def test_the_letter_keeps_its_bytes(lez_sink: Sink, lez: Client) -> None:
    header = load(files("dead_letter", "valid")[0]) | {"source_topic": "lez-passes"}
    lez_sink.store([letter(4, header, b"\x00key", bytes(range(256)))])
    row = lez.query(
        "SELECT base64Decode(value_base64) = {v:String}, source_topic FROM dead_letters WHERE _log = {log:String}",
        parameters={"log": lez_sink.log, "v": "x"},
    ).result_rows
    assert [one[1] for one in row] == ["lez-passes"]
    assert HEADER == "dead_letter"


@pytest.mark.parametrize("topic", ["reads", "vehicles"])
def test_a_letter_told_again_after_a_crash_is_one(topic: str, sink: Sink, lez_sink: Sink) -> None:
    """Its worker died before it had noted the first telling: the second has another moment, and another place."""
    refused = Rejection(message(topic, 7, b"{}"), "wrong_schema", "no such field")
    own = sink if controller_of(topic) is POLICE else lez_sink
    for again in range(2):
        at = datetime(2026, 11, 26, 12, 0, again, tzinfo=UTC)
        ((emit, headers),) = letters("consolidate", {topic: "log"}, [refused], at)
        own.store([message("dead-letters", again, emit.value)._replace(key=emit.key, headers=headers)])
    held = own.client.query(
        "SELECT count() FROM dead_letters FINAL WHERE _log = {log:String}", parameters={"log": own.log}
    )
    assert held.result_rows == [(1,)]
