"""The whole law book of a zone as a document, for a lawyer to read and correct."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from anpr.lez.table import markdown
from pipeline.lez.book import LawBook
from pipeline.lez.grounds import load_grounds
from pipeline.lez.model import Exemption, FineTerms, ForeignTerms, PassTerms, Stated

__all__ = ["chapter", "newest"]


def newest(law: LawBook) -> date:
    """The last day on which the book began to say something else."""
    stated: Iterable[Stated] = (*law.cells, *law.fines, *law.foreign, *law.passes, *law.exemptions)
    return max(law.known_from, *(one.known.first for one in stated))


def chapter(law: LawBook, known: date) -> str:
    """Its calendar, its terms, its sources, as known on a day."""
    parts = [
        f"## {law.names.en}",
        f"As known since {known}. The zone began on {law.begins}; its law is in the book since {law.known_from}.",
        markdown(law, known),
        _table(("what", "days", "what holds", "it rests on"), _terms(law, known)),
        _table(("source", "text", "where"), _sources(law)),
    ]
    proposals = [f"- {one.what} (since {one.since})." for one in law.pending]
    return "\n\n".join([*parts, *(["Proposed and no law:", "\n".join(proposals)] if proposals else [])])


def _terms(law: LawBook, known: date) -> Iterator[tuple[str, ...]]:
    sections: Sequence[tuple[str, Sequence[Stated]]] = (
        *(("fine", law.fines), ("foreign vehicle", law.foreign), ("day pass", law.passes)),
        ("exemption", law.exemptions),
    )
    for what, stated in sections:
        for one in (each for each in stated if known in each.known):
            mark = "" if one.verified else " [not verified]"
            yield what, str(one.valid), f"{_said(law, one)}{mark}{f'. {one.note}' if one.note else ''}", one.source
    for rule in law.first_registrations:
        since = ", ".join(f"{standard} from {day}" for standard, day in rule.since.items())
        yield f"no Euro standard told, {', '.join(rule.kinds)}", "../..", f"by first registration: {since}", rule.source
    for moved in law.counts_as:
        mark = "" if moved.verified else " [not verified]"
        said = f"{', '.join(moved.kinds)} with body {', '.join(moved.body_codes)} counts as {moved.as_kind}{mark}"
        yield "body", "../..", said, moved.source
    for month, day in sorted(law.free_days):
        yield "free day", "../..", f"every year on {month:02}-{day:02}", ""


def _said(law: LawBook, one: Stated) -> str:
    if isinstance(one, FineTerms):
        return _fine(law, one)
    if isinstance(one, ForeignTerms):
        known = f", but {', '.join(one.known_without)}" if one.known_without else ""
        fine = f", fine of {one.fine} {_currency(law)}" if one.fine else ""
        first = f"must register until {_end_of_day(one.days_after)}" if one.register_first else "need not register"
        return first + known + fine
    if isinstance(one, PassTerms):
        return _pass(law, one)
    return _exemption(one) if isinstance(one, Exemption) else ""


def _fine(law: LawBook, one: FineTerms) -> str:
    if not one.amounts:
        return "suspended: warnings instead"
    said = [" then ".join(map(str, one.amounts)) + f" {_currency(law)}"]
    said += [f"within {one.within_months} months"] if one.within_months else []
    said += [f"the next one {one.lock_months} months later at the earliest"] if one.lock_months else ["once a day"]
    said += [f"{one.after_warning_months} months after the own warning"] if one.after_warning_months else []
    return ", ".join(said)


def _pass(law: LawBook, one: PassTerms) -> str:
    until = f"until {one.ends_at_hour:02}:00 of the next day" if one.ends_at_hour else "until midnight"
    days = one.bought_days_after
    bought = "before entry" if days is None else f"until {_end_of_day(days)}"
    count = f", {one.per_year} a year" if one.per_year else ""
    prices = ", ".join(f"{kind} {price:g} {_currency(law)}" for kind, price in one.price.items())
    return f"{until}, bought {bought}{count}: {prices}"


def _end_of_day(later: int) -> str:
    return {0: "midnight", 1: "midnight of the next day"}.get(later, f"midnight of the day {later} days after")


def _exemption(one: Exemption) -> str:
    said = [load_grounds()[one.ground].en, *one.fuels, *one.categories]
    said += [f"told by {' or '.join(one.by)}"] if one.by else []
    said += [f"older than {one.older_than_years} years"] if one.older_than_years else []
    said += [f"Euro {', '.join(one.standards)} only"] if one.standards else []
    said += [f"for {one.lasts_years} years"] if one.lasts_years else []
    return ", ".join([*said, *(["paid"] if one.paid else [])])


def _currency(law: LawBook) -> str:
    return "GBP" if law.home == "GB" else "EUR"


def _sources(law: LawBook) -> Iterator[tuple[str, ...]]:
    return ((f"`{name}`", source.title, source.where) for name, source in law.sources.items())


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, ["---"] * len(head), *rows))
