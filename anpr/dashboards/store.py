"""The store: how far back, how much, and whether it keeps up."""

from __future__ import annotations

from anpr.dashboards.asking import increase, per_second, quantiles
from anpr.dashboards.model import Board, Item, Limit, Panel, Prom, Row, Sql

__all__ = ["STORE"]

KEPT: tuple[Item, ...] = (
    Row("Retention"),
    Panel(
        "Kept too long",
        "Tables with a row older than twelve months and a day; all but 0 is against the law: anpr store retention.",
        (
            Sql(
                "SELECT now() AS time, countIf(oldest < now() - INTERVAL 12 MONTH - INTERVAL 1 DAY) AS tables\n"
                "FROM oldest_rows\n"
                "WHERE table IN ('passages', 'passages_by_camera', 'reads', 'hits', 'lez_verdicts', 'anomalies')"
            ),
        ),
        "stat",
        w=6,
        limits=(Limit(1, "red"),),
    ),
    Panel(
        "Oldest rows",
        "Age of the oldest row of each table. held_passages may be older than a year: cases hold them. "
        "Searches and audit stay ten years.",
        (
            Sql(
                "SELECT now() AS time, table, oldest, age('day', oldest, now()) AS age_days, stored_rows\n"
                "FROM oldest_rows\n"
                "ORDER BY age_days DESC"
            ),
        ),
        "table",
        w=18,
    ),
)

GOING_IN: tuple[Item, ...] = (
    Row("What goes in"),
    Panel(
        "Rows stored",
        "Rows acknowledged by ClickHouse, by table.",
        (per_second("anpr_rows_stored_total", "table"),),
        unit="cps",
    ),
    Panel(
        "Queue",
        "Rows that a worker gathered and ClickHouse has not acknowledged, and blocks on their way. "
        "A queue that does not empty: the store does not take them.",
        (
            Prom("sum by (worker) (anpr_store_queue_rows)", "{{worker}} rows"),
            Prom("sum by (worker) (anpr_store_inserts_running)", "{{worker}} blocks"),
        ),
    ),
    Panel(
        "Insert time",
        "From a block sent to its answer, by table.",
        quantiles("anpr_store_insert_seconds", "table"),
        unit="s",
    ),
    Panel(
        "Blocks not taken",
        "outage: no answer, the worker waits and sends it again; refused: a row is at fault, a dead letter.",
        (increase("anpr_store_inserts_failed_total", "worker, reason"),),
    ),
    Panel(
        "Passages per second",
        "By capture time, over all cameras; one that is withdrawn later stays counted.",
        (
            Sql(
                "SELECT $__timeInterval(minute) AS time, sum(vehicles) / greatest(60, $__interval_s) AS passages\n"
                "FROM traffic_by_minute\n"
                "WHERE $__timeFilter(minute)\n"
                "GROUP BY time\n"
                "ORDER BY time"
            ),
        ),
        unit="cps",
    ),
    Panel(
        "Dead letters stored",
        "By the hour, where and why.",
        (
            Sql(
                "SELECT hour AS time, concat(stage, ' ', reason) AS why, sum(letters) AS letters\n"
                "FROM dead_letters_by_hour\n"
                "WHERE $__timeFilter(hour)\n"
                "GROUP BY time, why\n"
                "ORDER BY time, why"
            ),
        ),
        bars=True,
    ),
)

ENGINE: tuple[Item, ...] = (
    Row("ClickHouse"),
    Panel(
        "Rows inserted",
        "Into all tables, those that views fill included.",
        (
            Prom("sum(rate(ClickHouseProfileEvents_InsertedRows[$__rate_interval]))", "inserted"),
            Prom("sum(rate(ClickHouseProfileEvents_MergedRows[$__rate_interval]))", "merged"),
        ),
        unit="cps",
    ),
    Panel(
        "Memory",
        "In use by queries, merges and caches.",
        (Prom("sum(ClickHouseMetrics_MemoryTracking)", "tracked"),),
        unit="bytes",
    ),
    Panel(
        "Queries and merges",
        "Running now.",
        (
            Prom("sum(ClickHouseMetrics_Query)", "queries"),
            Prom("sum(ClickHouseMetrics_Merge)", "merges"),
            Prom("sum(ClickHouseMetrics_PartMutation)", "mutations"),
        ),
    ),
    Panel(
        "Inserts held up",
        "Delayed: merges do not keep up. Rejected: they fell far behind, and the store worker waits.",
        (
            Prom("sum(rate(ClickHouseProfileEvents_DelayedInserts[$__rate_interval]))", "delayed"),
            Prom("sum(rate(ClickHouseProfileEvents_RejectedInserts[$__rate_interval]))", "rejected"),
            Prom("sum(rate(ClickHouseProfileEvents_FailedInsertQuery[$__rate_interval]))", "failed"),
        ),
        unit="cps",
    ),
    Panel(
        "Disk in use",
        "Share of the disk that ClickHouse writes to. Retention frees by the month, so leave room for one.",
        (
            Prom(
                "1 - sum(ClickHouseAsyncMetrics_DiskAvailable_default) / sum(ClickHouseAsyncMetrics_DiskTotal_default)",
                "in use",
            ),
        ),
        unit="percentunit",
        most=1,
        limits=(Limit(0.8, "orange"), Limit(0.9, "red")),
    ),
    Panel(
        "Size of tables",
        "Rows as they lie there, before revisions are collapsed.",
        (
            Sql(
                "SELECT now() AS time, table, stored_rows, stored_bytes, plain_bytes, parts, partitions\n"
                "FROM store_tables\n"
                "ORDER BY stored_bytes DESC"
            ),
        ),
        "table",
        units={"stored_bytes": "bytes", "plain_bytes": "bytes"},
    ),
)

STORE = Board(
    "police/store.json",
    "anpr-store",
    "ANPR store",
    "How far back, how much, and whether the store keeps up.",
    (*KEPT, *GOING_IN, *ENGINE),
    refresh="1m",
    since="now-24h",
)
