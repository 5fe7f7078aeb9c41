"""Recordings as files: what is written comes back, byte for byte; what is no whole recording is refused in words."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from replay.recording import writer as writer_module
from replay.recording.format import Recorded, RecordingFault, SimulatedRun
from replay.recording.reader import Recording
from replay.recording.writer import RecordingWriter

NOW = datetime(2026, 11, 26, 6, 0, tzinfo=UTC)
LOGS = {"reads": "cluster/1", "hotlist": "cluster/2", "frames": "cluster/3"}
READ = b'{"read_id":"00000000-0000-4000-8000-000000000001","camera_id":"cam-1","received_at":"2026-11-26T05:00:00Z"}'


def written(path: Path, messages: list[Recorded], **more: SimulatedRun) -> Path:
    with RecordingWriter(path, LOGS, **more) as writer:
        for message in messages:
            writer.add(message)
        writer.finish(NOW)
    return path


def read(number: int, value: bytes | None = READ, topic: str = "reads") -> Recorded:
    return Recorded(topic, number % 3, number, 1_000 + number, b"cam-1", value)


byte_strings = st.none() | st.binary(max_size=40)
messages = st.builds(
    Recorded,
    topic=st.sampled_from(sorted(LOGS)),
    partition=st.integers(0, 200),
    offset=st.integers(0, 2**40),
    timestamp_ms=st.integers(0, 2**42),
    key=byte_strings,
    value=byte_strings,
    headers=st.lists(st.tuples(st.text(max_size=8), byte_strings), max_size=3).map(tuple),
    version=st.none(),
)


@settings(max_examples=30, deadline=None)
@given(st.lists(messages, max_size=30))
def test_bytes_come_back_as_they_were(tmp_path_factory: pytest.TempPathFactory, given_messages: list[Recorded]) -> None:
    path = written(tmp_path_factory.mktemp("recording") / "a.parquet", given_messages)
    back = list(Recording(path).messages())
    assert [message._replace(version=None) for message in back] == given_messages


def test_groups_keep_the_order_and_bound_what_is_held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer_module, "GROUP_ROWS", 10)
    path = written(tmp_path / "a.parquet", [read(n) for n in range(35)])
    assert pq.ParquetFile(path).metadata.num_row_groups == 4
    assert [message.offset for message in Recording(path).messages()] == list(range(35))


def test_the_description_says_what_is_in_it(tmp_path: Path) -> None:
    broken, removed = read(2, b"no JSON"), read(3, None, topic="hotlist")
    newer = read(4, b'{"schema_version":2}')
    frame = Recorded("frames", 0, 5, 9_000, b"cam-2", b"\xff\xd8", (("frame", READ.replace(b"cam-1", b"cam-2")),))
    simulated = SimulatedRun(seed=7, parameters={"cameras": 24})
    recording = Recording(
        written(tmp_path / "a.parquet", [read(1), broken, removed, newer, frame], simulated=simulated)
    )
    info = recording.info
    topics = {topic.topic: topic for topic in info.topics}
    assert (len(recording), info.messages, info.cameras) == (5, 5, ("cam-1", "cam-2"))
    assert topics["reads"].versions == {1: 1, 2: 1}
    assert (topics["reads"].contract, topics["reads"].version, topics["reads"].log) == ("read", 1, "cluster/1")
    assert (topics["frames"].versions, topics["hotlist"].versions) == ({1: 1}, {})
    assert [(one.first_offset, one.last_offset) for one in topics["reads"].partitions] == [(1, 4), (2, 2)]
    assert (info.first_stamp_ms, info.last_stamp_ms, info.simulated) == (1_001, 9_000, simulated)
    assert info.received_from == info.received_until == datetime(2026, 11, 26, 5, tzinfo=UTC)
    assert [message.version for message in recording.messages()] == [1, None, None, 2, 1]
    assert [message.topic for message in recording.messages(["hotlist"])] == ["hotlist"]


def test_only_the_owner_may_read_it(tmp_path: Path) -> None:
    assert written(tmp_path / "a.parquet", [read(1)]).stat().st_mode & 0o777 == 0o600


def spoiled(path: Path, error: BaseException) -> None:
    with RecordingWriter(path, LOGS) as writer:
        writer.add(read(2))
        raise error


def test_what_is_interrupted_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt):
        spoiled(tmp_path / "a.parquet", KeyboardInterrupt())
    assert list(tmp_path.iterdir()) == []


def test_an_older_file_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    path = written(tmp_path / "a.parquet", [read(1)])
    with pytest.raises(RuntimeError):
        spoiled(path, RuntimeError())
    assert [message.offset for message in Recording(path).messages()] == [1]


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(RecordingFault, match="cannot be written"):
        RecordingWriter(tmp_path / "none" / "a.parquet", LOGS)


def test_what_is_no_recording_is_refused(tmp_path: Path) -> None:
    whole = written(tmp_path / "whole.parquet", [read(n) for n in range(200)])
    cases = {
        "gone.parquet": (None, "does not exist"),
        "text.parquet": (b"offset,key\n", "no recording"),
        "empty.parquet": (b"", "no recording"),
        "cut.parquet": (whole.read_bytes()[:-40], "cut short"),
        "half.parquet": (whole.read_bytes()[:500], "cut short"),
    }
    for name, (content, words) in cases.items():
        path = tmp_path / name
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(RecordingFault, match=words):
            Recording(path)


def test_another_parquet_file_is_told_from_a_recording(tmp_path: Path) -> None:
    pq.write_table(pa.table({"plate": ["1ABC234"]}), tmp_path / "other.parquet")
    with pytest.raises(RecordingFault, match="a Parquet file, but no recording"):
        Recording(tmp_path / "other.parquet")


def test_a_recording_of_a_form_of_tomorrow_is_refused(tmp_path: Path) -> None:
    table = pa.table({field.name: pa.array([], field.type) for field in writer_module.COLUMNS})
    told = {b"anpr-recording": b'{"format":"anpr-recording","version":2}'}
    pq.write_table(table.replace_schema_metadata(told), tmp_path / "a.parquet")
    with pytest.raises(RecordingFault, match="does not know"):
        Recording(tmp_path / "a.parquet")


def test_damage_inside_shows_when_it_is_read(tmp_path: Path) -> None:
    path = written(tmp_path / "a.parquet", [read(n, READ + b"%d" % n) for n in range(2_000)])
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(RecordingFault, match="damaged"):
        list(Recording(path).messages())
