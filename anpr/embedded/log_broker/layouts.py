"""Which fields a request or an answer has in which version: read from `layouts.txt`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

__all__ = ["Api", "Field", "apis"]

_EVERY = range(1000)
_TABLE = Path(__file__).with_name("layouts.txt")


@dataclass(frozen=True)
class Field:
    """One field of a request or an answer."""

    name: str
    kind: str
    """A type of `wire.FIXED`, `string`, `bytes`, `records`;
    `[]` for an array of groups of fields, `[]kind` for others."""
    versions: range
    null_in: range
    """Versions in which it may be null."""
    default: str
    fields: tuple[Field, ...] = ()


@dataclass(frozen=True)
class Api:
    """One kind of request with its answer, in the versions that are offered."""

    name: str
    key: int
    versions: range
    flexible: range
    """Versions with compact lengths and tagged fields."""
    request: tuple[Field, ...]
    response: tuple[Field, ...]


@dataclass
class _Line:
    depth: int
    words: list[str]
    below: list[_Line] = field(default_factory=list)


@cache
def apis() -> dict[int, Api]:
    """Api key → what is known of it."""
    found = (_api(line) for line in _tree(_TABLE.read_text().splitlines()))
    return {api.key: api for api in found}


def _tree(lines: list[str]) -> list[_Line]:
    """Lines under the line that they are indented below."""
    root = _Line(-1, [])
    path = [root]
    for text in lines:
        if text.startswith("#"):
            continue
        line = _Line(len(text) - len(text.lstrip()), text.split())
        while path[-1].depth >= line.depth:
            path.pop()
        path[-1].below.append(line)
        path.append(line)
    return root.below


def _api(line: _Line) -> Api:
    name, _, key, _, versions, _, flexible = line.words
    request, response = line.below
    return Api(
        name,
        int(key),
        _range(versions),
        _EVERY[int(flexible) :] if flexible != "none" else range(0),
        tuple(_fields(request, _EVERY)),
        tuple(_fields(response, _EVERY)),
    )


def _fields(line: _Line, inherited: range) -> Iterator[Field]:
    for below in line.below:
        name, kind, *rest = below.words
        versions = next((_range(word) for word in rest if word[0].isdigit()), inherited)
        nulls = next((word for word in rest if word.startswith("null")), "")
        default = next((word[1:] for word in rest if word.startswith("=")), "")
        null_in = range(0) if not nulls else _range(nulls[5:]) if nulls[4:] else versions
        yield Field(name, kind, versions, null_in, default, tuple(_fields(below, versions)))


def _range(text: str) -> range:
    first, plus, _ = text.partition("+")
    low, _, high = first.partition("-")
    return _EVERY[int(low) :] if plus else range(int(low), int(high or low) + 1)
