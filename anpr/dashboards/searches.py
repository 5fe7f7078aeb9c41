"""Searches and audit: who may ask does, by purpose and without names, and the record of it is written."""

from __future__ import annotations

from anpr.dashboards.asking import increase
from anpr.dashboards.model import Board, Item, Limit, Panel, Prom, Row, Sql

__all__ = ["SEARCHES"]


def _by_hour(view: str, what: str, by: str, shown: str) -> Sql:
    return Sql(
        f"SELECT hour AS time, toString({by}) AS {by}, {what} AS {shown}\n"
        f"FROM {view}\n"
        "WHERE $__timeFilter(hour)\n"
        f"GROUP BY time, {by}\n"
        f"ORDER BY time, {by}"
    )


ASKED: tuple[Item, ...] = (
    Row("Searches"),
    Panel(
        "Searches by purpose",
        "Recorded searches an hour. Who searched is for the controller: anpr audit report.",
        (_by_hour("searches_by_hour", "sum(searches)", "purpose", "searches"),),
        bars=True,
    ),
    Panel(
        "Searches by question",
        "Plate, place, route, companions.",
        (_by_hour("searches_by_hour", "sum(searches)", "kind", "searches"),),
        bars=True,
    ),
    Panel(
        "People who search",
        "Of one purpose and role within an hour; somebody who searches for two purposes counts twice.",
        (_by_hour("searches_by_hour", "sum(officers)", "role", "people"),),
        bars=True,
    ),
    Panel(
        "By decision of a magistrate",
        "Searches beyond what an officer may ask alone.",
        (
            Sql(
                "SELECT hour AS time, sum(by_decision) AS searches\n"
                "FROM searches_by_hour\n"
                "WHERE $__timeFilter(hour)\n"
                "GROUP BY time\n"
                "ORDER BY time"
            ),
        ),
        bars=True,
    ),
    Panel(
        "Refusals by code",
        "Searches that were refused, an hour. Many of one code: people need help, or somebody tries.",
        (_by_hour("denials_by_hour", "sum(denials)", "code", "denials"),),
        bars=True,
    ),
    Panel(
        "Rows shown by question",
        "Rows that searches showed, an hour.",
        (_by_hour("results_by_hour", "sum(rows_shown)", "question", "shown"),),
        bars=True,
    ),
    Panel(
        "Answers, and empty ones",
        "Answers an hour, and those that showed nothing.",
        (
            Sql(
                "SELECT hour AS time, sum(answers) AS answers, sum(empty_answers) AS empty\n"
                "FROM results_by_hour\n"
                "WHERE $__timeFilter(hour)\n"
                "GROUP BY time\n"
                "ORDER BY time"
            ),
        ),
    ),
)

RECORDED: tuple[Item, ...] = (
    Row("Audit"),
    Panel(
        "Audit records by action",
        "What was written into the audit, an hour. anpr audit verify tells whether it is whole.",
        (_by_hour("audit_by_hour", "sum(records)", "action", "records"),),
        bars=True,
    ),
    Panel(
        "Records of the API",
        "Of hits that left the platform. Refused: the store did not answer; then nothing is told.",
        (Prom("sum by (outcome) (increase(anpr_audit_writes_total[$__rate_interval]))", "{{outcome}}"),),
        bars=True,
    ),
    Panel(
        "Sign-ins",
        "Of people at the console. Many that are wrong or locked: somebody guesses; the audit says from which address.",
        (increase("anpr_sign_ins_total", "outcome"),),
        bars=True,
    ),
    Panel(
        "Requests refused",
        "People who ask more than ANPR_REQUESTS_PER_S: a program in somebody's name, or a page at fault.",
        (increase("anpr_requests_refused_total", "reason"),),
        bars=True,
    ),
    Panel(
        "Rows of the audit",
        "Nothing takes records away: a number that falls is a matter for the controller.",
        (Sql("SELECT now() AS time, sum(records) AS records\nFROM audit_by_hour"),),
        "stat",
        w=6,
    ),
    Panel(
        "Hours since the last record",
        "Of any kind. A day without one, where people work: look whether searches are still recorded.",
        (Sql("SELECT now() AS time, dateDiff('hour', max(hour), now()) AS hours\nFROM audit_by_hour"),),
        "stat",
        w=6,
        limits=(Limit(24, "orange"), Limit(72, "red")),
    ),
)

SEARCHES = Board(
    "police/searches.json",
    "anpr-searches",
    "Searches and audit",
    "What is asked and for what purpose, what was shown, and whether it is recorded. No names, no plates.",
    (*ASKED, *RECORDED),
    refresh="5m",
    since="now-7d",
)
