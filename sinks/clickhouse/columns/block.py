"""Messages of one contract as one Arrow block, if none of them is in doubt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.json as pj

from pipeline.messages import Message
from schemas.base import Contract
from schemas.upgrade import VERSION_FIELD
from sinks.clickhouse.columns.forms import field_form, field_holds

__all__ = ["Columns"]

AT_ONCE = 1 << 20
"""Bytes that the parser takes at once: they stay in the processor's cache."""


class Columns:
    """Makes blocks of the messages of one contract, for the table that has its fields as columns."""

    def __init__(self, model: type[Contract]) -> None:
        self._fields = {name: (field_form(info), info) for name, info in model.model_fields.items()}
        self._number_needed = model.version > 1  # without one a message is of version 1
        schema = pa.schema([(name, form.parsed) for name, (form, _) in self._fields.items()])
        self._read = pj.ReadOptions(use_threads=False, block_size=AT_ONCE)
        self._parse = pj.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore")

    def block(self, messages: Sequence[Message], log: str) -> bytes | None:
        """Rows as an Arrow stream, in the order of the messages; None: at least one must be looked at by itself.

        log: identity of the topic that they come from.
        """
        lines = b"\n".join([message.value for message in messages])
        if not _one_object_each(messages, lines):
            return None
        try:
            table = pj.read_json(pa.BufferReader(lines), read_options=self._read, parse_options=self._parse)
            if table.num_rows != len(messages):
                return None
            columns = self._columns(table)
        except pa.ArrowInvalid:
            return None
        return None if columns is None else _stream({**columns, **_places(messages, log)})

    def _columns(self, table: pa.Table) -> dict[str, pa.Array] | None:
        """Checked and finished; a column of which nothing is told is left out, which leaves the table's default."""
        columns = {}
        for name, (form, info) in self._fields.items():
            values = table.column(name).combine_chunks()
            if name == VERSION_FIELD and self._number_needed and values.null_count:
                return None
            if values.null_count == len(values) and not info.is_required():
                continue
            if not field_holds(form, info, values):
                return None
            if name != VERSION_FIELD:
                columns[name] = _filled(form.finished(values), info)
        return columns


def _one_object_each(messages: Sequence[Message], lines: bytes) -> bool:
    """Each message is one line from brace to brace, in valid UTF-8: else rows and messages could part.

    Of what is no JSON the parser lets one thing pass: NaN and Infinity in a field that no contract knows. An escape may
    stand for half a character, which is none, so a backslash is a doubt too.
    """
    if any(message.value[:1] != b"{" or message.value[-1:] != b"}" for message in messages):
        return False
    if lines.count(b"\n") != len(messages) - 1 or b"\\" in lines:
        return False
    return lines.isascii() or _is_utf8(lines)


def _is_utf8(lines: bytes) -> bool:
    try:
        lines.decode()
    except UnicodeDecodeError:
        return False
    return True


def _filled(values: pa.Array, info: Any) -> pa.Array:
    """The contract's default where a message tells nothing; null, which is the table's own, where that is None."""
    if values.null_count == 0 or info.default is None or pa.types.is_nested(values.type):
        return values
    return values.fill_null(info.default)


def _places(messages: Sequence[Message], log: str) -> Mapping[str, pa.Array]:
    """Where in the log each row comes from."""
    count = len(messages)
    return {
        "_log": pa.DictionaryArray.from_arrays(pa.repeat(pa.scalar(0, pa.int8()), count), pa.array([log])),
        "_partition": pa.array([message.partition for message in messages], pa.uint16()),
        "_offset": pa.array([message.offset for message in messages], pa.uint64()),
    }


def _stream(columns: Mapping[str, pa.Array]) -> bytes:
    batch = pa.record_batch(dict(columns))
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, batch.schema) as writer:
        writer.write_batch(batch)
    return bytes(sink.getvalue().to_pybytes())
