"""How long the database of the low-emission zones keeps what. Defaults, but for the law: the controller decides.

The tables do it by their own TTL (migrations); this is what they are held to, as `retention/rules.py` for the police.
"""

from __future__ import annotations

from sinks.clickhouse.retention.rules import Kept, Rule, Term

__all__ = ["CLEARED", "KEPT", "RULES"]

LED_TO_NOTHING = "cause = 'passage' AND (withdrawn OR verdict IN ('compliant', 'exempt', 'pass', 'not_applicable'))"
"""A verdict that was taken again is not among them: the vehicle was barred before, or is now."""
CLEARED = Term(days=90)
"""From then on nobody can be told from a verdict that led to nothing: a day is final after two days, and who objects
has 30 days; the rest is what a late upload and a look at the figures take."""
TWO_YEARS = Term(months=24)
_SOON = "{soon:DateTime64(3, 'UTC')}"


def _by_day(table: str, about: str, term: Term) -> Rule:
    return Rule(table, about, "day", term, f"day + toIntervalMonth({term.months})", f"day < toDate({_SOON})")


def _by_moment(table: str, about: str, moment: str, term: Term) -> Rule:
    due = f"toDateTime({moment}) + toIntervalMonth({term.months})"
    return Rule(table, about, moment, term, due, f"{moment} < {_SOON}")


def _cleared(table: str, column: str, about: str, nothing: str) -> Rule:
    """A column of a row that stays."""
    due = f"toDateTime(captured_at) + toIntervalDay({CLEARED.days})"
    otherwise = f"toDateTime(captured_at) + toIntervalMonth({TWO_YEARS.months})"
    return Rule(
        table,
        about,
        "captured_at",
        CLEARED,
        due,
        f"captured_at < {_SOON}",
        column=column,
        only=f"({LED_TO_NOTHING}) AND {column} != {nothing}",
        ttl=f"if({LED_TO_NOTHING}, {due}, {otherwise})",
    )


_NO_ID = "toUUID('00000000-0000-0000-0000-000000000000')"
_VERDICT_TABLES = ("verdicts", "verdicts_last")
RULES: tuple[Rule, ...] = (
    *(_by_moment(table, "vehicles, places and offences", "captured_at", TWO_YEARS) for table in _VERDICT_TABLES),
    *(_cleared(table, "plate", "plates of what led to nothing", "''") for table in _VERDICT_TABLES),
    *(_cleared(table, "passage_id", "passages of what led to nothing", _NO_ID) for table in _VERDICT_TABLES),
    _by_day("notices", "plates, offences and what was decided", Term(months=60)),
    _by_day("passes", "plates and days", TWO_YEARS),
    _by_moment("permits", "plates and exemptions", "told_at", Term(months=72)),
    _by_moment("dead_letters", "messages as they came", "failed_at", Term(months=1)),
    *(_by_day(table, "counts of vehicles", Term(months=120)) for table in ("hours_counted", "days_counted")),
    _by_day("days_touched", "days of these counts", Term(months=120)),
    _by_moment("searches", "who looked for what", "created_at", Term(months=120)),
    _by_moment("audit", "who did what", "at", Term(months=120)),
)
KEPT: dict[str, Kept] = {
    kept.table: kept
    for kept in (
        Kept("audit_heads", "where each audit chain ends"),
        Kept("officers", "who may look; an ended registration explains old searches", "registered_at"),
        Kept("purposes", "no person"),
        Kept("schema_migrations", "no person"),
    )
}
"""Tables without an end."""
