"""The list of metrics: name, meaning, unit, labels from closed sets. docs/metrics.md is generated from it.

Never a plate, a camera or an offset in a label.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from schemas.dead_letter import Reason

__all__ = ["DEPENDENCIES", "DOOR_OUTCOMES", "FLOWS", "METRICS", "PROCESS", "Label", "Metric", "allowed"]

Label = Literal[
    "flow",
    "topic",
    "table",
    "reason",
    "dependency",
    "kind",
    "state",
    "outcome",
    "way",
    "since",
    "change",
    "version",
    "python",
]
"""Names that a label may have. A plate or a camera is not among them, and a type checker says so."""
FLOWS = (
    *("read", "consolidate", "match", "lookback", "judge", "watch", "health", "cases", "notices", "store", "store-lez"),
    *("api", "webhooks", "door"),
)
"""Values of `flow`: the workers, what the API does, and the ingest door."""
CAMERA_TROUBLES = (
    *("camera_silent", "camera_rate_low", "camera_rate_high", "camera_unreadable", "camera_clock_ahead"),
    *("camera_clock_behind", "camera_line_slow", "camera_turned"),
    *("cameras_silent", "cameras_rate_low", "cameras_rate_high"),
)
"""Kinds of anomalies that the worker `health` tells."""
WORD = re.compile(r"[a-z][a-z_-]{0,39}")
"""Names of topics, tables and reasons. No capitals and no digits: no plate and no camera looks like that."""


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric as Prometheus shows it."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[Label, ...] = ()
    buckets: tuple[float, ...] = ()
    values: Mapping[Label, tuple[str, ...]] = field(default_factory=dict)
    """Of labels other than `flow` whose values are known here. Their series begin at 0, as the first increase of a
    series that was not there is invisible to Prometheus."""
    fed_by: tuple[str, ...] = FLOWS
    """Flows that feed it."""


DEPENDENCIES = ("broker", "store", "pictures")
"""What a worker may wait for: `pipeline.runtime.waiting.Dependency`."""
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
LONG_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200)
SIZES = (1, 3, 10, 30, 100, 300, 1000, 3000, 10000, 30000)
SKEWS = (-3600, -60, -10, -2, -0.5, 0, 0.5, 1, 2, 5, 10, 60, 3600)
LOOPS = FLOWS[: FLOWS.index("api")]
STATEFUL = ("consolidate", "match", "lookback", "watch")
LANES = ("consolidate", "match")
COPIED = ("match", "watch")
STORES = ("store", "store-lez")
API = ("api",)
DOOR = ("door",)
AGES = (1, 10, 60, 600, 3600, 6 * 3600, 86400, 3 * 86400, 7 * 86400, 30 * 86400)
CASE_EVENTS = (
    *("opened", "sighted", "sighted_late", "hit_withdrawn", "anomaly", "anomaly_withdrawn", "escalated"),
    *("compared", "no_picture"),
    *("acknowledged", "assigned", "pursuing", "closed", "false", "reopened", "noted", "refused", "silent", "withdrawn"),
)
"""`pipeline.cases.timeline.EventKind`, which this package does not know."""

DOOR_OUTCOMES = (
    *("taken", "repeated", "refused", "unknown_token", "not_reads", "too_large", "too_fast", "too_slow"),
    *("other_content", "full", "broker_slow", "starting"),
)
"""`anpr.door.answers.Outcome`, which this package does not know."""

METRICS: tuple[Metric, ...] = (
    Metric("anpr_build_info", "gauge", "1, with the versions of the program and of Python.", ("version", "python")),
    Metric("anpr_consumed_total", "counter", "Messages taken from Kafka, replayed ones included.", ("flow",)),
    Metric(
        "anpr_replayed_total",
        "counter",
        "Messages read again to rebuild state, without effect.",
        ("flow",),
        fed_by=STATEFUL,
    ),
    Metric("anpr_emitted_total", "counter", "Messages sent and acknowledged.", ("flow", "topic")),
    Metric(
        "anpr_dropped_total",
        "counter",
        "Records left out on purpose. Of flow read: `no_plate` counts frames, all other reasons readings.",
        ("flow", "reason"),
    ),
    Metric(
        "anpr_dead_letters_total",
        "counter",
        "Messages that could not be used.",
        ("flow", "reason"),
        values={"reason": get_args(Reason)},
    ),
    Metric("anpr_rows_stored_total", "counter", "Rows acknowledged by the store.", ("table",), fed_by=STORES),
    Metric(
        "anpr_store_queue_rows",
        "gauge",
        "Rows that were gathered and that the store has not acknowledged yet.",
        fed_by=STORES,
    ),
    Metric("anpr_store_inserts_running", "gauge", "Blocks that are being inserted.", fed_by=STORES),
    Metric(
        "anpr_store_insert_seconds",
        "histogram",
        "From a block sent to its answer, one that was not taken included, s.",
        ("table",),
        SECONDS,
        fed_by=STORES,
    ),
    Metric(
        "anpr_store_inserts_failed_total",
        "counter",
        "Blocks that were not taken: the store did not answer, or refused a row.",
        ("reason",),
        values={"reason": ("outage", "refused")},
        fed_by=STORES,
    ),
    Metric(
        "anpr_retries_total",
        "counter",
        "Waits for a dependency that did not answer: broker, store, or the place of evidence pictures.",
        ("flow", "dependency"),
        values={"dependency": DEPENDENCIES},
    ),
    Metric(
        "anpr_waiting_since_timestamp_seconds",
        "gauge",
        "Since when a worker waits for a dependency, Unix time, s; 0: it no longer does. None before the first time.",
        ("flow", "dependency"),
        values={"dependency": DEPENDENCIES},
        fed_by=LOOPS,
    ),
    Metric("anpr_batch_messages", "histogram", "Messages per batch.", ("flow",), SIZES),
    Metric("anpr_batch_seconds", "histogram", "From batch taken to batch delivered, s.", ("flow",), SECONDS),
    Metric(
        "anpr_age_seconds",
        "histogram",
        "From stamp of a batch's first message to batch delivered, s.",
        ("flow",),
        SECONDS,
    ),
    Metric(
        "anpr_event_age_seconds",
        "histogram",
        "From the moment that a batch's first message is about to batch delivered, s: captured by the camera's clock, "
        "late uploads included; received by ours.",
        ("flow", "since"),
        LONG_SECONDS,
        values={"since": ("captured", "received")},
    ),
    Metric("anpr_lag_messages", "gauge", "Messages not yet taken, over the assigned partitions.", ("flow", "topic")),
    Metric(
        "anpr_backlog_messages",
        "gauge",
        "Messages of a backlog yet to work off, while what has just come is worked on beside it; 0: no backlog.",
        ("flow",),
        fed_by=LANES,
    ),
    Metric("anpr_backlog_seconds", "gauge", "How old the oldest of them is, s.", ("flow",), fed_by=LANES),
    Metric(
        "anpr_lane_messages_total",
        "counter",
        "Messages that were worked on beside a backlog; they come again in order.",
        ("flow",),
        fed_by=LANES,
    ),
    Metric(
        "anpr_lane_differing",
        "gauge",
        "Messages told beside a backlog that working it off did not lead to: of consolidate, none ever.",
        ("flow",),
        fed_by=LANES,
    ),
    Metric(
        "anpr_rebalances_total",
        "counter",
        "Times that partitions were given to this worker or taken away.",
        ("flow", "change"),
        values={"change": ("assigned", "taken_away")},
        fed_by=LOOPS,
    ),
    Metric("anpr_kafka_errors_total", "counter", "Times that the client of Kafka reported trouble.", ("flow",)),
    Metric(
        "anpr_open_tracks",
        "gauge",
        "What a stage still follows: vehicles, hits that may be taken back, plates.",
        ("flow",),
        fed_by=STATEFUL,
    ),
    Metric("anpr_reference_records", "gauge", "Records held of a reference topic.", ("flow", "topic")),
    Metric(
        "anpr_reference_changed_timestamp_seconds",
        "gauge",
        "Stamp of the newest change of a reference topic, Unix time, s; of what came by a snapshot, its moment.",
        ("flow", "topic"),
    ),
    Metric(
        "anpr_reference_snapshot_timestamp_seconds",
        "gauge",
        "When the newest snapshot of a reference topic was taken, Unix time, s. None of short ones.",
        ("flow", "topic"),
        fed_by=("match", "judge"),
    ),
    Metric(
        "anpr_state_rebuilds_total",
        "counter",
        "Times that state was rebuilt from the log.",
        ("flow",),
        fed_by=STATEFUL,
    ),
    Metric(
        "anpr_state_copies_total",
        "counter",
        "Copies of state on the worker's disk: written; not written, the disk being full say (failed); taken over at a "
        "start, so that less of the log is read again; found broken.",
        ("flow", "outcome"),
        values={"outcome": ("written", "failed", "taken_over", "broken")},
        fed_by=COPIED,
    ),
    Metric("anpr_cameras_reporting", "gauge", "Cameras of which reads come in.", fed_by=("health",)),
    Metric("anpr_cameras_silent", "gauge", "Cameras that are told as silent.", fed_by=("health",)),
    Metric(
        "anpr_camera_skew_seconds",
        "histogram",
        "Received minus captured, a value for each camera and minute, s. Below 0: its clock is ahead.",
        (),
        SKEWS,
        fed_by=("health",),
    ),
    Metric(
        "anpr_camera_anomalies_total",
        "counter",
        "Anomalies of cameras that were told.",
        ("kind",),
        values={"kind": CAMERA_TROUBLES},
        fed_by=("health",),
    ),
    Metric(
        "anpr_case_events_total",
        "counter",
        "What happened in cases.",
        ("kind",),
        values={"kind": CASE_EVENTS},
        fed_by=("cases",),
    ),
    Metric(
        "anpr_case_files",
        "gauge",
        "Vehicles of which there is a case, or was one not long ago.",
        fed_by=("cases",),
    ),
    Metric(
        "anpr_forecasts_total",
        "counter",
        "Next cameras asked for urgent cases.",
        ("outcome",),
        values={"outcome": ("made", "nothing_learnt", "store_down", "late", "resting")},
        fed_by=("cases",),
    ),
    Metric(
        "anpr_notices_told_total",
        "counter",
        "States of LEZ notices that were told.",
        ("kind", "state"),
        values={"kind": ("warning", "fine"), "state": ("waiting", "proposed", "approved", "rejected", "withdrawn")},
        fed_by=("notices",),
    ),
    Metric(
        "anpr_notice_files",
        "gauge",
        "Plates of which something may lead to a LEZ notice, or rests on one.",
        fed_by=("notices",),
    ),
    Metric(
        "anpr_hits_told_total",
        "counter",
        "Hits that left the platform, once per subscriber.",
        ("way",),
        values={"way": ("stream", "webhook")},
        fed_by=API,
    ),
    Metric("anpr_hits_without_zone_total", "counter", "Hits at cameras that nobody registered.", fed_by=API),
    Metric("anpr_streams_open", "gauge", "Streams of subscribers.", fed_by=API),
    Metric(
        "anpr_streams_refused_total",
        "counter",
        "Streams that were asked for and refused.",
        ("reason",),
        values={"reason": ("token", "audit", "too_many", "full")},
        fed_by=API,
    ),
    Metric(
        "anpr_streams_ended_total",
        "counter",
        "Streams that the platform ended.",
        ("reason",),
        values={"reason": ("stalled", "ended", "closing", "too_slow", "unavailable")},
        fed_by=API,
    ),
    Metric(
        "anpr_audit_writes_total",
        "counter",
        "Records that the API had to write into the audit: written, or refused by a store that did not answer.",
        ("outcome",),
        values={"outcome": ("written", "refused")},
        fed_by=API,
    ),
    Metric(
        "anpr_sign_ins_total",
        "counter",
        "Sign-ins of people: done; wrong, then later (must wait) or locked (for minutes); right, but unregistered.",
        ("outcome",),
        values={"outcome": ("done", "wrong", "later", "locked", "unregistered")},
        fed_by=API,
    ),
    Metric(
        "anpr_requests_refused_total",
        "counter",
        "Requests of people that were refused, as they are too many.",
        ("reason",),
        values={"reason": ("rate",)},
        fed_by=API,
    ),
    Metric("anpr_webhooks", "gauge", "Webhooks that are sent to.", fed_by=API),
    Metric("anpr_webhooks_failing", "gauge", "Webhooks whose last attempt failed.", fed_by=API),
    Metric("anpr_webhooks_behind", "gauge", "Messages not yet dealt with, of the webhook most behind.", fed_by=API),
    Metric(
        "anpr_webhook_attempts_total",
        "counter",
        "Attempts to deliver to a webhook.",
        ("outcome",),
        values={"outcome": ("delivered", "unavailable", "refused", "gone")},
        fed_by=API,
    ),
    Metric("anpr_webhook_seconds", "histogram", "From attempt to its outcome, s.", (), SECONDS, fed_by=API),
    Metric(
        "anpr_webhook_age_seconds",
        "histogram",
        "From stamp of a hit to its delivery to a webhook, s.",
        (),
        SECONDS,
        fed_by=API,
    ),
    Metric("anpr_camera_keys", "gauge", "Devices that may upload at the ingest door.", fed_by=DOOR),
    Metric(
        "anpr_door_requests_total",
        "counter",
        "Requests to the ingest door. Not taken: of no token, of none that can be used, too large, fast or slow; told "
        "to come again as the door is full or starting, or the broker slow.",
        ("outcome",),
        values={"outcome": DOOR_OUTCOMES},
        fed_by=DOOR,
    ),
    Metric(
        "anpr_uploaded_total",
        "counter",
        "Reads and frames uploaded: accepted and acknowledged by the broker, there already, or refused for ever.",
        ("topic", "outcome"),
        values={"topic": ("reads", "frames"), "outcome": ("accepted", "repeated", "refused")},
        fed_by=DOOR,
    ),
    Metric(
        "anpr_door_seconds",
        "histogram",
        "From an upload that is read to its acknowledgement by the broker, s.",
        (),
        SECONDS,
        fed_by=DOOR,
    ),
    Metric(
        "anpr_door_held_bytes",
        "gauge",
        "What the ingest door holds: bodies, and what the broker has not acknowledged.",
        fed_by=DOOR,
    ),
    Metric(
        "anpr_door_waiting_seconds",
        "gauge",
        "For how long the broker has not acknowledged the upload that waits longest, s.",
        fed_by=DOOR,
    ),
    Metric(
        "anpr_upload_age_seconds",
        "histogram",
        "From the oldest capture of an upload, by the camera's clock, to its arrival, s.",
        (),
        AGES,
        fed_by=DOOR,
    ),
    Metric(
        "anpr_device_skew_seconds",
        "histogram",
        "A device's clock less ours, a value for each upload, s. Above 0: it is ahead.",
        (),
        SKEWS,
        fed_by=DOOR,
    ),
)
"""All of them; `Metrics` refuses any other name."""
PROCESS = {
    "process_cpu_seconds_total": "counter",
    "process_resident_memory_bytes": "gauge",
    "process_start_time_seconds": "gauge",
    "process_open_fds": "gauge",
    "process_max_fds": "gauge",
}
"""What the client library itself tells of every process."""


def allowed(metric: Metric, label: str, value: str) -> bool:
    """Whether a label may have a value; where its values are not listed, whether it can be a name at all."""
    if label in ("version", "python"):
        return True  # one value a process
    if label == "flow":
        return value in FLOWS
    known = next((values for name, values in metric.values.items() if name == label), None)
    return value in known if known is not None else WORD.fullmatch(value) is not None
