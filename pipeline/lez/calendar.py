"""The calendar of a law book as a lawyer reads it: what is barred since when, what follows, what nobody has read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from pipeline.lez.book import LawBook
from pipeline.lez.model import Access, Cell, Regime
from pipeline.lez.periods import Period
from pipeline.lez.standards import STANDARDS
from schemas.lez import Standard

__all__ = ["Row", "Stretch", "known_days", "rows", "stretches"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """Days on which one thing holds for one standard, as known on a day."""

    valid: Period
    access: Access
    action: Regime
    verified: bool
    source: str


@dataclass(frozen=True, slots=True)
class Row:
    """One calendar for the standards that share it."""

    subject: str
    standards: tuple[Standard, ...]
    stretches: tuple[Stretch, ...]


def rows(law: LawBook, known: date) -> Iterator[Row]:
    """The whole calendar as known on a day; neighbouring standards with the same one share a row."""
    for subject in law.subjects:
        open_row: Row | None = None
        for standard in STANDARDS:
            told = stretches(law, subject, standard, known)
            if open_row is not None and open_row.stretches == told:
                open_row = Row(subject, (*open_row.standards, standard), told)
                continue
            if open_row is not None:
                yield open_row
            open_row = Row(subject, (standard,), told)
        if open_row is not None:
            yield open_row


def stretches(law: LawBook, subject: str, standard: Standard, known: date) -> tuple[Stretch, ...]:
    """What holds from the first day of the zone on, in order; neighbours that say the same are one."""
    cells = sorted(_known(law.cells_of(subject, standard), known), key=lambda cell: cell.valid.first)
    found: list[Stretch] = []
    for cell in cells:
        last = found[-1] if found else None
        if last is not None and (last.access, last.action, last.verified) == (cell.access, cell.action, cell.verified):
            joined = Period(last.valid.first, cell.valid.last)
            found[-1] = Stretch(joined, last.access, last.action, last.verified, cell.source)
        else:
            found.append(Stretch(cell.valid, cell.access, cell.action, cell.verified, cell.source))
    return tuple(found)


def known_days(law: LawBook, subject: str, standard: Standard) -> list[date]:
    """Days on which the law book began to say something else of a standard, of fines, foreigners, passes or grounds."""
    own: Sequence[Cell] = law.cells_of(subject, standard)
    others = (*law.fines, *law.foreign, *law.passes, *law.exemptions)
    firsts = {one.known.first for one in (*own, *others)} | {
        one.known.last + timedelta(days=1) for one in others if not one.known.open
    }
    return sorted({max(first, law.known_from) for first in firsts})


def _known(cells: Sequence[Cell], known: date) -> Iterator[Cell]:
    return (cell for cell in cells if known in cell.known)
