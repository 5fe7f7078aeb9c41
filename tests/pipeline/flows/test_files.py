"""A changelog that holds what is no file: left out and told, or no worker could ever start again."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

from pipeline.flows.files import Files
from pipeline.runtime.faust_app import faust_app
from pipeline.runtime.kafka import KafkaConfig
from schemas.case_file import CaseFile
from schemas.codec import compiled, encode

FileRecord = compiled(CaseFile)
GOOD = {b"1ABC234": encode(FileRecord(plate="1ABC234"))}
BAD = {
    b"1BAD001": (b"{", "not_json"),
    b"1BAD002": (b"{}", "wrong_schema"),
    b"1BAD003": (encode(FileRecord(plate="1ABC234")), "key_mismatch"),
    b"\xff\xfe": (encode(FileRecord(plate="1ABC234")), "key_mismatch"),
    None: (b"{}", "key_missing"),
}


def event(offset: int, key: bytes | None, value: bytes) -> Any:
    """A record of the changelog, as Faust hands it on."""
    message = SimpleNamespace(
        topic="case-files", partition=0, offset=offset, timestamp=1.0, key=key, value=value, headers=[]
    )
    return SimpleNamespace(message=message)


async def _recovered(records: list[tuple[bytes | None, bytes]]) -> Files[CaseFile]:
    app = faust_app(KafkaConfig("127.0.0.1:9"), "cases")
    files = Files(app, "case-files", "case-inputs", CaseFile, lambda _: None)
    files._app = _App()
    for offset, (key, value) in enumerate(records):
        await files._heard(event(offset, key, value))
        files._table.data[key] = value
    await files._recovered()
    return files


class _Place:
    topic, partition = "case-inputs", 0


class _Consumer:
    def assignment(self) -> list[_Place]:
        return [_Place()]

    def topic_partitions(self, _topic: str) -> int:
        return 1


class _App:
    consumer = _Consumer()


def test_what_is_no_file_is_left_out_and_told_once() -> None:
    bad = [(key, value) for key, (value, _) in BAD.items()]
    files = asyncio.run(_recovered([*GOOD.items(), *bad]))
    assert set(files.held()) == set(GOOD)
    told = files.take_refused()
    assert [(one.message.offset, one.reason) for one in told] == [
        (n, reason) for n, (_, reason) in enumerate(BAD.values(), start=1)
    ]
    assert files.take_refused() == []


def test_a_later_file_of_the_key_holds() -> None:
    key, value = next(iter(GOOD.items()))
    files = asyncio.run(_recovered([(key, b"{"), (key, value)]))
    assert set(files.held()) == {key}
    assert len(files.take_refused()) == 1
    before = asyncio.run(_recovered([(key, value), (key, b"{")]))
    assert set(before.held()) == set()
