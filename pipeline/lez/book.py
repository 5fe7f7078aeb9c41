"""The law book of a zone: what it says of a vehicle on a day, as known on a day."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TypeVar
from zoneinfo import ZoneInfo

from pipeline.lez.facts import Facts
from pipeline.lez.model import (
    Cell,
    CountsAs,
    Exemption,
    FineTerms,
    FirstRegistration,
    ForeignTerms,
    Kind,
    Names,
    PassTerms,
    Pending,
    Source,
    Stated,
    Subject,
)
from pipeline.lez.standards import STANDARDS, rank
from schemas.lez import Fuel, Standard

__all__ = ["LawBook"]

Statement = TypeVar("Statement", bound=Stated)


@dataclass(frozen=True)
class LawBook:
    """All rules of one zone, checked: of each vehicle, day and day of knowing exactly one cell speaks."""

    zone: str
    names: Names
    timezone: str
    home: str
    """Country whose register knows every vehicle."""
    begins: date
    """First day of the zone in the street."""
    known_from: date
    """Day since which the law book has anything to say."""
    sources: Mapping[str, Source]
    subjects: Mapping[str, Subject]
    cells: Sequence[Cell]
    fines: Sequence[FineTerms]
    foreign: Sequence[ForeignTerms]
    passes: Sequence[PassTerms]
    exemptions: Sequence[Exemption]
    first_registrations: Sequence[FirstRegistration] = ()
    counts_as: Sequence[CountsAs] = ()
    free_days: frozenset[tuple[int, int]] = frozenset()
    """Month and day of days on which the zone does not apply, every year."""
    pending: Sequence[Pending] = ()
    _by_standard: dict[tuple[str, Standard], tuple[Cell, ...]] = field(init=False, repr=False, default_factory=dict)
    _subject_of: dict[tuple[Kind, Fuel], str] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        for name, subject in self.subjects.items():
            self._subject_of.update({(kind, fuel): name for kind in subject.kinds for fuel in subject.fuels})
            for standard in STANDARDS:
                own = (cell for cell in self.cells if cell.subject == name and standard in cell.standards)
                self._by_standard[name, standard] = tuple(own)

    # ---- days ----------------------------------------------------------------------------------------------------

    @functools.cached_property
    def zone_info(self) -> ZoneInfo:
        """Clocks of the zone."""
        return ZoneInfo(self.timezone)

    def local(self, moment: datetime) -> datetime:
        """A moment on the zone's clocks."""
        return _on_clocks(moment, self.zone_info)

    def local_day(self, moment: datetime) -> date:
        """Day on the zone's clocks."""
        return self.local(moment).date()

    def end_of(self, day: date) -> datetime:
        """The midnight that ends a local day, UTC."""
        following = day + timedelta(days=1) if day < date.max else day
        return _on_clocks(datetime.combine(following, time(), self.zone_info), UTC)

    # ---- rules ---------------------------------------------------------------------------------------------------

    def kinds_of(self, facts: Facts) -> tuple[Kind, ...]:
        """What a vehicle may count as; several for a van whose mass class nobody told."""
        if facts.category == "N1" and facts.n1_class is None:
            return ("N1-I", "N1-II", "N1-III")
        return (f"N1-{facts.n1_class}",) if facts.category == "N1" else (facts.category,)  # type: ignore[return-value]

    def moved(self, kind: Kind, body_code: str) -> CountsAs | None:
        """The rule that makes another kind of it, for its body."""
        return next((rule for rule in self.counts_as if kind in rule.kinds and body_code in rule.body_codes), None)

    def subject(self, kind: Kind, fuel: Fuel) -> str:
        """Name of its calendar."""
        return self._subject_of[kind, fuel]

    def cell(self, subject: str, standard: Standard, day: date, known: date) -> Cell:
        """What holds; the book is checked to say it for every day since it begins and is known."""
        return next(cell for cell in self._by_standard[subject, standard] if cell.box.holds(day, known))

    def cells_of(self, subject: str, standard: Standard) -> tuple[Cell, ...]:
        """All that was ever said of a standard."""
        return self._by_standard[subject, standard]

    def since(self, cell: Cell, standard: Standard, known: date) -> date:
        """First day of what the cell says, as known then: a ban does not begin anew with its fines."""
        first = cell.valid.first
        for other in sorted(self._by_standard[cell.subject, standard], key=lambda one: one.valid.first, reverse=True):
            touches = known in other.known and other.valid.last < first and first - other.valid.last == timedelta(1)
            if touches and other.access == cell.access:
                first = other.valid.first
        return first

    def until(self, cell: Cell, standard: Standard, known: date) -> date:
        """Last day of what the cell says, as known then."""
        last = cell.valid.last
        for other in sorted(self._by_standard[cell.subject, standard], key=lambda one: one.valid.first):
            touches = known in other.known and other.valid.first > last and other.valid.first - last == timedelta(1)
            if touches and other.access == cell.access:
                last = other.valid.last
        return last

    def rule(self, rule_id: str) -> Cell | None:
        """The cell that a rule id names; None: it names no cell."""
        return self._by_rule.get(rule_id)

    @functools.cached_property
    def _by_rule(self) -> dict[str, Cell]:
        """A rule without a standard is told of the dirtiest one's cell: by that alone no two cells share its name."""
        own = ((cell, one) for cell in self.cells for one in cell.standards)
        found = {cell.rule_id(self.zone, one): cell for cell, one in own}
        dirtiest = (cell for cell in self.cells if STANDARDS[0] in cell.standards)
        return found | {cell.rule_id(self.zone, None): cell for cell in dirtiest}

    def fine_terms(self, day: date, known: date) -> FineTerms | None:
        """What a fine is."""
        return _holding(self.fines, day, known)

    def foreign_terms(self, day: date, known: date) -> ForeignTerms | None:
        """What foreigners must do."""
        return _holding(self.foreign, day, known)

    def pass_terms(self, day: date, known: date) -> PassTerms | None:
        """What a day pass is; None: there are none."""
        return _holding(self.passes, day, known)

    def exemptions_at(self, day: date, known: date) -> Iterator[Exemption]:
        """The grounds that hold."""
        return (one for one in self.exemptions if one.box.holds(day, known))

    def standard_from(self, kind: Kind, first_registered: date) -> tuple[Standard, bool] | None:
        """The standard that the law assumes, and whether somebody read that; None: it assumes none of such vehicles."""
        for rule in self.first_registrations:
            if kind in rule.kinds:
                reached = [standard for standard, since in rule.since.items() if since <= first_registered]
                return max(reached, key=rank, default=STANDARDS[0]), rule.verified
        return None


def _holding(statements: Sequence[Statement], day: date, known: date) -> Statement | None:
    return next((one for one in statements if one.box.holds(day, known)), None)


def _on_clocks(moment: datetime, zone: tzinfo) -> datetime:
    try:
        return moment.astimezone(zone)
    except OverflowError:  # within a day of the years 1 and 9999, where no hour matters: a message may name them
        return moment.replace(tzinfo=zone)
