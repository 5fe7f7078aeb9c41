"""Files of lists: CSV as spreadsheets write it, JSON, JSON lines. A line that cannot be read is told by its number."""

from __future__ import annotations

import codecs
import csv
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import msgspec

from console.hotlist.fields import COLUMNS, LineRefused, column_of
from sinks.clickhouse.refusal import Refusal

__all__ = ["FileRefused", "Line", "ListFile"]

SEPARATORS = (";", ",", "\t", "|")
LONGEST_LINE = 100_000
"""Bytes: an entry has some hundred."""


class FileRefused(Refusal):
    """The file is no list; the message says what would do."""


class Line(NamedTuple):
    """One line, counted from 1 as an editor does; of a JSON array one entry."""

    number: int
    said: Mapping[str, Any]
    """Value by field."""
    fault: str = ""
    """Why it cannot be read."""


@dataclass(slots=True)
class ListFile:
    """A file of entries."""

    path: Path
    encoding: str = "utf-8"
    """As its first bytes tell; `cp1252` where it turns out to be no UTF-8."""

    def digest(self) -> str:
        """SHA-256 of its bytes, hex. Raises FileRefused."""
        try:
            with self.path.open("rb") as file:
                return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise FileRefused(f"{self.path} cannot be read: {error.strerror}", typed=str(self.path)) from error

    def size(self) -> int:
        """Bytes."""
        return self.path.stat().st_size

    def count_lines(self) -> int:
        """Its line ends. Raises FileRefused."""
        try:
            with self.path.open("rb") as file:
                return sum(chunk.count(b"\n") for chunk in iter(lambda: file.read(1 << 20), b""))
        except OSError as error:
            raise FileRefused(f"{self.path} cannot be read: {error.strerror}", typed=str(self.path)) from error

    def lines(self) -> Iterator[Line]:
        """Its entries. Raises FileRefused where it is no list at all."""
        try:
            with self.path.open("rb") as file:
                yield from self._lines(file)
        except OSError as error:
            raise FileRefused(f"{self.path} cannot be read: {error.strerror}", typed=str(self.path)) from error

    def _lines(self, file: BinaryIO) -> Iterator[Line]:
        begin = file.read(4096)
        file.seek(0)
        self.encoding = _encoding_of(begin)
        first = begin.decode(self.encoding, "ignore").lstrip("\ufeff \r\n\t")[:1]
        if first == "[":
            yield from _of_array(file.read(), self.encoding)
        elif first == "{":
            yield from (_of_json(number, text) for number, text in self._texts(file) if text.strip())
        else:
            yield from _of_csv(self._texts(file))

    def _texts(self, file: BinaryIO) -> Iterator[tuple[int, str]]:
        """Its lines as text, without their ends."""
        if self.encoding.startswith("utf-16"):
            yield from enumerate(codecs.getreader(self.encoding)(file, "replace").read().splitlines(), 1)
            return
        for number, raw in enumerate(file, 1):
            yield number, self._decoded(raw.rstrip(b"\r\n")[:LONGEST_LINE])

    def _decoded(self, raw: bytes) -> str:
        """UTF-8, or what Excel writes in Western Europe: the first line that is no UTF-8 tells."""
        try:
            return raw.decode(self.encoding)
        except UnicodeDecodeError:
            self.encoding = "cp1252"
            return raw.decode("cp1252", "replace")


def _encoding_of(begin: bytes) -> str:
    if begin.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    return "utf-8-sig" if begin.startswith(codecs.BOM_UTF8) else "utf-8"


def _of_csv(texts: Iterator[tuple[int, str]]) -> Iterator[Line]:
    """Each line by itself: a quotation mark that is never closed spoils its line and none of those that follow."""
    head = next(((number, text) for number, text in texts if text.strip()), None)
    if head is None:
        return
    separator = max(SEPARATORS, key=head[1].count)
    fields = _fields_of(next(csv.reader([head[1]], delimiter=separator)))
    for number, text in texts:
        if text.strip(separator + " "):
            yield _of_cells(number, text, separator, fields)


def _fields_of(names: Sequence[str]) -> Sequence[str]:
    """Raises FileRefused for a column that nobody knows: it may be the one that limits the entry."""
    found = [column_of(name) for name in names]
    unknown = [name for name, field in zip(names, found, strict=True) if field is None]
    known = f"columns are {', '.join(COLUMNS)}"
    if unknown:
        named = ", ".join(unknown)[:200]
        raise FileRefused(f"the first line names no columns that are known: {named}; {known}", typed=named)
    fields = [field for field in found if field]
    twice = sorted({field for field in fields if fields.count(field) > 1})
    if twice:
        raise FileRefused(f"more than one column is {', '.join(twice)}")
    return fields


def _of_cells(number: int, text: str, separator: str, fields: Sequence[str]) -> Line:
    try:
        cells = next(csv.reader([text], delimiter=separator, strict=True))
    except csv.Error:
        return Line(number, {}, "a quotation mark is not closed in this line")
    if len(cells) != len(fields):
        return Line(number, {}, f"{len(cells)} columns, the first line names {len(fields)}")
    return Line(number, dict(zip(fields, map(str.strip, cells), strict=True)))


def _of_json(number: int, text: str) -> Line:
    try:
        return _of_object(number, msgspec.json.decode(text))
    except (msgspec.DecodeError, RecursionError):
        return Line(number, {}, "no JSON object")


def _of_array(content: bytes, encoding: str) -> Iterator[Line]:
    try:
        objects = msgspec.json.decode(content.decode(encoding).lstrip("\ufeff"))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise FileRefused(f"the file begins as a JSON array and is none: {error}") from error
    yield from (_of_object(number, one) for number, one in enumerate(objects, 1))


def _of_object(number: int, said: Any) -> Line:
    if not isinstance(said, dict):
        return Line(number, {}, "no JSON object")
    try:
        return Line(number, {_field(name): value for name, value in said.items() if name != "schema_version"})
    except LineRefused as refused:
        return Line(number, {}, str(refused))


def _field(name: str) -> str:
    field = column_of(name)
    if field is None:
        raise LineRefused(f"no field is called {name[:40]}")
    return field
