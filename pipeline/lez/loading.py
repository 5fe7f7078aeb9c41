"""From a law file to a law book: read, checked, refused with file and line."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from importlib.resources import files
from types import MappingProxyType
from typing import Any, TypeVar
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import ValidationError

from pipeline.lez import model
from pipeline.lez.book import LawBook
from pipeline.lez.checking import cell_faults, fine_faults, gaps, order_faults, overlaps, subject_faults
from pipeline.lez.grounds import load_grounds
from pipeline.lez.lines import Document, Path, Problem, read_document
from pipeline.lez.periods import Box, Period

__all__ = ["LawFault", "load_law", "parse_law", "zones"]

Part = TypeVar("Part", bound=model.Text)
HEAD = {"zone", "names", "timezone", "home", "begins", "known_from", "sources", "subjects"}
BODY = {"chains", "rules", "fines", "foreign", "passes", "exemptions", "first_registrations", "counts_as", "pending"}
KEYS = HEAD | BODY | {"free_days"}
SHAPES = {
    "zone": (re.compile("[a-z][a-z0-9-]*"), "a name in small letters: brussels"),
    "home": (re.compile("[A-Z]{2}"), "the two letters of a country: BE"),
}


class LawFault(ValueError):
    """A law file that is refused: every problem in a line of its own, with file and line."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


@functools.cache
def load_law(zone: str) -> LawBook:
    """The law book of a zone. Raises LawFault, and FileNotFoundError for a zone that has none."""
    text = files(__package__).joinpath("law", f"{zone}.yaml").read_text("utf-8")
    return parse_law(f"{zone}.yaml", text)


@functools.cache
def zones() -> tuple[str, ...]:
    """Zones that have a law book."""
    found = (entry.name for entry in files(__package__).joinpath("law").iterdir())
    return tuple(sorted(name.removesuffix(".yaml") for name in found if name.endswith(".yaml")))


def parse_law(file: str, text: str) -> LawBook:
    """A law book from its text. Raises LawFault."""
    try:
        document = read_document(file, text)
        head = _head(document)
        reading = _Reading(document)
        cells = list(reading.cells())
        book = _book(head, reading, cells)
    except Problem as problem:
        raise LawFault([problem]) from problem
    problems = reading.problems + [document.problem(path, said) for path, said in reading.check(head, cells)]
    if problems:
        raise LawFault(sorted(problems, key=lambda one: one.line))
    return book()


def _head(document: Document) -> dict[str, Any]:
    data = document.data
    for key in data:
        if key not in KEYS:
            raise document.problem((key,), f"unknown: {key}; known are {', '.join(sorted(KEYS))}")
    for key in sorted(HEAD - data.keys()):
        raise document.problem((), f"{key} is missing")
    for key, (shape, said) in SHAPES.items():
        if not isinstance(data[key], str) or shape.fullmatch(data[key]) is None:
            raise document.problem((key,), f"{key} must be {said}")
    for key in ("begins", "known_from"):
        if type(data[key]) is not date:
            raise document.problem((key,), f"{key} must be a day: 2018-01-01")
    try:
        ZoneInfo(data["timezone"])
    except (ZoneInfoNotFoundError, ValueError, TypeError) as error:
        raise document.problem(("timezone",), f"no time zone: {data['timezone']}") from error
    return dict(data)


