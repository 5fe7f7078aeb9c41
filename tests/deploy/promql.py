"""PromQL, as far as dashboards use it: which metrics, which labels, and whether counters are read as rates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from pipeline.runtime.metrics import METRICS, Metric

__all__ = ["CLICKHOUSE", "promql_faults", "variable_faults"]

TARGET_LABELS = frozenset({"job", "instance", "worker"})
"""Labels that deploy/prometheus.yml puts on everything."""
CLICKHOUSE: dict[str, Literal["counter", "gauge"]] = {
    "ClickHouseMetrics_MemoryTracking": "gauge",
    "ClickHouseMetrics_Merge": "gauge",
    "ClickHouseMetrics_PartMutation": "gauge",
    "ClickHouseMetrics_Query": "gauge",
    "ClickHouseProfileEvents_DelayedInserts": "counter",
    "ClickHouseProfileEvents_InsertedRows": "counter",
    "ClickHouseProfileEvents_MergedRows": "counter",
    "ClickHouseProfileEvents_RejectedInserts": "counter",
}
"""Series of ClickHouse itself (deploy/clickhouse/server.xml) that dashboards may ask for."""
_FUNCTIONS = {"rate", "increase", "histogram_quantile"}
_AGGREGATIONS = {"sum", "max", "min", "avg", "count"}
_WORDS = _FUNCTIONS | _AGGREGATIONS | {"by"}
_MACRO = re.compile(r"\$\w+")
_SELECTOR = re.compile(
    r"\b(?P<name>[a-zA-Z_]\w*)\s*(?:\{(?P<labels>[^}]*)\})?\s*(?P<range>\[[^\]]*\])?(?P<called>\s*\()?"
)
_ENCLOSING = re.compile(r"(\w+)\s*\(\s*$")
_GROUPING = re.compile(r"\bby\s*\(([^)]*)\)")
_MATCHER = re.compile(r'^\s*(\w+)\s*(?:=~|!~|!=|=)\s*"[^"]*"\s*$')
_LABEL_VALUES = re.compile(r"^label_values\((\w+), (\w+)\)$")


def _series() -> dict[str, tuple[Metric, frozenset[str]]]:
    """Every series that Prometheus gets: its metric and labels."""
    found = {}
    for metric in METRICS:
        labels = frozenset(metric.labels) | TARGET_LABELS
        if metric.kind == "histogram":
            found[f"{metric.name}_bucket"] = (metric, labels | {"le"})
            found |= {f"{metric.name}_{part}": (metric, labels) for part in ("sum", "count")}
        else:
            found[metric.name] = (metric, labels)
    own = (Metric(name, kind, name, ()) for name, kind in CLICKHOUSE.items())
    return found | {metric.name: (metric, TARGET_LABELS) for metric in own}


SERIES = _series()


def promql_faults(expression: str) -> Iterator[str]:
    """What is wrong with an expression of a panel."""
    text = expression.replace("[$__rate_interval]", "[5m]")
    yield from (f"unknown macro {macro}" for macro in _MACRO.findall(re.sub(r'"[^"]*"', '""', text)))
    if any(text.count(left) != text.count(right) for left, right in ("()", "{}", "[]")):
        yield "brackets do not match"
    groups = [label.strip() for labels in _GROUPING.findall(text) for label in labels.split(",")]
    bare = _GROUPING.sub("", text)
    selected = [match for match in _SELECTOR.finditer(bare) if match["name"] not in _WORDS]
    if not selected:
        yield "no metric"
    for match in selected:
        yield from _selector(match, bare[: match.start()], groups)
    if "histogram_quantile" in bare and (
        "le" not in groups or not any(m["name"].endswith("_bucket") for m in selected)
    ):
        yield "histogram_quantile needs buckets by le"


def _selector(match: re.Match[str], before: str, groups: list[str]) -> Iterator[str]:
    name = match["name"]
    if match["called"]:
        yield f"function {name} is not in use here"
        return
    if name not in SERIES:
        yield f"no metric {name}"
        return
    metric, known = SERIES[name]
    for matcher in filter(None, (match["labels"] or "").split(",")):
        label = _MATCHER.match(matcher)
        if label is None:
            yield f"cannot read {{{matcher}}}"
        elif label[1] not in known:
            yield f"{name} has no label {label[1]}"
    yield from (f"{name} has no label {label}" for label in groups if label not in known)
    enclosing = _ENCLOSING.search(before)
    as_rate = match["range"] is not None and enclosing is not None and enclosing[1] in ("rate", "increase")
    if as_rate == (metric.kind == "gauge"):
        yield f"{name} is a {metric.kind}: {'not ' if as_rate else ''}to be read as a rate"


def variable_faults(query: str) -> Iterator[str]:
    """What is wrong with the query of a dashboard variable."""
    match = _LABEL_VALUES.match(query)
    if match is None or match[1] not in SERIES or match[2] not in SERIES[match[1]][1]:
        yield f"variable query {query} names no label of ours"
