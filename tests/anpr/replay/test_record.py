"""Topics → a recording: what it says of messages that could not be read whole."""

from __future__ import annotations

from pathlib import Path

import pytest

from anpr.cli.replay.desk import show_unreadable
from anpr.replay.record import RecordPlan, record
from pipeline.runtime.clock import SystemClock
from pipeline.runtime.kafka import UNREADABLE_HEADERS, KafkaConfig, admin_client
from replay.recording.format import RecordingInfo
from replay.recording.reader import Recording
from tests.anpr.embedded.log_broker.batches import raw_batch
from tests.pipeline.runtime.odd_headers import batch_with_header, produce_raw
from topics.admin import create
from topics.spec import all_topics


@pytest.fixture
def recorded(embedded_broker: str, tmp_path: Path) -> RecordingInfo:
    """Of `searches`, which no other test fills: a message whose header has no name that is text, and a sound one."""
    kafka = KafkaConfig(embedded_broker, "static")
    create(admin_client(kafka), {"searches": all_topics()["searches"]}, max_partitions=1, replication=1)
    produce_raw(embedded_broker, "searches", batch_with_header(b"\xff\xfe", b"odd"))
    produce_raw(embedded_broker, "searches", raw_batch([b"sound"]))
    plan, path = RecordPlan(("searches",)), tmp_path / "odd.parquet"
    told = record(kafka, plan, path, SystemClock(), lambda: False, lambda *_: None)
    assert Recording(path).info == told
    names = [[name for name, _ in message.headers] for message in Recording(path).messages()]
    assert names == [[UNREADABLE_HEADERS], []]
    return told


def test_messages_without_their_headers_are_counted(
    recorded: RecordingInfo, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (recorded.messages, recorded.headers_unreadable) == (2, 1)
    show_unreadable(recorded)
    assert "1 messages are in it without their headers" in capsys.readouterr().out.replace("\n", " ")


def test_of_a_sound_recording_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    sound = RecordingInfo(recorded_at=SystemClock().now(), topics=(), messages=0, value_bytes=0)
    show_unreadable(sound)
    assert capsys.readouterr().out == ""
