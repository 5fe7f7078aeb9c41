"""Which scenarios are asked for: names from a command line, or a YAML file with times, plates and places.

- kind: stolen_car        # or escape, convoy, cloned_plate, lez_offender, silent_camera
  at_s: 120               # begins so long after the start; default: early in the run
  plates: [1ABC234]       # default: invented ones
  from: rogier            # crossings; default: by the kind
  to: r0-leonard
- kind: silent_camera
  camera: bxl-5339-0004   # default: one of the busiest
  seconds: 600            # default: to the end
- kind: convoy
  cars: 4
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Self, get_args

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from replay.truth import ScenarioKind

__all__ = ["KINDS", "Asked", "ScenarioError", "asked_for", "named"]

KINDS: tuple[ScenarioKind, ...] = get_args(ScenarioKind)
CARS = {"stolen_car": 1, "escape": 1, "convoy": 3, "cloned_plate": 1, "lez_offender": 5, "silent_camera": 0}
"""Plates of each kind, unless the file says otherwise."""
Plate = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{2,9}$")]


class ScenarioError(ValueError):
    """A scenario that cannot be planted. The message says which line and field, and what is possible."""


class Asked(BaseModel):
    """One scenario as it is asked for; what is left out is chosen by the seed."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    kind: ScenarioKind
    at_s: Annotated[float, Field(ge=0)] | None = None
    plates: tuple[Plate, ...] = ()
    start: str | None = Field(default=None, alias="from")
    goal: str | None = Field(default=None, alias="to")
    camera: str | None = None
    seconds: Annotated[float, Field(gt=0)] | None = None
    cars: Annotated[int, Field(ge=1, le=100)] | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        drives = self.kind != "silent_camera"
        if drives and (self.camera or self.seconds):
            raise ValueError(f"camera and seconds belong to silent_camera, not to {self.kind}")
        if not drives and (self.plates or self.start or self.goal or self.cars):
            raise ValueError("a silent camera has no plates, ways or cars")
        if self.cars and self.kind not in ("convoy", "lez_offender"):
            raise ValueError(f"cars belong to convoy and lez_offender, not to {self.kind}")
        if self.plates and len(self.plates) != self.count:
            raise ValueError(f"plates are {self.count} here, not {len(self.plates)}")
        return self

    @property
    def count(self) -> int:
        """Plates in it."""
        return self.cars or CARS[self.kind]


def asked_for(text: str) -> tuple[Asked, ...]:
    """`stolen_car,escape`, `all`, or the path of a YAML file. Raises ScenarioError; OSError for a file not read."""
    path = Path(text)
    if path.suffix in (".yaml", ".yml"):
        return _read(path)
    kinds = KINDS if text.strip() == "all" else [name.strip() for name in text.split(",") if name.strip()]
    return tuple(_of_name(name) for name in kinds)


def _of_name(name: str) -> Asked:
    for kind in KINDS:
        if name == kind:
            return Asked(kind=kind)
    raise ScenarioError(f"scenario {name} is unknown: there are {', '.join(KINDS)}, all, or a .yaml file")


def _read(path: Path) -> tuple[Asked, ...]:
    try:
        text = path.read_text("utf-8")
        tree = yaml.compose(text, Loader=yaml.SafeLoader)
        content: Any = yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ScenarioError(f"{path.name} is no YAML: {' '.join(str(error).split())}") from error
    if not isinstance(content, list) or not content or tree is None:
        raise ScenarioError(f"{path.name} is no list of scenarios: begin each with `- kind: …`")
    lines = [node.start_mark.line + 1 for node in tree.value]
    return tuple(_checked(path.name, line, item) for line, item in zip(lines, content, strict=True))


def _checked(name: str, line: int, item: Any) -> Asked:
    try:
        return Asked.model_validate(item)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        what = "there is no such field" if first["type"] == "extra_forbidden" else first["msg"]
        raise ScenarioError(f"{name} line {line}: {where}{': ' if where else ''}{what}") from error


def named(asked: Sequence[Asked]) -> str:
    """For the header of a truth file: equal texts, equal scenarios."""
    return "; ".join(one.model_dump_json(exclude_defaults=True, by_alias=True) for one in asked)
