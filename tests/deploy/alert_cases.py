"""For each alert: series that make it fire, with what it says then, and series like them that must not."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from anpr.wiring import FLOWS

__all__ = ["CASES", "AlertCase"]


@dataclass(frozen=True, slots=True)
class AlertCase:
    """Series a value a minute in promtool's notation, and how it stands after so many minutes."""

    alert: str
    bad: Mapping[str, str]
    good: Mapping[str, str]
    labels: Mapping[str, str] = field(default_factory=dict)
    """Of the alert that fires, `severity` apart."""
    minutes: int = 30


WORKERS = [f'up{{job="workers",worker="{name}",instance="{name}:9100"}}' for name in FLOWS]
RATE = 'anpr_consumed_total{flow="match",job="workers",worker="match"}'
LAG = 'anpr_lag_messages{flow="match",topic="passages",job="workers",worker="match"}'
FREE = 'ClickHouseAsyncMetrics_DiskAvailable_default{job="clickhouse"}'
SIZE = 'ClickHouseAsyncMetrics_DiskTotal_default{job="clickhouse"}'
CAMERAS = 'anpr_reference_records{flow="consolidate",topic="cameras",job="workers"}'


def _hits(fast: str, slow: str) -> dict[str, str]:
    """Ages of what match has worked off: below a second, and of more than ten."""
    name = 'anpr_age_seconds_bucket{{flow="match",job="workers",le="{}"}}'
    return {name.format(bound): fast for bound in ("1", "5", "10")} | {name.format("+Inf"): slow}


def _skews(*growths: str) -> dict[str, str]:
    bounds = ("-2.0", "0.0", "10.0", "60.0", "3600.0", "+Inf")
    return {
        f'anpr_camera_skew_seconds_bucket{{job="workers",worker="health",le="{bound}"}}': growth
        for bound, growth in zip(bounds, growths, strict=True)
    }


