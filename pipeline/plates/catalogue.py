"""The shapes of number plates as data: `countries/*.yaml`, checked when they are read.

A file is a country; a shape has its pattern, how its parts are joined for people, how usual it is, where that is known
from, and plates that fit it and that do not. Data that contradicts itself is refused, by file and shape.
"""

from __future__ import annotations

import functools
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipeline.plates.layout import Layout, layouts_of
from pipeline.plates.text import MAX_LENGTH

__all__ = ["UNKNOWN", "BrokenShapes", "Role", "Shape", "bands", "load_shapes", "read_folder"]

Role = Literal["series", "exact", "loose"]
"""series: plates in use, towards which a misread is repaired. exact: taken where it fits, nothing is repaired towards
it (old, rare, or so short that all fits). loose: explains a text and no more (personalised, other countries)."""

UNKNOWN = "ZZ"
"""Stands for no country. ISO 3166-1 leaves it to users."""

_SET = re.compile(r"\{([A-Z][A-Z0-9_]*)\}")
Share = Annotated[float, Field(gt=0, le=1)]


class BrokenShapes(ValueError):
    """A file of shapes contradicts itself; says which file and which shape."""


class _ShapeData(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    id: str
    country: str | None = None
    note: str
    pattern: str
    join: str | list[str]
    role: Role = "series"
    share: Share
    longest: int = MAX_LENGTH
    rare: dict[Annotated[str, Field(pattern="^[A-Z]$")], Share] = {}
    source: str
    valid: dict[str, str] = Field(min_length=1)
    invalid: list[str] = Field(min_length=1)


class _CountryData(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    country: Annotated[str, Field(pattern="^[A-Z]{2}$")]
    band: str | None = None
    share: Share
    share_source: str
    sources: dict[str, str]
    sets: dict[str, str] = {}
    shapes: list[dict[str, Any]] = Field(min_length=1)


_Country = tuple[str, _CountryData]
"""Name of the file, and what it says."""


@dataclass(frozen=True, slots=True)
class Shape:
    """One shape of number plates of one country."""

    id: str
    country: str
    """ISO 3166-1 alpha-2, or UNKNOWN."""
    note: str
    """Since when, for which vehicles."""
    pattern: re.Pattern[str]
    """Fits a compact plate. Its groups are the parts that stand apart on the plate."""
    form: str | None
    """Format string of the groups: `{}-{}-{}`. None where the text does not tell how the plate is split."""
    role: Role
    weight: float
    """Share of the plates on Belgian roads, 0-1: that of the country times that within it."""
    layouts: tuple[Layout, ...]
    rare: Mapping[str, float]
    """How usual a letter is here, where it is less than usual (1)."""
    source: str
    valid: Mapping[str, str]
    """Example plates with their display form."""
    invalid: tuple[str, ...]

    def density(self, layout: Layout) -> float:
        """Probability of one given text: the layouts are held to be equally usual, and the texts within one."""
        return self.weight / len(self.layouts) / layout.texts

    def display(self, plate: str) -> str | None:
        """The plate with separators; None where it has not this shape."""
        parts = self.pattern.fullmatch(plate)
        if parts is None:
            return None
        return plate if self.form is None else self.form.format(*parts.groups())


@functools.cache
def load_shapes() -> tuple[Shape, ...]:
    """All shapes of this package. Raises BrokenShapes."""
    return _checked(_own_countries(), "countries")


@functools.cache
def bands() -> Mapping[str, str]:
    """Country by the letters of its euro band: B → BE."""
    return {data.band: data.country for _, data in _own_countries() if data.band}


@functools.cache
def _own_countries() -> Sequence[_Country]:
    """The files of this package, read once for all that is asked of them."""
    return _countries(files(__package__).joinpath("countries"))


def read_folder(folder: Traversable) -> tuple[Shape, ...]:
    """The shapes of a folder of countries, by file and place. Raises BrokenShapes."""
    return _checked(_countries(folder), str(folder))


def _checked(countries: Sequence[_Country], folder: str) -> tuple[Shape, ...]:
    shapes = tuple(shape for name, country in countries for shape in _shapes(name, country))
    twice = [name for name, count in Counter(shape.id for shape in shapes).items() if count > 1]
    if twice or not shapes:
        raise BrokenShapes(f"{folder}: shapes that stand twice: {', '.join(twice)}" if twice else f"{folder}: no shape")
    return shapes


def _countries(folder: Traversable) -> Sequence[_Country]:
    paths = (path for path in folder.iterdir() if path.name.endswith(".yaml"))
    return [(path.name, _country(path)) for path in sorted(paths, key=lambda path: path.name)]


def _country(path: Traversable) -> _CountryData:
    try:
        return _CountryData.model_validate(yaml.safe_load(path.read_text("utf-8")))
    except (ValidationError, yaml.YAMLError) as error:
        raise BrokenShapes(f"{path.name}: {_told(error)}") from error


def _shapes(name: str, country: _CountryData) -> Iterator[Shape]:
    within = 0.0
    for row in country.shapes:
        try:
            data = _ShapeData.model_validate(row)
            yield _shape(country, data)
        except (ValueError, re.error) as error:
            raise BrokenShapes(f"{name}: {row.get('id', 'a shape without id')}: {_told(error)}") from error
        within += data.share
    if within > 1.0005:
        raise BrokenShapes(f"{name}: the shares of its shapes make {within:.4f}, more than 1")


def _told(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    return "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())


def _shape(country: _CountryData, data: _ShapeData) -> Shape:
    if data.source not in {*country.sources, "assumption"}:
        raise ValueError(f"source {data.source} is not among the sources of the file")
    pattern = _with_sets(data.pattern, country.sets)
    layouts = layouts_of(pattern, data.longest)
    shape = Shape(
        id=data.id,
        country=data.country or country.country,
        note=data.note,
        pattern=re.compile(f"(?!.{{{data.longest + 1}}}){pattern}"),
        form=_form(data.join, re.compile(pattern).groups),
        role=data.role,
        weight=country.share * data.share,
        layouts=layouts,
        rare=data.rare,
        source=country.sources.get(data.source, data.source),
        valid=data.valid,
        invalid=tuple(data.invalid),
    )
    _check_examples(shape)
    return shape


def _with_sets(pattern: str, sets: Mapping[str, str]) -> str:
    def words(name: re.Match[str]) -> str:
        if name[1] not in sets:
            raise ValueError(f"set {name[1]} is not among the sets of the file")
        return _alternation(sets[name[1]].split())

    return _SET.sub(words, pattern)


def _alternation(words: Sequence[str]) -> str:
    """`AB AC B` becomes `A[BC]|B`: few alternatives are quickly tried. Words of one character make one class."""
    tails: dict[str, str] = {}
    for word in words:
        tails[word[:-1]] = tails.get(word[:-1], "") + word[-1]
    return "|".join(f"{head}[{last}]" for head, last in tails.items())


def _form(join: str | Sequence[str], groups: int) -> str | None:
    """Separators for `groups` parts: one for all gaps, or a list of one per gap. None for an empty one."""
    if join == "":
        return None
    gaps = [join] * (groups - 1) if isinstance(join, str) else list(join)
    if len(gaps) != groups - 1:
        raise ValueError(f"join: {len(gaps)} separators for {groups} groups")
    return "{}" + "".join(gap + "{}" for gap in gaps)


def _check_examples(shape: Shape) -> None:
    for plate, display in shape.valid.items():
        if shape.display(plate) != display:
            raise ValueError(f"its valid example {plate} displays as {shape.display(plate)}, not as {display}")
    for plate in shape.invalid:
        if shape.pattern.fullmatch(plate):
            raise ValueError(f"its invalid example {plate} fits")
