"""The metrics of one process: a registry of its own, which the process serves itself (`service.py`).

Nothing is shared between processes: whoever adds up over workers does so in Prometheus, where each is a target. The
names are those of one list (`metric_list.py`).
"""

from __future__ import annotations

import itertools
import logging
import platform
from collections.abc import Iterator, Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics

from pipeline.runtime.metric_list import METRICS, Metric, allowed

__all__ = ["METRICS", "OTHER", "Metric", "Metrics"]

LOGGER = logging.getLogger(__name__)
disable_created_metrics()  # type: ignore[no-untyped-call]  # a second series for each counter, for which nobody asks
OTHER = "other"
"""Stands for any value that a label may not have: the count stays right, and the number of series bounded."""
MOST_VALUES = 80
"""Of one label of one metric, where its values are not listed."""


class Metrics:
    """The metrics of one process, by name. Unknown names raise KeyError, so that a typo fails its first test."""

    def __init__(self, *flows: str, registry: CollectorRegistry | None = None) -> None:
        """flows: those that this process runs. What they count begins at 0; what others feed is not shown."""
        self.registry = registry or CollectorRegistry()
        self._flows = frozenset(flows)
        self._metrics = {metric.name: metric for metric in METRICS}
        self._by_name = {metric.name: self._create(metric) for metric in METRICS}
        self._children: dict[tuple[Any, ...], Any] = {}
        self._open: dict[tuple[str, str], set[str]] = {}
        ProcessCollector(registry=self.registry)
        for flow, metric in itertools.product(flows, METRICS):
            for labels in _known_series(metric, flow):
                self._child(metric.name, labels)
        self.set("anpr_build_info", 1, version=_version(), python=platform.python_version())

    def _create(self, metric: Metric) -> Counter | Gauge | Histogram:
        name, text, labels = metric.name, metric.help, metric.labels
        shown = not self._flows or not self._flows.isdisjoint(metric.fed_by)
        registry = self.registry if shown else None
        if metric.kind == "counter":
            return Counter(name, text, labels, registry=registry)
        if metric.kind == "gauge":
            return Gauge(name, text, labels, registry=registry)
        return Histogram(name, text, labels, registry=registry, buckets=metric.buckets)

    def _child(self, name: str, labels: Mapping[str, str]) -> Any:
        """The series; looked up once for each set of values."""
        key = (name, *labels.items())
        child = self._children.get(key)
        if child is None:
            metric = self._by_name[name]
            child = metric.labels(**self._bounded(name, labels)) if labels else metric
            self._children[key] = child
            if len(self._children) > MOST_VALUES * len(METRICS):  # of values that may not be: they are no key for ever
                self._children.clear()
        return child

    def _bounded(self, name: str, labels: Mapping[str, str]) -> dict[str, str]:
        return {label: self._value(self._metrics[name], label, value) for label, value in labels.items()}

    def _value(self, metric: Metric, label: str, value: str) -> str:
        seen = self._open.setdefault((metric.name, label), set())
        if value in seen or (allowed(metric, label, value) and len(seen) < MOST_VALUES):
            seen.add(value)
            return value
        # Without the value: it may be what must not be told.
        LOGGER.warning("%s: its label %s has a value that it may not have; counted as %s", metric.name, label, OTHER)
        return OTHER

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """Add to a counter."""
        assert self._metrics[name].kind == "counter"
        self._child(name, labels).inc(amount)

    def set(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge."""
        assert self._metrics[name].kind == "gauge"
        self._child(name, labels).set(value)

    def observe(self, name: str, value: float, **labels: str) -> None:
        """Put a value into a histogram."""
        assert self._metrics[name].kind == "histogram"
        self._child(name, labels).observe(value)


def _known_series(metric: Metric, flow: str) -> Iterator[dict[str, str]]:
    """Labels of the series that a flow feeds, as far as they are known beforehand; none of a gauge, which is not 0."""
    if flow not in metric.fed_by or metric.kind == "gauge":
        return
    choices = [(flow,) if label == "flow" else metric.values.get(label, ()) for label in metric.labels]
    for values in itertools.product(*choices):
        yield dict(zip(metric.labels, values, strict=True))


def _version() -> str:
    try:
        return version("anpr-back-office")
    except PackageNotFoundError:  # run from a folder that nobody installed
        return "unknown"
