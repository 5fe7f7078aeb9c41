"""Hits and cases: what was found, how sure, and how long it waits for people."""

from __future__ import annotations

from anpr.dashboards.asking import per_second, quantiles
from anpr.dashboards.model import Board, Item, Limit, Panel, Prom, Row, Sql

__all__ = ["HITS"]


def _hits_by(column: str) -> Sql:
    return Sql(
        f"SELECT $__timeInterval(minute) AS time, toString({column}) AS {column}, sum(hits) AS hits\n"
        "FROM hits_by_minute\n"
        "WHERE $__timeFilter(minute)\n"
        f"GROUP BY time, {column}\n"
        f"ORDER BY time, {column}"
    )


FOUND: tuple[Item, ...] = (
    Row("Hits"),
    Panel(
        "Passages per minute",
        "By capture time; one that is withdrawn later stays counted.",
        (
            Sql(
                "SELECT $__timeInterval(minute) AS time, sum(vehicles) * 60 / greatest(60, $__interval_s) AS passages\n"
                "FROM traffic_by_minute\n"
                "WHERE $__timeFilter(minute)\n"
                "GROUP BY time\n"
                "ORDER BY time"
            ),
        ),
    ),
    Panel(
        "Hits by list kind",
        "Hits per interval by capture time; withdrawn ones left out.",
        (_hits_by("list_kind"),),
        bars=True,
    ),
    Panel(
        "Alert or confirm",
        "alert: sure enough to act on; confirm: compare the picture first.",
        (_hits_by("alert_class"),),
        bars=True,
    ),
    Panel(
        "How the plate matched",
        "Exact, or by what may have been misread. A rise of the latter: cameras read worse, or a list has wildcards.",
        (_hits_by("match"),),
        bars=True,
    ),
    Panel(
        "Read to hit",
        "From a passage told to its hits acknowledged, and from its read received or captured on: a plate that is "
        "doubtful waits for a few seconds until it is told.",
        (
            *quantiles("anpr_event_age_seconds", "since", 'flow="match"'),
            *quantiles("anpr_age_seconds", where='flow="match"'),
        ),
        unit="s",
    ),
    Panel(
        "Told by",
        "Messages to hits and anomalies, by flow: as they pass, looked for afterwards, plates at two places at once.",
        (per_second("anpr_emitted_total", "flow, topic", 'topic=~"hits|anomalies"'),),
        unit="cps",
    ),
)

CASES_NOW = "FROM cases_by_hour\nWHERE state IN ('new', 'acknowledged', 'pursuing')"
DEALT_WITH: tuple[Item, ...] = (
    Row("Cases"),
    Panel(
        "Open",
        "Cases that are not closed.",
        (Sql(f"SELECT now() AS time, sum(cases) AS open\n{CASES_NOW}"),),
        "stat",
        w=4,
        h=8,
    ),
    Panel(
        "Nobody has taken",
        "Open cases that nobody acknowledged.",
        (Sql("SELECT now() AS time, sumIf(cases, state = 'new') AS unclaimed\nFROM cases_by_hour"),),
        "stat",
        w=4,
        h=8,
        limits=(Limit(1, "orange"), Limit(20, "red")),
    ),
    Panel(
        "Escalated and still new",
        "Told again because nobody took them.",
        (Sql("SELECT now() AS time, sumIf(cases, state = 'new' AND escalated) AS waiting\nFROM cases_by_hour"),),
        "stat",
        w=4,
        h=8,
        limits=(Limit(1, "red"),),
    ),
    Panel(
        "Cases by how they stand",
        "By the hour in which they began.",
        (
            Sql(
                "SELECT hour AS time, toString(state) AS state, sum(cases) AS cases\n"
                "FROM cases_by_hour\n"
                "WHERE $__timeFilter(hour)\n"
                "GROUP BY time, state\n"
                "ORDER BY time, state"
            ),
        ),
        bars=True,
    ),
    Panel(
        "What happens in cases",
        "Events per minute: opened, sighted, escalated, acknowledged, judged false, ended.",
        (Prom("sum by (kind) (rate(anpr_case_events_total[$__rate_interval])) * 60", "{{kind}}"),),
    ),
    Panel(
        "Files of vehicles",
        "Vehicles of which there is a case, or was one in the last month.",
        (Prom("sum(anpr_case_files)", "files"),),
        w=6,
    ),
    Panel(
        "Next cameras asked",
        "Per minute, by outcome: late, store_down and resting cases go out without.",
        (Prom("sum by (outcome) (rate(anpr_forecasts_total[$__rate_interval])) * 60", "{{outcome}}"),),
        w=6,
    ),
)

HITS = Board(
    "police/hits.json",
    "anpr-hits",
    "Hits and cases",
    "What was found, how sure it is, and how long it waits for people.",
    (*FOUND, *DEALT_WITH),
    refresh="30s",
    since="now-6h",
)
