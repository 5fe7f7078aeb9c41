"""Columns: what they vouch for, the contract takes; what they hold, the rows hold."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pytest
from clickhouse_connect.driver.client import Client
from hypothesis import given
from hypothesis import strategies as st

from pipeline.messages import Message
from schemas.base import Contract
from schemas.codec import Refused, decoder
from sinks.clickhouse.columns.block import Columns
from sinks.clickhouse.controllers import CONTROLLERS
from sinks.clickhouse.lez.tables import STORED as LEZ_STORED
from sinks.clickhouse.rows import FEWEST
from sinks.clickhouse.tables import STORED, Stored
from sinks.clickhouse.writer import SETTINGS
from tests.schemas.examples import valid_documents
from tests.sinks.rows import Sink, passages

BY_COLUMNS = [stored for controller in CONTROLLERS for stored in controller.stored if stored.columns]
COLUMNS = {stored.topic: Columns(stored.model) for stored in BY_COLUMNS}
DECODERS = {stored.topic: decoder(stored.model) for stored in BY_COLUMNS}
LOG = "cluster/log"
ODD: tuple[Any, ...] = (
    *(None, True, 0, -1, 1.5, 10**6, 10**20, "", "x", "é", "1ABC234", "BE", [], [1], {}, {"x": 1}, [{"text": "A"}]),
    *("2026-11-24T03:00:00Z", "2026-11-24", "1ABC234" * 9, [None], {"lat": 1, "lon": None}, {"lat": 91, "lon": 1}),
)


def _messages(documents: Sequence[dict[str, Any]]) -> list[Message]:
    return [_message(n, json.dumps(one, ensure_ascii=False).encode()) for n, one in enumerate(documents)]


def _message(offset: int, value: bytes) -> Message:
    return Message("topic", 3, offset, 0, b"key", value)


def _vouched(topic: str, values: Sequence[bytes]) -> bool:
    return COLUMNS[topic].block([_message(n, value) for n, value in enumerate(values)], LOG) is not None


def _taken(topic: str, value: bytes) -> bool:
    try:
        DECODERS[topic](value)
    except Refused:
        return False
    return True


@pytest.mark.parametrize("stored", BY_COLUMNS, ids=lambda stored: stored.topic)
def test_all_examples_of_a_contract_make_one_block(stored: Stored) -> None:
    documents = valid_documents(stored.model.contract)
    block = COLUMNS[stored.topic].block(_messages(documents), LOG)
    assert block is not None
    table = pa.ipc.open_stream(block).read_all()
    assert table.num_rows == len(documents)
    assert table.column("_offset").to_pylist() == list(range(len(documents)))
    assert set(table.column("_partition").to_pylist()) == {3}
    assert set(table.column("_log").to_pylist()) == {LOG}


@given(data=st.data())
def test_what_columns_vouch_for_the_contract_takes(data: st.DataObject) -> None:
    stored = data.draw(st.sampled_from(BY_COLUMNS))
    document = dict(data.draw(st.sampled_from(valid_documents(stored.model.contract))))
    for name in data.draw(st.lists(st.sampled_from(sorted(stored.model.model_fields)), max_size=3)):
        _change(document, name, data.draw(st.sampled_from(ODD)), absent=data.draw(st.booleans()))
    value = json.dumps(document, ensure_ascii=False).encode()
    told = json.dumps(_without_nulls(document, stored.model)).encode()
    good = json.dumps(valid_documents(stored.model.contract)[0], ensure_ascii=False).encode()
    assert not _vouched(stored.topic, [good, value]) or _taken(stored.topic, told)


def _without_nulls(document: dict[str, Any], model: type[Contract]) -> dict[str, Any]:
    """A null tells nothing, as a field left out does; the contract knows it only where None is what it means."""
    may_lack = {name for name, info in model.model_fields.items() if not info.is_required()}
    return {name: value for name, value in document.items() if value is not None or name not in may_lack}


def _change(document: dict[str, Any], name: str, value: Any, *, absent: bool) -> None:
    if absent:
        document.pop(name, None)
    else:
        document[name] = value


@given(value=st.binary(max_size=40), place=st.integers(0, 500))
def test_bytes_that_were_damaged_are_taken_by_the_contract_or_left_to_it(value: bytes, place: int) -> None:
    whole = json.dumps(valid_documents("passage")[0]).encode()
    damaged = whole[:place] + value + whole[place + len(value) :]
    assert not _vouched("passages", [whole, damaged]) or _taken("passages", damaged)


WHOLE = json.dumps(valid_documents("passage")[0]).encode()


@pytest.mark.parametrize(
    "values",
    [
        (WHOLE, b""),
        (WHOLE, b" "),
        (WHOLE + WHOLE, b" "),
        (WHOLE + b" " + WHOLE, b"{}"),
        (WHOLE + b"\n" + WHOLE, WHOLE),
        (WHOLE, b"[]"),
        (WHOLE.replace(b"{", b"{\n", 1), WHOLE),
        (WHOLE, WHOLE.replace(b'"plate_raw": "', b'"plate_raw": "\\ud83d')),
        (WHOLE, WHOLE.replace(b'"plate_raw": "', b'"plate_raw": "\xed\xa0\x80')),
        (WHOLE, WHOLE[:-1] + b', "revision": 2}'),
    ],
)
def test_where_rows_and_messages_could_part_no_block_is_made(values: tuple[bytes, ...]) -> None:
    assert WHOLE.count(b'"plate_raw": "') == 1
    assert not _vouched("passages", values)


@pytest.mark.slow
@pytest.mark.parametrize("stored", STORED + LEZ_STORED, ids=lambda stored: stored.topic)
def test_columns_and_rows_store_the_same(stored: Stored, client: Client, lez_client: Client) -> None:
    """Examples, and each of them with one field less, as far as the contract allows."""
    if not stored.columns:
        pytest.skip("is stored row by row")
    own = lez_client if stored in LEZ_STORED else client
    documents = _variants(stored.model)
    messages = _messages(documents) * (FEWEST // len(documents) + 1)
    messages = [message._replace(topic=stored.topic, offset=n) for n, message in enumerate(messages)]
    controller = next(one for one in CONTROLLERS if stored in one.stored)
    sink = Sink(own, log=LOG, controller=controller)
    outcome = sink.rows(messages)
    (block,) = outcome.blocks
    assert not outcome.emitted
    one_by_one = block.one_by_one()
    assert len(one_by_one.emitted) == block.count == len(messages)
    tables = [f"copy_{uuid.uuid4().hex[:8]}" for _ in range(2)]
    for table in tables:
        own.command(f"CREATE TABLE {table} AS {stored.goes_into} ENGINE = Memory")
    by_rows = b"\n".join(row.value for row in one_by_one.emitted)
    for table, form, body in zip(tables, ("ArrowStream", "JSONEachRow"), (block.value, by_rows), strict=True):
        own.raw_insert(table, insert_block=body, fmt=form, settings=SETTINGS)
    for a, b in (tables, tables[::-1]):
        assert own.query(f"SELECT * FROM {a} EXCEPT SELECT * FROM {b}").result_rows == []
    assert int(str(own.command(f"SELECT count() FROM {tables[0]}"))) == len(messages)


def _variants(model: type[Contract]) -> list[dict[str, Any]]:
    optional = [name for name, info in model.model_fields.items() if not info.is_required()]
    found = []
    for document in valid_documents(model.contract):
        found.append(document)
        found += [
            {key: value for key, value in document.items() if key != name} for name in optional if name in document
        ]
    return found


@pytest.mark.slow
def test_a_message_in_doubt_makes_its_block_go_row_by_row(sink: Sink) -> None:
    messages = passages(range(FEWEST))
    messages[7] = messages[7]._replace(value=messages[7].value.replace(b"{", b"{\n", 1))
    outcome, refused = sink.store(messages)
    assert not outcome.blocks
    assert not refused
    assert sink.offsets("passages") == list(range(FEWEST))
