"""`anpr topics versions`: what lies on the topics, and whether this program reads it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from anpr.cli import main
from anpr.embedded.broker import start_broker
from anpr.platform import create_topics
from anpr.settings import resolve
from anpr.topic_versions import Found, look_at_versions
from pipeline.messages import Message
from pipeline.runtime.kafka import KafkaConfig
from tests.brokers import fresh_topic
from tests.pipeline.runtime.workers import send
from topics.spec import Topics, all_topics

AT_MS = 1_764_000_000_000
LETTER = b'{"schema_version":1}'


def _look(broker: str, values: list[bytes], like: str = "reads", newest: int | None = None) -> Found:
    """One topic with these messages in turn in two partitions, of the contract of `like`."""
    topic = fresh_topic(broker, 2)
    send(broker, topic, [Message(topic, n % 2, 0, AT_MS + n, b"key", value) for n, value in enumerate(values)])
    spec = all_topics()[like].model_copy(update={"name": topic})
    (found,) = look_at_versions(KafkaConfig(broker), Topics({topic: spec}), newest)
    return found


@pytest.mark.slow
def test_versions_are_counted_and_told_apart(broker: str) -> None:
    values = [b"{}", b'{"schema_version":1,"x":2}', b'{"schema_version":2}', b"no JSON", b"", b'{"schema_version":2}']
    found = _look(broker, values)
    assert [(one.version, one.standing, one.messages) for one in found.seen] == [(1, "read", 2), (2, "not readable", 2)]
    assert (found.looked_at, found.of, found.without, found.known) == (6, 6, 2, 1)
    assert found.seen[1].newest == datetime.fromtimestamp((AT_MS + 5) / 1000, UTC)
    assert not found.readable


@pytest.mark.slow
def test_the_newest_ones_are_looked_at_where_all_would_be_many(broker: str) -> None:
    found = _look(broker, [b'{"schema_version":2}'] * 40 + [b"{}"] * 10, newest=10)
    assert (found.looked_at, found.of, found.readable) == (10, 50, True)


@pytest.mark.slow
def test_an_empty_topic_holds_nothing(broker: str) -> None:
    found = _look(broker, [])
    assert (found.looked_at, found.of, found.seen, found.readable) == (0, 0, (), True)


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A broker of our own with our topics: a hit that no program of today reads, a letter that every one reads."""
    folder = tmp_path_factory.mktemp("versions")
    own = start_broker(log_path=folder / "broker.log")
    create_topics(
        resolve({}, data_dir=folder, kafka_bootstrap=own.bootstrap, topics_max_partitions=1, topics_replication=1)
    )
    send(own.bootstrap, "hits", [Message("hits", 0, 0, AT_MS, b"1ABC234", b'{"schema_version":7}')])
    letter = Message("dead-letters", 0, 0, AT_MS, b"k", b'{"schema_version":9}', (("dead_letter", LETTER),))
    send(own.bootstrap, "dead-letters", [letter])
    yield own.bootstrap
    own.kill()


def _run(monkeypatch: pytest.MonkeyPatch, folder: Path, bootstrap: str, *words: str) -> int:
    monkeypatch.setenv("ANPR_DATA_DIR", str(folder))
    monkeypatch.setenv("ANPR_KAFKA_BOOTSTRAP", bootstrap)
    monkeypatch.setattr("sys.argv", ["anpr", "topics", "versions", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    return int(ended.value.code or 0)


def test_what_cannot_be_read_is_exit_code_1(
    filled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(monkeypatch, tmp_path, filled, "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert not told["readable"]
    by_topic = {one["topic"]: one["seen"] for one in told["topics"]}
    assert by_topic.keys() == all_topics().keys()
    assert [(one["version"], one["standing"]) for one in by_topic["hits"]] == [(7, "not readable")]
    assert [(one["version"], one["standing"]) for one in by_topic["dead-letters"]] == [(1, "read")], "of its header"


def test_one_topic_is_asked_alone(
    filled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(monkeypatch, tmp_path, filled, "dead-letters", "--all") == 0
    said = capsys.readouterr().out
    assert "this program reads all of it" in said
    assert "hits" not in said


def test_a_topic_that_does_not_exist_is_said(
    filled: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run(monkeypatch, tmp_path, filled, "nonsense") == 2
    assert "there is no topic nonsense" in capsys.readouterr().err
