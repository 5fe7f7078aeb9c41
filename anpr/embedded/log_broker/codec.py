"""Requests and answers as dictionaries ↔ bytes, for one version of one API, made from its layout.

A field that a version does not have is read as its default, and not written. Fields of fixed width that stand side by
side are read and written in one step.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from typing import Any

from anpr.embedded.log_broker import wire
from anpr.embedded.log_broker.layouts import Field, apis
from anpr.embedded.log_broker.wire import FIXED, Malformed, Reader

__all__ = ["Body", "Codec", "codec"]

Body = dict[str, Any]
"""Field name → value; arrays are lists, groups of fields are dictionaries, UUIDs 16 bytes."""
Read = Callable[[Reader], Any]
Write = Callable[[bytearray, Any], None]


@dataclass(frozen=True)
class Codec:
    """How the body of a request and of an answer is read and written in one version."""

    flexible: bool
    read_request: Read
    write_response: Write
    write_request: Write
    """For tests, as is the next."""
    read_response: Read


@cache
def codec(key: int, version: int) -> Codec:
    """Raises KeyError for an API or a version that is not offered."""
    api = apis()[key]
    if version not in api.versions:
        raise KeyError(version)
    shape = _Shape(version, version in api.flexible)
    return Codec(
        shape.flexible,
        shape.group_reader(api.request),
        shape.group_writer(api.response),
        shape.group_writer(api.request),
        shape.group_reader(api.response),
    )


@dataclass(frozen=True)
class _Shape:
    version: int
    flexible: bool

    def group_reader(self, fields: Sequence[Field]) -> Read:
        steps = [self._step_reader(run) for run in self._runs(fields)]
        absent = {each.name: _default(each) for each in fields if self.version not in each.versions}
        lists = [name for name, value in absent.items() if value == []]

        def read(reader: Reader) -> Body:
            body: Body = dict(absent)
            for name in lists:
                body[name] = []
            for step in steps:
                step(reader, body)
            if self.flexible:
                wire.skip_tags(reader)
            return body

        return read

    def _runs(self, fields: Sequence[Field]) -> Iterable[list[Field]]:
        """Fields of this version in order; those of fixed width that stand together in one list."""
        here = [each for each in fields if self.version in each.versions]
        for fixed, run in groupby(here, _is_fixed):
            together = list(run)
            yield from [together] if fixed else ([each] for each in together)

    def _step_reader(self, run: list[Field]) -> Callable[[Reader, Body], None]:
        names = [each.name for each in run]
        if run[0].kind in FIXED:
            layout = _packing(run)

            def fixed(reader: Reader, body: Body) -> None:
                body.update(zip(names, reader.unpack(layout), strict=True))

            return fixed
        name, read = names[0], self._reader(run[0])

        def other(reader: Reader, body: Body) -> None:
            body[name] = read(reader)

        return other

    def _reader(self, field: Field) -> Read:
        read = self._bare_reader(field)
        if self.version in field.null_in:
            return read

        def never_null(reader: Reader) -> Any:
            value = read(reader)
            if value is None:
                raise Malformed(f"{field.name} is null")
            return value

        return never_null

    def _bare_reader(self, field: Field) -> Read:
        compact = self.flexible
        if field.kind.startswith("[]"):
            return _array_reader(self._entry_reader(field), compact)
        if field.kind == "string":
            return lambda reader: wire.string(reader, compact=compact)
        if field.kind == "bytes":
            return lambda reader: _copied(wire.blob(reader, compact=compact))
        return lambda reader: wire.blob(reader, compact=compact)

    def _entry_reader(self, field: Field) -> Read:
        kind = field.kind[2:]
        if not kind:
            return self.group_reader(field.fields)
        if kind in FIXED:
            layout = struct.Struct(">" + FIXED[kind])
            return lambda reader: reader.unpack(layout)[0]
        return self._reader(Field(field.name, kind, field.versions, range(0), ""))

    def group_writer(self, fields: Sequence[Field]) -> Write:
        steps = [self._step_writer(run) for run in self._runs(fields)]

        def write(out: bytearray, body: Body) -> None:
            for step in steps:
                step(out, body)
            if self.flexible:
                wire.put_tags(out)

        return write

    def _step_writer(self, run: list[Field]) -> Write:
        if run[0].kind in FIXED:
            layout, defaults = _packing(run), [(each.name, _default(each)) for each in run]

            def fixed(out: bytearray, body: Body) -> None:
                out += layout.pack(*[body.get(name, default) for name, default in defaults])

            return fixed
        field = run[0]
        write, name, default = self._writer(field), field.name, _default(field)

        def other(out: bytearray, body: Body) -> None:
            value = body.get(name, default)
            if value is None and self.version not in field.null_in:
                raise ValueError(f"{name} cannot be null in version {self.version}")
            write(out, value)

        return other

    def _writer(self, field: Field) -> Write:
        compact = self.flexible
        if field.kind.startswith("[]"):
            return _array_writer(self._entry_writer(field), compact)
        if field.kind == "string":
            return lambda out, value: wire.put_string(out, value, compact=compact)
        return lambda out, value: wire.put_blob(out, value, compact=compact)

    def _entry_writer(self, field: Field) -> Write:
        kind = field.kind[2:]
        if not kind:
            return self.group_writer(field.fields)
        if kind in FIXED:
            layout = struct.Struct(">" + FIXED[kind])
            return lambda out, value: out.extend(layout.pack(value))
        return self._writer(Field(field.name, kind, field.versions, range(0), ""))


def _array_reader(entry: Read, compact: bool) -> Read:
    def read(reader: Reader) -> list[Any] | None:
        count = wire.count(reader, compact=compact)
        return None if count < 0 else [entry(reader) for _ in range(count)]

    return read


def _array_writer(entry: Write, compact: bool) -> Write:
    def write(out: bytearray, values: Sequence[Any] | None) -> None:
        wire.put_count(out, -1 if values is None else len(values), compact=compact)
        for value in values or ():
            entry(out, value)

    return write


def _is_fixed(field: Field) -> bool:
    return field.kind in FIXED


def _copied(data: memoryview | None) -> bytes | None:
    return None if data is None else bytes(data)


def _packing(run: Iterable[Field]) -> struct.Struct:
    return struct.Struct(">" + "".join(FIXED[each.kind] for each in run))


def _default(field: Field) -> Any:
    if field.default == "null":
        return None
    if field.kind.startswith("[]"):
        return []
    if field.kind in ("string", "bytes", "records"):
        return {"string": field.default, "bytes": b"", "records": None}[field.kind]
    if field.kind == "uuid":
        return bytes(16)
    return field.default == "true" if field.kind == "bool" else int(field.default or 0)
