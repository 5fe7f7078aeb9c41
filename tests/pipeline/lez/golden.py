"""What the law books say of the past, written down: an edit may add to it and may not change it.

Each zone has a text: its calendar as it was known on each day on which the book began to say something else, every rule
that can be named, and a digest of the answers of the decision on those days. To add what is new since:

    .venv/bin/python -c 'from tests.pipeline.lez.golden import write; write()'

It refuses to change what is written. Where that was wrong, and whoever was judged by it is judged anew
(`anpr lez rejudge`), delete the lines that were wrong and run it again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from pipeline.lez.book import LawBook
from pipeline.lez.calendar import rows
from pipeline.lez.enforcement import enforce
from pipeline.lez.judge import judge
from pipeline.lez.judgement import History
from pipeline.lez.loading import load_law, zones
from pipeline.lez.model import Stated, Text
from pipeline.lez.standards import STANDARDS
from tests.pipeline.lez.builders import moment, of_kind

__all__ = ["PAST", "file_of", "told", "write"]

FOLDER = Path(__file__).parent / "golden"
PAST = date(2026, 11, 26)
"""The last day on which what was known is written down."""
DAYS = tuple(
    date.fromisoformat(day)
    for day in (
        *("2017-02-10", "2018-03-01", "2019-06-01", "2020-05-01", "2022-05-01", "2024-06-01", "2025-06-01"),
        *("2026-02-10", "2026-05-01", "2027-02-10", "2028-02-10", "2030-06-01", "2033-06-01", "2035-06-01"),
    )
)
SECTIONS = ("fines", "foreign", "passes", "exemptions")


def file_of(zone: str) -> Path:
    """Where its text is."""
    return FOLDER / f"{zone}.txt"


def told(zone: str) -> list[str]:
    """The lines, in order."""
    law = load_law(zone)
    return [*_rules(law), *_calendars(law), *_terms(law), *_answers(law)]


def write() -> None:
    """Add what is new. Raises ValueError where something that is written is not so any more."""
    for zone in zones():
        now, before = told(zone), file_of(zone).read_text("utf-8").splitlines() if file_of(zone).exists() else []
        changed = [line for line in before if line not in set(now)]
        if changed:
            raise ValueError(f"{zone}: no longer so: {changed[0]}")
        FOLDER.mkdir(exist_ok=True)
        file_of(zone).write_text("".join(f"{line}\n" for line in now), "utf-8")


def _turning(law: LawBook, *subjects: str) -> list[date]:
    """Days on which the book began to say something else of these."""
    found = {max(cell.known.first, law.known_from) for cell in law.cells if cell.subject in subjects}
    return sorted(day for day in found | {PAST} if day <= PAST)


def _rules(law: LawBook) -> Iterator[str]:
    """Names of rules that stand in verdicts: they must be found for ever."""
    for cell in law.cells:
        if cell.known.first <= PAST:
            any_standard = [None] if STANDARDS[0] in cell.standards else []
            yield from (f"rule {cell.rule_id(law.zone, one)}" for one in (*cell.standards, *any_standard))


def _calendars(law: LawBook) -> Iterator[str]:
    """One line for each row that differs from what was known before."""
    before: set[str] = set()
    for known in _turning(law, *law.subjects):
        now = set()
        for row in rows(law, known):
            said = "; ".join(
                f"{one.valid.first} {one.access} {one.action}{'' if one.verified else ' unverified'}"
                for one in row.stretches
            )
            now.add(f"{row.subject} Euro {','.join(row.standards)}: {said}")
        yield from (f"known {known} {line}" for line in sorted(now - before))
        before = now


def _terms(law: LawBook) -> Iterator[str]:
    """Fines, foreigners, passes, exemptions, and the rest."""
    for section in SECTIONS:
        stated: Stated
        for stated in getattr(law, section):
            if stated.known.first <= PAST:
                last = stated.known.last if stated.known.last < PAST else "on"
                yield f"{section} {stated.valid} known {stated.known.first} to {last}: {_plain(stated)}"
    for one in (*law.first_registrations, *law.counts_as):
        yield f"{type(one).__name__} {_plain(one)}"
    yield f"zone {law.home} {law.timezone} {law.begins} {law.known_from} {sorted(law.free_days)}"


def _plain(part: Text) -> str:
    said = part.model_dump(mode="json", exclude={"valid", "known", "source", "note"}, exclude_defaults=True)
    return ", ".join(f"{key} {said[key]}" for key in sorted(said))


def _answers(law: LawBook) -> Iterator[str]:
    for name, subject in law.subjects.items():
        facts = [of_kind(subject.kinds[0], subject.fuels[0], one) for one in (None, *STANDARDS)]
        for known in _turning(law, name):
            digest = hashlib.sha256()
            for day in DAYS:
                at, known_at = moment(law.zone, day), moment(law.zone, known)
                for each in facts:
                    found = judge(law, each, country="BE", at=at, known_at=known_at)
                    due = enforce(law, found, History((day - timedelta(days=200),)), at, known_at)
                    digest.update(
                        f"{found.verdict} {found.rule} {found.unverified} {due.action} {due.fine_eur};".encode()
                    )
            yield f"answers known {known} of {name}: {digest.hexdigest()[:12]}"