class _Reading:
    """One pass through a document. What is wrong with a part is noted, and the others are read all the same."""

    def __init__(self, document: Document) -> None:
        self.problems: list[Problem] = []
        self._document = document
        self._told: dict[str, list[tuple[Path, Any]]] = {}
        self.names = self._one(model.Names, ("names",), document.data["names"])
        self.sources = self._mapping(model.Source, "sources")
        self.subjects = self._mapping(model.Subject, "subjects")

    def all_of(self, kind: type[Part], section: str) -> list[Part]:
        """The valid parts of a section, remembered with their places."""
        placed: list[tuple[Path, Any]] = []
        for number, given in enumerate(self._document.parts(section)):
            part = self._one(kind, (section, number), given)
            if part is not None:
                placed.append(((section, number), part))
        self._told[section] = placed
        return [part for _, part in placed]

    def cells(self) -> Iterator[tuple[Path, model.Cell]]:
        """The cells of all subjects, chains taken apart."""
        rules = self._document.data.get("rules") or {}
        if not isinstance(rules, dict):
            raise self._document.problem(("rules",), "rules must be a mapping")
        for subject in rules:
            if subject not in self.subjects:
                self._note(("rules", subject), f"{subject} is no subject of this file")
                continue
            for number, given in enumerate(self._document.parts("rules", subject)):
                yield from self._cells_of(subject, ("rules", subject, number), given)

    def _cells_of(self, subject: str, path: Path, given: Any) -> Iterator[tuple[Path, model.Cell]]:
        if isinstance(given, dict) and "chain" in given:
            own = {key: value for key, value in given.items() if key != "chain"}
            for number, link in enumerate(self._links((*path, "chain"), given["chain"])):
                fields = {**link, **own} if isinstance(link, dict) else link
                yield from self._cell(subject, path, fields, ("chains", given["chain"], number), own)
        else:
            yield from self._cell(subject, path, given)

    def _links(self, path: Path, chain: Any) -> Sequence[Any]:
        if not isinstance(chain, str):
            self._note(path, "chain must be a name")
            return ()
        links = self._document.parts("chains", chain)
        if not links:
            self._note(path, f"no chain {chain} in this file")
        return links

    def _cell(
        self, subject: str, path: Path, given: Any, link: Path | None = None, own: Iterable[str] = ()
    ) -> Iterator[tuple[Path, model.Cell]]:
        """link: of a chain, where its link stands; own: keys that the row has beside the chain."""
        fields = {**given, "subject": subject} if isinstance(given, dict) else given
        cell = self._one(model.Cell, link or path, fields, dict.fromkeys(own, path))
        if cell is not None:
            yield path, cell

    def _mapping(self, kind: type[Part], section: str) -> dict[str, Part]:
        given = self._document.data[section]
        if not isinstance(given, dict):
            raise self._document.problem((section,), f"{section} must be a mapping")
        read = {name: self._one(kind, (section, name), value) for name, value in given.items()}
        return {name: part for name, part in read.items() if part is not None}

    def _one(
        self, kind: type[Part], path: Path, given: Any, elsewhere: Mapping[str | int, Path] = MappingProxyType({})
    ) -> Part | None:
        """elsewhere: places of keys that do not stand at the path."""
        if not isinstance(given, dict):
            self._note(path, f"{given!r} is no mapping")
            return None
        try:
            part = kind.model_validate(given)
        except ValidationError as error:
            for each in error.errors(include_url=False, include_context=False):
                where = (*elsewhere.get(each["loc"][0], path), *each["loc"]) if each["loc"] else path
                self._note(where, f"{'.'.join(map(str, each['loc']))}: {each['msg'].removeprefix('Value error, ')}")
            return None
        source = getattr(part, "source", None)
        if source is not None and source not in self.sources:
            self._note((*path, "source"), f"{source} is no source of this file: add it to sources")
        return part

    def free_days(self) -> frozenset[tuple[int, int]]:
        """Month and day of each."""
        found = set()
        for number, given in enumerate(self._document.parts("free_days")):
            try:
                day = date.fromisoformat(f"2000-{given}")
            except ValueError:
                self._note(("free_days", number), f"{given} is no day of the year: 12-25")
            else:
                found.add((day.month, day.day))
        return frozenset(found)

    def _note(self, path: Path, text: str) -> None:
        self.problems.append(self._document.problem(path, text))

    def check(self, head: dict[str, Any], cells: list[tuple[Path, model.Cell]]) -> Iterator[tuple[Path, str]]:
        """What is wrong between the parts."""
        if self.problems:  # what was not read would only show as gaps
            return
        whole = Box(Period(head["begins"], date.max), Period(head["known_from"], date.max))
        yield from subject_faults(self.subjects)
        yield from cell_faults(cells, self.subjects, whole)
        for section in ("fines", "foreign", "passes"):
            yield from overlaps(self._told[section])
            yield from gaps(self._told[section], whole, (section,), section)
        yield from fine_faults(self._told["fines"], [cell for _, cell in cells])
        yield from order_faults([((*path, "since"), part.since) for path, part in self._told["first_registrations"]])
        yield from self._ground_faults()

    def _ground_faults(self) -> Iterator[tuple[Path, str]]:
        known = load_grounds()
        for path, part in self._told["exemptions"]:
            if part.ground not in known:
                yield (*path, "ground"), f"{part.ground} is no ground: {', '.join(known)}"
        for ground in known:
            yield from overlaps([placed for placed in self._told["exemptions"] if placed[1].ground == ground])


def _book(head: dict[str, Any], reading: _Reading, cells: list[tuple[Path, model.Cell]]) -> functools.partial[LawBook]:
    """Ready to be made once all is checked."""
    return functools.partial(
        LawBook,
        zone=head["zone"],
        names=reading.names,  # type: ignore[arg-type]  # None only beside a problem
        timezone=head["timezone"],
        home=head["home"],
        begins=head["begins"],
        known_from=head["known_from"],
        sources=reading.sources,
        subjects=reading.subjects,
        cells=tuple(cell for _, cell in cells),
        fines=reading.all_of(model.FineTerms, "fines"),
        foreign=reading.all_of(model.ForeignTerms, "foreign"),
        passes=reading.all_of(model.PassTerms, "passes"),
        exemptions=reading.all_of(model.Exemption, "exemptions"),
        first_registrations=reading.all_of(model.FirstRegistration, "first_registrations"),
        counts_as=reading.all_of(model.CountsAs, "counts_as"),
        pending=reading.all_of(model.Pending, "pending"),
        free_days=reading.free_days(),
    )
