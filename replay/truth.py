"""The truth file: what really passed which camera, one JSON line each, behind a header.

First line: format, version, seed, parameters. Then passages in the order in which they reached the platform, then the
scenarios that were planted. Last line: how many of each, so that half a file is refused. Files of version 1, which
knew no scenarios, are read as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Literal, Self, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

__all__ = [
    "ScenarioKind",
    "TruePassage",
    "TrueScenario",
    "Truth",
    "TruthError",
    "TruthHeader",
    "TruthWriter",
    "read_truth",
    "write_truth",
]

L = TypeVar("L", bound=BaseModel)
Parameter = str | int | float | bool | None
ScenarioKind = Literal["stolen_car", "escape", "convoy", "cloned_plate", "lez_offender", "silent_camera"]
SCENARIO_MARK = '{"scenario":'


class TruthError(ValueError):
    """The file is not the truth of the run it is asked about. The message says where and why."""


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class TruthHeader(_Line):
    """Which run the truth is of."""

    format: Literal["anpr-truth"] = "anpr-truth"
    version: Literal[2] = 2
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


class TrueScenario(_Line):
    """Something that was planted in the traffic, for a search or an alarm to find."""

    kind: ScenarioKind
    """What it is."""
    plates: tuple[str, ...]
    """Compact plates of the vehicles in it; of a convoy the leader's first; empty: a camera's scenario."""
    camera_ids: tuple[str, ...]
    """Cameras concerned, in the order in which they are passed; each once."""
    begins: AwareDatetime
    """First moment of it."""
    ends: AwareDatetime
    """Last moment of it; not before `begins`."""
    detail: str
    """One sentence for people."""


class _ScenarioLine(_Line):
    scenario: TrueScenario


class _Versioned(BaseModel):
    version: int


class _HeaderOfVersion1(TruthHeader):
    version: Literal[1] = 1  # type: ignore[assignment]


class _End(_Line):
    end: Literal[True] = True
    passages: int
    scenarios: int = 0


@dataclass(frozen=True, slots=True)
class Truth:
    """A truth file, read."""

    header: TruthHeader
    passages: tuple[TruePassage, ...]
    scenarios: tuple[TrueScenario, ...] = ()


class TruthWriter:
    """Writes a truth file line by line; it appears under its name when all is written, or not at all.

    with TruthWriter(path, 7, simulation.parameters) as truth:
        truth.passages(some)
        truth.finish(scenarios)
    """

    def __init__(self, path: Path, seed: int, parameters: Mapping[str, Parameter]) -> None:
        """Raises OSError if the folder cannot be written to."""
        self._path, self._partial = path, path.with_name(path.name + ".partial")
        self._out = self._partial.open("wb")
        self.count = 0
        """Passages so far."""
        self._put([TruthHeader(seed=seed, parameters=dict(parameters)).model_dump_json().encode()])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._out.close()
        self._partial.unlink(missing_ok=True)

    def passages(self, passages: Iterable[TruePassage]) -> None:
        """Add some."""
        for passage in passages:
            self.encoded([passage.model_dump_json(exclude_defaults=True).encode()])

    def encoded(self, lines: Sequence[bytes]) -> None:
        """Add passages that are JSON already, one each."""
        self._put(lines)
        self.count += len(lines)

    def finish(self, scenarios: Sequence[TrueScenario] = ()) -> int:
        """Write the rest, let the file appear, and return the number of passages."""
        self._put([_ScenarioLine(scenario=one).model_dump_json().encode() for one in scenarios])
        self._put([_End(passages=self.count, scenarios=len(scenarios)).model_dump_json().encode()])
        self._out.close()
        self._partial.replace(self._path)
        return self.count

    def _put(self, lines: Sequence[bytes]) -> None:
        self._out.writelines(line + b"\n" for line in lines)


def write_truth(
    path: Path,
    seed: int,
    parameters: Mapping[str, Parameter],
    passages: Iterable[TruePassage],
    scenarios: Sequence[TrueScenario] = (),
) -> int:
    """Write the file and return the number of passages. An interrupted write leaves no file under `path`."""
    with TruthWriter(path, seed, parameters) as truth:
        truth.passages(passages)
        return truth.finish(scenarios)


def read_truth(path: Path, *, seed: int | None = None, parameters: Mapping[str, Parameter] | None = None) -> Truth:
    """Read the file whole.

    seed, parameters: what the caller expects; None: anything. Raises TruthError for another seed, other
    parameters, a line that is not what it should be, or a file cut short; OSError if it cannot be read.
    """
    lines = _lines(path)
    header = _header(lines[0])
    _check_run(header, seed, parameters)
    planted = _scenarios_from(lines)
    passages = tuple(_parse(TruePassage, line, n) for n, line in enumerate(lines[1:planted], start=2))
    told = enumerate(lines[planted:-1], start=planted + 1)
    scenarios = tuple(_parse(_ScenarioLine, line, n).scenario for n, line in told)
    _check_whole(_parse(_End, lines[-1], len(lines)), len(passages), len(scenarios))
    return Truth(header, passages, scenarios)


def _header(line: str) -> TruthHeader:
    """Of any version that was ever written, as the version of now."""
    if _parse(_Versioned, line, 1).version == 1:
        old = _parse(_HeaderOfVersion1, line, 1)
        return TruthHeader(seed=old.seed, parameters=old.parameters)
    return _parse(TruthHeader, line, 1)


def _scenarios_from(lines: Sequence[str]) -> int:
    """Index of the first line of a scenario, or of the last line."""
    place = len(lines) - 1
    while place > 1 and lines[place - 1].startswith(SCENARIO_MARK):
        place -= 1
    return place


def _check_whole(end: _End, passages: int, scenarios: int) -> None:
    if end.passages != passages:
        raise TruthError(f"the file says {end.passages} passages but holds {passages}")
    if end.scenarios != scenarios:
        raise TruthError(f"the file says {end.scenarios} scenarios but holds {scenarios}")


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
