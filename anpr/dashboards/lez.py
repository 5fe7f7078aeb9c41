"""The low-emission zones: of another controller, from its own database, in a folder of its own."""

from __future__ import annotations

from anpr.dashboards.asking import per_second
from anpr.dashboards.model import LEZ, Board, Item, Limit, Panel, Prom, Row, Sql

__all__ = ["ZONES"]


def _passages_by(column: str) -> Sql:
    return Sql(
        f"SELECT hour AS time, if({column} = '', 'not known', {column}) AS {column}, sum(passages) AS passages\n"
        "FROM passages_by_hour\n"
        "WHERE $__timeFilter(hour)\n"
        f"GROUP BY time, {column}\n"
        f"ORDER BY time, {column}",
        LEZ,
    )


def _notices_by(column: str) -> Sql:
    return Sql(
        f"SELECT toDateTime(day) AS time, toString({column}) AS {column}, sum(notices) AS notices\n"
        "FROM notices_by_day\n"
        "WHERE $__dateFilter(day)\n"
        f"GROUP BY time, {column}\n"
        f"ORDER BY time, {column}",
        LEZ,
    )


JUDGED: tuple[Item, ...] = (
    Row("Passages"),
    Panel("By zone", "Passages at cameras of each zone, an hour.", (_passages_by("zone"),), bars=True),
    Panel(
        "By what the law says of them",
        "Verdicts as they hold today; a court changes those of last year.",
        (_passages_by("verdict"),),
        bars=True,
    ),
    Panel(
        "Share of passages with an offence",
        "Of those whose vehicle is known and whose plate is sure.",
        (
            Sql(
                "SELECT hour AS time, sumIf(passages, action != 'none') / sum(passages) AS offences\n"
                "FROM passages_by_hour\n"
                "WHERE $__timeFilter(hour) AND sure\n"
                "GROUP BY time\n"
                "ORDER BY time",
                LEZ,
            ),
        ),
        unit="percentunit",
    ),
    Panel("By fuel", "Of the vehicles that passed.", (_passages_by("fuel"),), bars=True),
    Panel(
        "Not sure",
        "Share of passages whose plate was doubtful or whose vehicle is not known: nothing is proposed for these.",
        (
            Sql(
                "SELECT hour AS time, sumIf(passages, NOT sure) / sum(passages) AS unsure\n"
                "FROM passages_by_hour\n"
                "WHERE $__timeFilter(hour)\n"
                "GROUP BY time\n"
                "ORDER BY time",
                LEZ,
            ),
        ),
        unit="percentunit",
    ),
    Panel(
        "Vehicles known",
        "Records of the register that the flow judge holds. 0: every foreign or unlisted vehicle stays unjudged.",
        (Prom('max(anpr_reference_records{flow="judge",topic="vehicles"})', "vehicles"),),
    ),
)

PROPOSED: tuple[Item, ...] = (
    Row("Notices"),
    Panel("Notices by how they stand", "By the day of the passage.", (_notices_by("state"),), bars=True),
    Panel("Warnings and fines", "By the day of the passage.", (_notices_by("kind"),), bars=True),
    Panel(
        "Waiting for a person",
        "Proposed, and neither approved nor rejected.",
        (Sql("SELECT now() AS time, sumIf(notices, state = 'proposed') AS notices\nFROM notices_by_day", LEZ),),
        "stat",
        w=6,
        limits=(Limit(1000, "orange"),),
    ),
    Panel(
        "Oldest that waits",
        "Days since the passage of the oldest notice that nobody decided.",
        (
            Sql(
                "SELECT now() AS time, if(count() = 0, 0, dateDiff('day', min(day), today())) AS days\n"
                "FROM notices_by_day\n"
                "WHERE state = 'proposed'",
                LEZ,
            ),
        ),
        "stat",
        w=6,
        limits=(Limit(60, "orange"), Limit(180, "red")),
    ),
    Panel(
        "LEZ notices told",
        "States per minute: waiting until no day pass can be bought any more, proposed, decided, withdrawn.",
        (Prom("sum by (kind, state) (rate(anpr_notices_told_total[$__rate_interval])) * 60", "{{kind}} {{state}}"),),
    ),
    Panel(
        "Files of plates",
        "Plates of which something may lead to a LEZ notice, or rests on one.",
        (Prom("sum(anpr_notice_files)", "files"),),
    ),
    Panel(
        "Verdicts told",
        "By the flow judge.",
        (per_second("anpr_emitted_total", "topic", 'flow="judge"'),),
        unit="cps",
    ),
)

KEPT: tuple[Item, ...] = (
    Row("Searches and store"),
    Panel(
        "Searches by purpose",
        "Of agents of the zones, recorded, an hour.",
        (
            Sql(
                "SELECT hour AS time, toString(purpose) AS purpose, sum(searches) AS searches\n"
                "FROM searches_by_hour\n"
                "WHERE $__timeFilter(hour)\n"
                "GROUP BY time, purpose\n"
                "ORDER BY time, purpose",
                LEZ,
            ),
        ),
        bars=True,
    ),
    Panel(
        "Dead letters",
        "Messages of the zones that could not be used, by the hour.",
        (
            Sql(
                "SELECT hour AS time, concat(stage, ' ', reason) AS why, sum(letters) AS letters\n"
                "FROM dead_letters_by_hour\n"
                "WHERE $__timeFilter(hour)\n"
                "GROUP BY time, why\n"
                "ORDER BY time, why",
                LEZ,
            ),
        ),
        bars=True,
    ),
    Panel(
        "Size of tables",
        "Rows as they lie there, before revisions are collapsed.",
        (
            Sql(
                "SELECT now() AS time, table, stored_rows, stored_bytes, parts\nFROM store_tables\n"
                "ORDER BY stored_bytes DESC",
                LEZ,
            ),
        ),
        "table",
        w=24,
        units={"stored_bytes": "bytes"},
    ),
)

ZONES = Board(
    "zones/lez.json",
    "lez-zones",
    "Low-emission zones",
    "Passages, verdicts and notices in counts, from the database of the zones' controller. No plates.",
    (*JUDGED, *PROPOSED, *KEPT),
    refresh="1m",
    since="now-7d",
    tags=("lez",),
)
