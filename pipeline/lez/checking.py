"""What a law book may not be: silent about a vehicle, or of two minds."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import get_args

from pipeline.lez.lines import Path
from pipeline.lez.model import Cell, FineTerms, Kind, Stated, Subject
from pipeline.lez.periods import Box, uncovered
from pipeline.lez.standards import STANDARDS, rank
from schemas.lez import Fuel, Standard

__all__ = ["Found", "cell_faults", "fine_faults", "gaps", "order_faults", "overlaps", "subject_faults"]

Found = Iterator[tuple[Path, str]]
"""Where in the file, and what is wrong there."""
Placed = tuple[Path, Stated]


def subject_faults(subjects: dict[str, Subject]) -> Found:
    """Every kind of vehicle with every fuel is in one calendar and no other."""
    owners: dict[tuple[str, str], str] = {}
    for name, subject in subjects.items():
        for kind, fuel in itertools.product(subject.kinds, subject.fuels):
            other = owners.setdefault((kind, fuel), name)
            if other != name:
                yield ("subjects", name), f"{kind} with {fuel} is in {other} already: in which of both is it?"
    for kind, fuel in itertools.product(get_args(Kind), get_args(Fuel)):
        if (kind, fuel) not in owners:
            yield ("subjects",), f"no subject has {kind} with {fuel}: add it to one, `outside` if the law is silent"


def overlaps(statements: Sequence[Placed]) -> Found:
    """Two statements about one thing that hold on the same day as known on the same day."""
    for (_, one), (path, other) in itertools.combinations(statements, 2):
        if one.box.overlaps(other.box):
            yield path, f"{_shown(other.box)} overlaps what is said for {_shown(one.box)}"


def gaps(statements: Sequence[Placed], whole: Box, where: Path, what: str) -> Found:
    """A day, as known on a day, of which nothing is said."""
    open_box = uncovered([one.box for _, one in statements], whole)
    if open_box is not None:
        place = statements[-1][0] if statements else where
        yield place, f"nothing is said of {what} for {_shown(open_box)}: a gap"


def cell_faults(cells: Sequence[tuple[Path, Cell]], subjects: dict[str, Subject], whole: Box) -> Found:
    """Gaps and overlaps of every standard of every subject; an action without a ban."""
    for path, cell in cells:
        if cell.action != "none" and cell.access != "banned":
            yield path, f"action {cell.action} needs access banned, not {cell.access}"
    for name, standard in itertools.product(subjects, STANDARDS):
        own = [(path, cell) for path, cell in cells if cell.subject == name and standard in cell.standards]
        yield from overlaps(own)
        yield from gaps(own, whole, ("rules", name), f"{name} Euro {standard}")


def fine_faults(fines: Sequence[tuple[Path, FineTerms]], cells: Sequence[Cell]) -> Found:
    """A ban of which a fine may follow needs a fine, and one after a warning the time between."""
    for path, terms in fines:
        if any(amount <= 0 for amount in terms.amounts):
            yield path, "a fine must be more than nothing; leave amounts empty where fines are suspended"
    for cell in cells:
        if cell.action == "own_warning" and not any(
            terms.after_warning_months and terms.box.overlaps(cell.box) for _, terms in fines
        ):
            yield ("fines",), f"{cell.subject} is fined after a warning: say after_warning_months"


def order_faults(since: Sequence[tuple[Path, Mapping[Standard, date]]]) -> Found:
    """First registrations must rise with the standard."""
    for path, rows in since:
        days = [rows[standard] for standard in sorted(rows, key=rank)]
        if days != sorted(days):
            yield path, "a cleaner standard cannot begin before a dirtier one"


def _shown(box: Box) -> str:
    return f"valid {box.valid}, known {box.known}"
