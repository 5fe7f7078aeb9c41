"""Every metric of the program, in one typed list: name, meaning, unit, labels from closed sets.

Never a plate, a camera or an offset in a label. docs/metrics.md is generated from this list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

__all__ = ["METRICS", "Metric", "Metrics"]


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric as Prometheus shows it."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    labels: tuple[str, ...] = ()
    buckets: tuple[float, ...] = ()


SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
SIZES = (1, 3, 10, 30, 100, 300, 1000, 3000, 10000, 30000)

METRICS: tuple[Metric, ...] = (
    Metric("anpr_consumed_total", "counter", "Messages taken from Kafka, replayed ones included.", ("flow",)),
    Metric("anpr_replayed_total", "counter", "Messages read again to rebuild state, without effect.", ("flow",)),
    Metric("anpr_emitted_total", "counter", "Messages sent and acknowledged.", ("flow", "topic")),
    Metric(
        "anpr_dropped_total",
        "counter",
        "Records left out on purpose. Of flow read: `no_plate` counts frames, all other reasons readings.",
        ("flow", "reason"),
    ),
    Metric("anpr_dead_letters_total", "counter", "Messages that could not be used.", ("flow", "reason")),
    Metric("anpr_rows_stored_total", "counter", "Rows acknowledged by the store.", ("table",)),
    Metric("anpr_rows_skipped_total", "counter", "Rows the store held already.", ("table",)),
    Metric("anpr_retries_total", "counter", "Waits for a dependency that did not answer.", ("flow", "dependency")),
    Metric("anpr_batch_messages", "histogram", "Messages per batch.", ("flow",), SIZES),
    Metric("anpr_batch_seconds", "histogram", "From batch taken to batch delivered, s.", ("flow",), SECONDS),
    Metric("anpr_age_seconds", "histogram", "From message stamp to batch delivered, s.", ("flow",), SECONDS),
    Metric("anpr_lag_messages", "gauge", "Messages not yet taken, over the assigned partitions.", ("flow",)),
    Metric(
        "anpr_open_tracks",
        "gauge",
        "What a stage still follows: vehicles, hits that may be taken back, plates.",
        ("flow",),
    ),
    Metric("anpr_reference_records", "gauge", "Records held of a reference topic.", ("flow", "topic")),
    Metric("anpr_state_rebuilds_total", "counter", "Times that state was rebuilt from the log.", ("flow",)),
    Metric("anpr_case_events_total", "counter", "What happened in cases.", ("kind",)),
    Metric("anpr_case_files", "gauge", "Vehicles of which there is a case, or was one not long ago."),
    Metric("anpr_forecasts_total", "counter", "Next cameras asked for urgent cases.", ("outcome",)),
    Metric("anpr_notices_told_total", "counter", "States of LEZ notices that were told.", ("kind", "state")),
    Metric("anpr_notice_files", "gauge", "Plates of which something may lead to a LEZ notice, or rests on one."),
    Metric("anpr_hits_told_total", "counter", "Hits that left the platform, once per subscriber.", ("way",)),
    Metric("anpr_hits_without_zone_total", "counter", "Hits at cameras that nobody registered."),
    Metric("anpr_streams_open", "gauge", "Streams of subscribers."),
    Metric("anpr_streams_refused_total", "counter", "Streams that were asked for and refused.", ("reason",)),
    Metric("anpr_streams_ended_total", "counter", "Streams that the platform ended.", ("reason",)),
    Metric("anpr_webhooks", "gauge", "Webhooks that are sent to."),
    Metric("anpr_webhooks_failing", "gauge", "Webhooks whose last attempt failed."),
    Metric("anpr_webhooks_behind", "gauge", "Messages not yet dealt with, of the webhook most behind."),
    Metric("anpr_webhook_attempts_total", "counter", "Attempts to deliver to a webhook.", ("outcome",)),
    Metric("anpr_webhook_seconds", "histogram", "From attempt to its outcome, s.", (), SECONDS),
    Metric(
        "anpr_webhook_age_seconds", "histogram", "From stamp of a hit to its delivery to a webhook, s.", (), SECONDS
    ),
)
"""All of them; `Metrics` refuses any other name."""


class Metrics:
    """The metrics of one process, by name. Unknown names raise KeyError, so that a typo fails its first test."""

    def __init__(self, registry: CollectorRegistry | None = None) -> None:
        self.registry = registry or CollectorRegistry()
        self._by_name = {metric.name: self._create(metric) for metric in METRICS}

    def _create(self, metric: Metric) -> Counter | Gauge | Histogram:
        name, text, labels, registry = metric.name, metric.help, metric.labels, self.registry
        if metric.kind == "counter":
            return Counter(name, text, labels, registry=registry)
        if metric.kind == "gauge":
            return Gauge(name, text, labels, registry=registry)
        return Histogram(name, text, labels, registry=registry, buckets=metric.buckets)

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """Add to a counter."""
        metric = self._by_name[name]
        assert isinstance(metric, Counter)
        (metric.labels(**labels) if labels else metric).inc(amount)

    def set(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge."""
        metric = self._by_name[name]
        assert isinstance(metric, Gauge)
        (metric.labels(**labels) if labels else metric).set(value)

    def observe(self, name: str, value: float, **labels: str) -> None:
        """Put a value into a histogram."""
        metric = self._by_name[name]
        assert isinstance(metric, Histogram)
        (metric.labels(**labels) if labels else metric).observe(value)