CASES = (
    AlertCase(
        "ProcessDown",
        {WORKERS[0]: "1x5 0x30"},
        {WORKERS[0]: "1x20 0 1x20"},
        {"job": "workers", "worker": "read", "instance": "read:9100"},
    ),
    AlertCase(
        "WorkerMissing",
        {name: "1x30" for name in WORKERS if 'worker="match"' not in name},
        dict.fromkeys(WORKERS, "1x30"),
        {"job": "workers", "worker": "match"},
    ),
    AlertCase(
        "WorkerRestarts",
        {'process_start_time_seconds{job="workers",worker="match"}': "1x10 600 900 1200 1x0 1500x20"},
        {'process_start_time_seconds{job="workers",worker="match"}': "1x20 1200x30"},
        {"worker": "match"},
        minutes=20,
    ),
    AlertCase(
        "FilesRunOut",
        {
            'process_open_fds{job="workers",worker="store"}': "900x40",
            'process_max_fds{job="workers",worker="store"}': "1024x40",
        },
        {
            'process_open_fds{job="workers",worker="store"}': "100x40",
            'process_max_fds{job="workers",worker="store"}': "1024x40",
        },
        {"worker": "store"},
    ),
    AlertCase(
        "NoReads",
        {'anpr_consumed_total{flow="consolidate",job="workers"}': "1000+60x5 1300x40"},
        {'anpr_consumed_total{flow="consolidate",job="workers"}': "1000+1x40"},
    ),
    AlertCase("FlowStuck", {RATE: "100x40", LAG: "7x40"}, {RATE: "100+5x40", LAG: "7x40"}, {"flow": "match"}),
    AlertCase("FlowLagging", {LAG: "0+10000x40"}, {LAG: "90000x40"}, {"flow": "match"}),
    AlertCase("HitsLate", _hits("0+90x40", "0+100x40"), _hits("0+100x40", "0+100x40"), {"flow": "match"}),
    AlertCase(
        "DeadLettersRise",
        {RATE: "0+100x40", 'anpr_dead_letters_total{flow="match",reason="not_json",job="workers"}': "0+5x40"},
        {RATE: "0+10000x40", 'anpr_dead_letters_total{flow="match",reason="not_json",job="workers"}': "0+5x40"},
        {"flow": "match"},
    ),
    AlertCase(
        "DeliveriesWait",
        {'anpr_retries_total{flow="match",dependency="store",job="workers"}': "0x5 0+60x40"},
        {'anpr_retries_total{flow="match",dependency="store",job="workers"}': "0x20 0+1x40"},
        {"flow": "match", "dependency": "store"},
    ),
    AlertCase(
        "KafkaTrouble",
        {'anpr_kafka_errors_total{flow="match",job="workers"}': "0+10x40"},
        {'anpr_kafka_errors_total{flow="match",job="workers"}': "0x10 12x30"},
        {"flow": "match"},
    ),
    AlertCase(
        "RebalancesOften",
        {'anpr_rebalances_total{flow="match",change="assigned",job="workers"}': "0+3x40"},
        {'anpr_rebalances_total{flow="match",change="assigned",job="workers"}': "0x20 6x20"},
        {"flow": "match"},
    ),
    AlertCase(
        "StoreDown",
        {'up{job="clickhouse",instance="clickhouse:9363"}': "1x5 0x40"},
        {'up{job="clickhouse",instance="clickhouse:9363"}': "1x40"},
        {"job": "clickhouse", "instance": "clickhouse:9363"},
    ),
    AlertCase(
        "StoreTakesNothing",
        {'anpr_store_inserts_failed_total{reason="outage",job="workers",worker="store"}': "0x5 0+12x40"},
        {
            'anpr_store_inserts_failed_total{reason="outage",job="workers",worker="store"}': "0x10 2x30",
            'anpr_store_inserts_failed_total{reason="refused",job="workers",worker="store"}': "0+12x40",
        },
        {"worker": "store"},
    ),
    AlertCase(
        "InsertsRejected",
        {'ClickHouseProfileEvents_RejectedInserts{job="clickhouse"}': "0x25 3x20"},
        {'ClickHouseProfileEvents_RejectedInserts{job="clickhouse"}': "3x40"},
        {"job": "clickhouse"},
    ),
    AlertCase(
        "DiskFilling",
        {FREE: "100x40", SIZE: "1000x40"},
        {FREE: "200x40", SIZE: "1000x40"},
        {"job": "clickhouse"},
    ),
    AlertCase("DiskFull", {FREE: "40x40", SIZE: "1000x40"}, {FREE: "60x40", SIZE: "1000x40"}, {"job": "clickhouse"}),
    AlertCase(
        "ListNotUpdated",
        {'anpr_reference_changed_timestamp_seconds{flow="match",topic="hotlist",job="workers"}': "-93000x40"},
        {'anpr_reference_changed_timestamp_seconds{flow="match",topic="hotlist",job="workers"}': "-93000x10 600x30"},
    ),
    AlertCase(
        "ListEmpty",
        {'anpr_reference_records{flow="match",topic="hotlist",job="workers"}': "0x40"},
        {'anpr_reference_records{flow="match",topic="hotlist",job="workers"}': "1x40"},
    ),
    AlertCase(
        "SnapshotOld",
        {'anpr_reference_snapshot_timestamp_seconds{flow="judge",topic="vehicles",job="workers"}': "-43000x40"},
        {'anpr_reference_snapshot_timestamp_seconds{flow="judge",topic="vehicles",job="workers"}': "-42000x10 600x30"},
        {"flow": "judge", "topic": "vehicles"},
    ),
    AlertCase(
        "JudgeWithoutRegister",
        {'anpr_reference_records{flow="judge",topic="vehicles",job="workers"}': "0x40"},
        {'anpr_reference_records{flow="judge",topic="vehicles",job="workers"}': "7700000x40"},
    ),
    AlertCase(
        "CamerasSilent",
        {CAMERAS: "450x40", 'anpr_cameras_silent{job="workers",worker="health"}': "30x40"},
        {CAMERAS: "450x40", 'anpr_cameras_silent{job="workers",worker="health"}': "20x40"},
    ),
    AlertCase(
        "ClocksOff",
        _skews("0x60", "0x60", "0+80x60", "0+80x60", "0+100x60", "0+100x60"),
        _skews("0x60", "0+2x60", "0+98x60", "0+99x60", "0+100x60", "0+100x60"),
        minutes=50,
    ),
    AlertCase(
        "DoorTakesNothing",
        {'anpr_door_requests_total{outcome="broker_slow",job="door",worker="door"}': "0+5x40"},
        {
            'anpr_door_requests_total{outcome="broker_slow",job="door",worker="door"}': "0x10 5x30",
            'anpr_door_requests_total{outcome="taken",job="door",worker="door"}': "0+50x40",
            'anpr_door_requests_total{outcome="too_fast",job="door",worker="door"}': "0+5x40",
        },
    ),
    AlertCase(
        "AuditNotWritten",
        {
            'anpr_audit_writes_total{outcome="refused",job="api",worker="api"}': "0x25 2x20",
            'anpr_streams_refused_total{reason="audit",job="api",worker="api"}': "0x45",
        },
        {
            'anpr_audit_writes_total{outcome="refused",job="api",worker="api"}': "0x45",
            'anpr_streams_refused_total{reason="audit",job="api",worker="api"}': "0x45",
            'anpr_streams_refused_total{reason="token",job="api",worker="api"}': "0+1x45",
        },
    ),
    AlertCase(
        "CasesWait",
        {'anpr_case_events_total{kind="escalated",job="workers",worker="cases"}': "0+1x40"},
        {
            'anpr_case_events_total{kind="escalated",job="workers",worker="cases"}': "0x20 3x20",
            'anpr_case_events_total{kind="opened",job="workers",worker="cases"}': "0+5x40",
        },
    ),
    AlertCase(
        "SubscribersBehind",
        {'anpr_webhooks_behind{job="api",worker="api"}': "5000x40"},
        {'anpr_webhooks_behind{job="api",worker="api"}': "0x10 5000x5 0x25"},
    ),
    AlertCase(
        "WebhooksFail",
        {
            'anpr_webhook_attempts_total{outcome="delivered",job="api"}': "0+1x40",
            'anpr_webhook_attempts_total{outcome="unavailable",job="api"}': "0+9x40",
        },
        {
            'anpr_webhook_attempts_total{outcome="delivered",job="api"}': "0+9x40",
            'anpr_webhook_attempts_total{outcome="unavailable",job="api"}': "0+1x40",
        },
    ),
    AlertCase(
        "NoticesBacklog",
        {'anpr_lag_messages{flow="notices",topic="lez-verdicts",job="workers"}': "6000x60"},
        {'anpr_lag_messages{flow="notices",topic="lez-verdicts",job="workers"}': "0x20 6000x20 0x20"},
        minutes=50,
    ),
)
