"""The truth file: what really passed which camera, one JSON line each, behind a header.

First line: format, version, seed, parameters. Then passages in the order in which they reached the platform.
Last line: their number, so that half a file is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

__all__ = ["TruePassage", "Truth", "TruthError", "TruthHeader", "read_truth", "write_truth"]

L = TypeVar("L", bound="_Line")
Parameter = str | int | float | bool | None


class TruthError(ValueError):
    """The file is not the truth of the run it is asked about. The message says where and why."""


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class TruthHeader(_Line):
    """Which run the truth is of."""

    format: Literal["anpr-truth"] = "anpr-truth"
    version: Literal[1] = 1
    seed: int
    """Seed of the simulation."""
    parameters: dict[str, Parameter]
    """Everything else that decides what happens: cameras, rate, start, conditions."""


class TruePassage(_Line):
    """One vehicle past one camera once, in truth."""

    plate: str
    """Compact plate, as it is on the vehicle."""
    country: str
    """ISO 3166-1."""
    camera_id: str
    """The camera passed."""
    captured_at: AwareDatetime
    """Camera clock of the first read or the picture; of an unseen one: the moment of passing."""
    via: Literal["read", "frame"]
    """Whether the camera reads plates or sends pictures."""
    seen: bool
    """False: nothing of this passage reached the platform, or ever will."""
    read_as: str | None = None
    """Text of the surest read; None for pictures and unseen ones."""
    reads: tuple[str, ...] = ()
    """Texts of all reads of the track, in order."""
    listed: bool = False
    """The plate is on the hotlist."""
    late: bool = False
    """Handed over by a patrol car long after capture."""
    received_at: AwareDatetime | None = None
    """When the first read or the picture reached the platform; None: unseen."""


class _End(_Line):
    end: Literal[True] = True
    passages: int


@dataclass(frozen=True, slots=True)
class Truth:
    """A truth file, read."""

    header: TruthHeader
    passages: tuple[TruePassage, ...]


def write_truth(path: Path, seed: int, parameters: Mapping[str, Parameter], passages: Iterable[TruePassage]) -> int:
    """Write the file and return the number of passages. An interrupted write leaves no file under `path`."""
    header = TruthHeader(seed=seed, parameters=dict(parameters))
    partial = path.with_name(path.name + ".partial")
    count = 0
    try:
        with partial.open("w", encoding="utf-8") as out:
            out.write(header.model_dump_json() + "\n")
            for passage in passages:
                out.write(passage.model_dump_json(exclude_defaults=True) + "\n")
                count += 1
            out.write(_End(passages=count).model_dump_json() + "\n")
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return count


def read_truth(path: Path, *, seed: int | None = None, parameters: Mapping[str, Parameter] | None = None) -> Truth:
    """Read the file whole.

    seed, parameters: what the caller expects; None: anything. Raises TruthError for another seed, other
    parameters, a line that is not what it should be, or a file cut short; OSError if it cannot be read.
    """
    lines = _lines(path)
    header = _parse(TruthHeader, lines[0], 1)
    _check_run(header, seed, parameters)
    passages = tuple(_parse(TruePassage, line, n) for n, line in enumerate(lines[1:-1], start=2))
    end = _parse(_End, lines[-1], len(lines))
    if end.passages != len(passages):
        raise TruthError(f"the file says {end.passages} passages but holds {len(passages)}")
    return Truth(header, passages)


def _lines(path: Path) -> list[str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise TruthError(f"{path.name} is not text: {error}") from error
    if len(lines) < 2:
        raise TruthError(f"{path.name} is no truth file: it needs a first line and a last line")
    return lines


def _check_run(header: TruthHeader, seed: int | None, parameters: Mapping[str, Parameter] | None) -> None:
    if seed is not None and header.seed != seed:
        raise TruthError(f"the truth of seed {header.seed} says nothing about a run with seed {seed}")
    if parameters is None:
        return
    names = sorted(header.parameters.keys() | parameters.keys())
    differing = [n for n in names if header.parameters.get(n) != parameters.get(n)]
    if differing:
        raise TruthError(f"the truth was written with other parameters: {', '.join(differing)}")


def _parse(model: type[L], line: str, number: int) -> L:
    try:
        return model.model_validate_json(line)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the line"
        raise TruthError(f"line {number}: {where}: {first['msg']}") from error
