"""Dashboards as data: panels, their queries, and what must hold for every one of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

from tests.deploy.deployment import ROOT
from tests.deploy.promql import promql_faults, variable_faults

__all__ = ["FILES", "dashboard_faults", "load_dashboard", "queries"]

Dashboard = dict[str, Any]
FILES = sorted((ROOT / "grafana" / "dashboards").rglob("*.json"))
_LANGUAGES = {"prometheus": "expr", "clickhouse": "rawSql", "clickhouse-lez": "rawSql"}


def load_dashboard(path: Path) -> Dashboard:
    """A dashboard's model."""
    loaded: Dashboard = json.loads(path.read_text("utf-8"))
    return loaded


def queries(dashboard: Dashboard, source: str) -> list[tuple[str, str]]:
    """Panel title and query, of all queries to a data source; those of variables by their name."""
    asked = [(panel["title"], target) for panel in dashboard["panels"] for target in panel.get("targets", [])]
    found = [(title, target[_LANGUAGES[source]]) for title, target in asked if target["datasource"]["uid"] == source]
    chosen = [one for one in dashboard["templating"]["list"] if one["datasource"]["uid"] == source]
    return found + [(f"${one['name']}", one["query"]) for one in chosen if isinstance(one["query"], str)]


def dashboard_faults(dashboard: Dashboard, sources: dict[str, str]) -> Iterator[str]:
    """What is wrong with a dashboard. sources: uid → type of every provisioned data source."""
    panels = dashboard["panels"]
    if len({panel["id"] for panel in panels}) < len(panels):
        yield "two panels have one id"
    for one, other in combinations(panels, 2):
        if _overlap(one["gridPos"], other["gridPos"]):
            yield f"{one['title']} and {other['title']} overlap"
    for panel in (panel for panel in panels if panel["type"] != "row"):
        yield from (f"{panel['title']}: {fault}" for fault in _panel_faults(panel, sources))
    for title, query in queries(dashboard, "prometheus"):
        yield from (f"{title}: {fault}" for fault in promql_faults(query))
    for variable in dashboard["templating"]["list"]:
        if variable["datasource"]["uid"] == "prometheus":
            yield from variable_faults(variable["query"]["query"])


def _panel_faults(panel: dict[str, Any], sources: dict[str, str]) -> Iterator[str]:
    if not panel.get("description"):
        yield "does not say what it shows"
    if not panel.get("targets"):
        yield "asks nothing"
    for asked in (panel, *panel.get("targets", [])):
        uid, kind = asked["datasource"]["uid"], asked["datasource"]["type"]
        if sources.get(uid) != kind:
            yield f"data source {uid} of type {kind} is not provisioned"


def _overlap(one: dict[str, int], other: dict[str, int]) -> bool:
    beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
    above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
    return not beside and not above
