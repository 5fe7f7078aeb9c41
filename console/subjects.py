"""What is told as it comes, each from a topic of its own: how a message is read, and written once for everybody."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

import msgspec

from console.plate_writing import with_writing
from schemas.case import Case
from schemas.codec import changed, decoder, encode
from schemas.hit import Hit

__all__ = ["CASES", "HITS", "Subject", "brief"]

M = TypeVar("M")
_LINE_END = re.compile(r"\r\n|\r|\n")
"""As server-sent events count lines: other characters that end one are part of a text."""
NEWEST = 10
"""Hits and events that a case is told with: a page that wants more asks for the case."""


@dataclass(frozen=True, slots=True)
class Subject(Generic[M]):
    """One topic, and the events that its messages become."""

    topic: str
    name: Literal["hit", "case"]
    """Of the events."""
    decode: Callable[[bytes], M]
    """Raises Refused."""
    shown: Callable[[bytes, M], bytes]
    """JSON of an event, from the message as it lies in the log and as it was read."""

    def event(self, value: bytes, content: M) -> bytes:
        """A server-sent event without its id and end."""
        lines = _LINE_END.split(self.shown(value, content).decode("utf-8", "replace"))
        data = "".join(f"data: {line}\n" for line in lines)
        return f"event: {self.name}\n{data}".encode()


def brief(case: Case) -> Case:
    """The case with its newest hits and events only, which its contract allows: a long pursuit has thousands."""
    return changed(case, hit_ids=case.hit_ids[-NEWEST:], timeline=case.timeline[-NEWEST:])


def _case_shown(case: Case) -> bytes:
    return msgspec.json.encode(with_writing(msgspec.json.decode(encode(brief(case)))))


HITS: Subject[Hit] = Subject("hits", "hit", decoder(Hit), lambda value, _hit: value)
CASES: Subject[Case] = Subject("cases", "case", decoder(Case), lambda _value, case: _case_shown(case))
