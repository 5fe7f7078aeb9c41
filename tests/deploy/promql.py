"""What PromQL of dashboards and alerts may ask: series that there are, their labels, and counters as rates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Literal

import promql_parser as ql

from pipeline.runtime.metric_list import METRICS, PROCESS, Metric
from tests.deploy.evaluate import parsed

__all__ = ["CLICKHOUSE", "SERIES", "asked_metrics", "expanded", "promql_faults", "variable_faults"]

TARGET_LABELS = frozenset({"job", "instance", "worker"})
"""Labels that deploy/prometheus.yml puts on everything."""
CLICKHOUSE: dict[str, Literal["counter", "gauge"]] = {
    "ClickHouseAsyncMetrics_DiskAvailable_default": "gauge",
    "ClickHouseAsyncMetrics_DiskTotal_default": "gauge",
    "ClickHouseMetrics_MemoryTracking": "gauge",
    "ClickHouseMetrics_Merge": "gauge",
    "ClickHouseMetrics_PartMutation": "gauge",
    "ClickHouseMetrics_Query": "gauge",
    "ClickHouseProfileEvents_DelayedInserts": "counter",
    "ClickHouseProfileEvents_FailedInsertQuery": "counter",
    "ClickHouseProfileEvents_InsertedRows": "counter",
    "ClickHouseProfileEvents_MergedRows": "counter",
    "ClickHouseProfileEvents_RejectedInserts": "counter",
}
"""Series of ClickHouse itself (deploy/clickhouse/server.xml) that dashboards may ask for."""
RATE_INTERVAL = "1m"
"""What `$__rate_interval` is at least, at a scrape every ten seconds."""
_OF_COUNTERS = {"rate", "increase"}
_OF_GAUGES = {"changes", "max_over_time", "min_over_time"}
_FUNCTIONS = _OF_COUNTERS | _OF_GAUGES | {"histogram_quantile", "vector", "time", "absent", "clamp_max"}
_MACRO = re.compile(r"\$\w+")
_LABEL_VALUES = re.compile(r"^label_values\((\w+), (\w+)\)$")


def _series() -> dict[str, tuple[str, frozenset[str]]]:
    """Every series that Prometheus gets: its kind and labels."""
    found: dict[str, tuple[str, frozenset[str]]] = {}
    for metric in METRICS:
        found |= _series_of(metric)
    told = {**PROCESS, **CLICKHOUSE, "up": "gauge"}
    found |= {name: (kind, TARGET_LABELS) for name, kind in told.items()}
    return {**found, "ALERTS": ("gauge", TARGET_LABELS | {"alertname", "alertstate", "severity"})}


def _series_of(metric: Metric) -> dict[str, tuple[str, frozenset[str]]]:
    labels = frozenset(metric.labels) | TARGET_LABELS
    if metric.kind != "histogram":
        return {metric.name: (metric.kind, labels)}
    parts = {f"{metric.name}_{part}": ("counter", labels) for part in ("sum", "count")}
    return {f"{metric.name}_bucket": ("counter", labels | {"le"}), **parts}


SERIES = _series()


def expanded(expression: str) -> str:
    """As Grafana sends it: its own interval filled in, everything chosen at the top."""
    return expression.replace("$__rate_interval", RATE_INTERVAL).replace("$flow", ".*")


def asked_metrics(expression: str) -> frozenset[str]:
    """Names of the list (without the parts of histograms) that an expression asks for."""
    names = {node.name for node in _nodes(parsed(expanded(expression))) if isinstance(node, ql.VectorSelector)}
    bases = {re.sub(r"_(bucket|sum|count)$", "", name or "") for name in names}
    return frozenset(metric.name for metric in METRICS if metric.name in names | bases)


def promql_faults(expression: str) -> Iterator[str]:
    """What is wrong with an expression of a panel or an alert."""
    text = expanded(expression)
    macros = _MACRO.findall(re.sub(r'"[^"]*"', '""', text))
    if macros:
        yield from (f"unknown macro {macro}" for macro in macros)
        return
    try:
        tree = parsed(text)
    except ValueError as error:
        yield f"cannot be read: {error}"
        return
    if not any(isinstance(node, ql.VectorSelector) for node in _nodes(tree)):
        yield "no metric"
    yield from _faults(tree, None)


def _children(node: Any) -> list[Any]:
    match node:
        case ql.BinaryExpr():
            return [node.lhs, node.rhs]
        case ql.Call():
            return list(node.args)
        case ql.MatrixSelector():
            return [node.vector_selector]
        case ql.ParenExpr() | ql.UnaryExpr() | ql.AggregateExpr():
            return [node.expr]
        case _:
            return []


def _nodes(node: Any) -> Iterator[Any]:
    yield node
    for child in _children(node):
        yield from _nodes(child)


def _selectors(node: Any) -> list[Any]:
    return [one for one in _nodes(node) if isinstance(one, ql.VectorSelector)]


def _faults(node: Any, called: str | None) -> Iterator[str]:
    """called: the function whose argument this is."""
    inner = called
    match node:
        case ql.Call():
            inner = node.func.name
            yield from _call_faults(node)
        case ql.AggregateExpr():
            labels = node.modifier.labels if node.modifier else []
            yield from (
                f"{one.name} has no label {label}"
                for one in _selectors(node)
                for label in labels
                if one.name in SERIES and label not in SERIES[one.name][1]
            )
        case ql.MatrixSelector():
            yield from _selector_faults(node.vector_selector, called)
            return
        case ql.VectorSelector():
            yield from _selector_faults(node, None)
    for child in _children(node):
        yield from _faults(child, inner)


def _call_faults(node: Any) -> Iterator[str]:
    name = node.func.name
    if name not in _FUNCTIONS:
        yield f"function {name} is not in use here"
    if name == "histogram_quantile":
        groups = [one.modifier for one in _nodes(node) if isinstance(one, ql.AggregateExpr)]
        grouped = [label for group in groups if group for label in group.labels]
        if "le" not in grouped or not all(one.name.endswith("_bucket") for one in _selectors(node)):
            yield "histogram_quantile needs buckets by le"


def _selector_faults(selector: Any, called: str | None) -> Iterator[str]:
    """called: the function that takes its range; None: it has none."""
    name = selector.name
    if name not in SERIES:
        yield f"no metric {name}"
        return
    kind, known = SERIES[name]
    yield from (f"{name} has no label {one.name}" for one in selector.matchers.matchers if one.name not in known)
    as_rate = called in _OF_COUNTERS
    if as_rate == (kind == "gauge"):
        yield f"{name} is a {kind}: {'not ' if as_rate else ''}to be read as a rate"


def variable_faults(query: str) -> Iterator[str]:
    """What is wrong with the query of a dashboard variable to Prometheus."""
    match = _LABEL_VALUES.match(query)
    if match is None or match[1] not in SERIES or match[2] not in SERIES[match[1]][1]:
        yield f"variable query {query} names no label of ours"
