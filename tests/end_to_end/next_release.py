"""A worker of the next release: this program, with one change of the contract `passage` and one of `hit`.

    python -m tests.end_to_end.next_release added|breaking FLOW --ready-file FILE

`added`: `passage` has one more optional field, which this release writes, and stays at version 1.
`breaking`: it is at version 2, in which that field must be there; a step says what it is of older messages.
In both this release writes who made a hit, an optional field that old readers pass over.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, ClassVar, Literal, cast

import msgspec

import schemas.hit
import schemas.passage
from pipeline.messages import Batch
from pipeline.outcome import Emit, Outcome
from schemas.codec import changed

__all__ = ["ADDED", "KINDS", "MADE_BY", "OF_OLD", "as_this_release"]

KINDS = ("added", "breaking")
ADDED, MADE_BY, NOW, OF_OLD = "origin", "made_by", "next", "not told"
Fields = dict[str, Any]


class AddedPassage(schemas.passage.Passage):
    """Version 1 with one more field."""

    origin: str = ""
    """What sent the reads; empty: a program that does not tell."""


class BreakingPassage(schemas.passage.Passage):
    """Version 2."""

    version: ClassVar[int] = 2

    schema_version: Literal[2] = 2  # type: ignore[assignment]
    """Version of this contract."""
    origin: str
    """What sent the reads."""


class NextHit(schemas.hit.Hit):
    """Version 1 with one more field."""

    made_by: str = ""
    """Release of the worker that made it."""


def as_this_release(value: bytes) -> bytes:
    """A message of the next release as this one would have written it."""
    told = msgspec.json.decode(value)
    kept = {name: each for name, each in told.items() if name not in (ADDED, MADE_BY)}
    return msgspec.json.encode(kept | {"schema_version": 1})


def _step(old: Fields) -> Fields:
    return {**old, ADDED: OF_OLD}


def _release(kind: str) -> None:
    """Exchange the contracts before anybody has taken them, and let the stages write what is new."""
    writers: dict[str, Any] = {name: import_module(f"pipeline.stages.{name}") for name in ("consolidate", "match")}
    passage: Any = AddedPassage if kind == "added" else BreakingPassage
    passage.__name__ = "Passage"
    contracts: Any = schemas.passage
    contracts.Passage = passage
    upgrades = import_module("schemas.upgrade").UPGRADES
    if kind == "breaking":
        cast(dict[tuple[str, int], Callable[[Fields], Fields]], upgrades)["passage", 1] = _step
        _declare(passage.version)
    registry = import_module("schemas.registry").CONTRACTS
    registry["passage"], registry["hit"] = passage, NextHit
    _write_also(writers["consolidate"].Consolidate, "passages", {"schema_version": passage.version, ADDED: NOW})
    _write_also(writers["match"].Match, "hits", {MADE_BY: NOW})
    writers["match"].Passage = passage  # what it decodes; the other one writes by the class that it has compiled


def _declare(version: int) -> None:
    """The topic's file names the version of its contract."""
    spec: Any = import_module("topics.spec")
    checked = spec._validate

    def validate(file: Path, content: Fields) -> Any:
        if content["schema"]["name"] == "passage":
            content = {**content, "schema": {"name": "passage", "version": version}}
        return checked(file, content)

    spec._validate = validate


def _write_also(stage: Any, topic: str, fields: Fields) -> None:
    made = stage.__call__

    def call(self: Any, batch: Batch) -> Outcome:
        outcome: Outcome = made(self, batch)
        outcome.emitted[:] = _with(outcome.emitted, topic, fields)
        return outcome

    stage.__call__ = call


def _with(emitted: Sequence[Emit], topic: str, fields: Fields) -> list[Emit]:
    return [
        changed(emit, value=msgspec.json.encode(msgspec.json.decode(emit.value) | fields))
        if emit.topic == topic
        else emit
        for emit in emitted
    ]


def main() -> None:
    """Run a worker of it."""
    kind, *words = sys.argv[1:]
    _release(kind)
    sys.argv = ["anpr", "worker", *words]
    import_module("anpr.cli").main()


if __name__ == "__main__":
    main()
