"""Dashboards as typed values, and the model that Grafana reads made of them.

Only what our panels use. Places are not said: panels are laid out from left to right, in rows of 24 columns.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

__all__ = ["LEZ", "POLICE", "Board", "Chosen", "Item", "Limit", "Panel", "Prom", "Row", "Source", "Sql", "model"]

WIDTH = 24
Kind = Literal["timeseries", "stat", "table", "geomap", "alertlist"]


@dataclass(frozen=True, slots=True)
class Source:
    """A data source as grafana/provisioning names it."""

    kind: str
    uid: str

    def told(self) -> dict[str, str]:
        """As a panel names it."""
        return {"type": self.kind, "uid": self.uid}


PROMETHEUS = Source("prometheus", "prometheus")
POLICE = Source("grafana-clickhouse-datasource", "clickhouse")
LEZ = Source("grafana-clickhouse-datasource", "clickhouse-lez")


@dataclass(frozen=True, slots=True)
class Prom:
    """A question to Prometheus."""

    expr: str
    legend: str = ""
    """With {{labels}}."""

    source: Source = PROMETHEUS

    def target(self, ref: str, kind: Kind) -> dict[str, Any]:
        """As a panel asks it."""
        found = {"refId": ref, "datasource": self.source.told(), "expr": self.expr, "legendFormat": self.legend}
        return {**found, "editorMode": "code", **({"instant": True} if kind == "table" else {"range": True})}


@dataclass(frozen=True, slots=True)
class Sql:
    """A question to ClickHouse."""

    sql: str
    source: Source = POLICE

    def target(self, ref: str, kind: Kind) -> dict[str, Any]:
        """As a panel asks it."""
        as_table = kind in ("table", "geomap")
        shape = {"queryType": "table", "format": 1} if as_table else {"queryType": "timeseries", "format": 0}
        return {"refId": ref, "datasource": self.source.told(), "editorType": "sql", **shape, "rawSql": self.sql}


@dataclass(frozen=True, slots=True)
class Limit:
    """From this value on, this colour."""

    at: float
    colour: str


@dataclass(frozen=True, slots=True)
class Panel:
    """One question, or a few that belong together, and what its answer means."""

    title: str
    says: str
    """What is seen, and what to think of it."""
    queries: tuple[Prom | Sql, ...]
    kind: Kind = "timeseries"
    unit: str = "short"
    """Grafana's name of it; `short`: a plain number."""
    w: int = 12
    h: int = 8
    bars: bool = False
    """Stacked bars instead of lines: what adds up."""
    limits: tuple[Limit, ...] = ()
    below_zero: bool = False
    """True: values may be negative."""
    most: float | None = None
    """Upper end of the axis."""
    colour_by: str = ""
    """Of a map: the column that decides a marker's colour."""
    units: Mapping[str, str] = field(default_factory=dict)
    """Of a table: column → unit, where it is not `unit`."""


@dataclass(frozen=True, slots=True)
class Row:
    """A heading."""

    title: str


Item = Panel | Row


@dataclass(frozen=True, slots=True)
class Chosen:
    """Something that whoever looks can choose at the top, as `$name` in questions."""

    name: str
    label: str
    query: Prom | Sql
    """Of Prometheus: `label_values(metric, label)`."""
    several: bool = True
    """False: exactly one."""


@dataclass(frozen=True, slots=True)
class Board:
    """A dashboard."""

    file: str
    """Below grafana/dashboards."""
    uid: str
    title: str
    says: str
    items: tuple[Item, ...]
    chosen: tuple[Chosen, ...] = ()
    refresh: str = "10s"
    since: str = "now-1h"
    tags: tuple[str, ...] = ("anpr",)


def model(board: Board) -> dict[str, Any]:
    """What Grafana reads."""
    return {
        "uid": board.uid,
        "title": board.title,
        "description": board.says,
        "tags": list(board.tags),
        "schemaVersion": 41,
        "version": 1,
        "editable": False,
        "graphTooltip": 1,
        "refresh": board.refresh,
        "time": {"from": board.since, "to": "now"},
        "timezone": "browser",
        "timepicker": {},
        "annotations": {"list": []},
        "links": [_link(tag) for tag in board.tags],
        "templating": {"list": [_variable(chosen) for chosen in board.chosen]},
        "panels": list(_panels(board.items)),
    }


def _link(tag: str) -> dict[str, Any]:
    """A menu of the other dashboards of the same controller, for the same time."""
    return {"type": "dashboards", "title": "Dashboards", "tags": [tag], "asDropdown": True, "keepTime": True}


def _variable(chosen: Chosen) -> dict[str, Any]:
    query = chosen.query.expr if isinstance(chosen.query, Prom) else chosen.query.sql
    everything = {"multi": True, "includeAll": True, "allValue": ".*", "current": {"text": "All", "value": "$__all"}}
    one = {"multi": False, "includeAll": False, "current": {}}
    return {
        "name": chosen.name,
        "label": chosen.label,
        "type": "query",
        "datasource": chosen.query.source.told(),
        "query": {"query": query, "refId": chosen.name} if isinstance(chosen.query, Prom) else query,
        "definition": query,
        "refresh": 2,
        **(everything if chosen.several else one),
        "sort": 1,
        "hide": 0,
        "regex": "",
        "options": [],
    }


def _panels(items: Sequence[Item]) -> Iterator[dict[str, Any]]:
    x = y = tallest = 0
    for number, item in enumerate(items, 1):
        w, h = (WIDTH, 1) if isinstance(item, Row) else (item.w, item.h)
        if x + w > WIDTH:
            x, y, tallest = 0, y + tallest, 0
        place = {"h": h, "w": w, "x": x, "y": y}
        if isinstance(item, Row):
            shown: dict[str, Any] = {"type": "row", "title": item.title, "collapsed": False, "panels": []}
        else:
            shown = _panel(item)
        yield {"id": number, **shown, "gridPos": place}
        x, tallest = x + w, max(tallest, h)


def _panel(panel: Panel) -> dict[str, Any]:
    return {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.says,
        "datasource": panel.queries[0].source.told(),
        "targets": [query.target(chr(ord("A") + number), panel.kind) for number, query in enumerate(panel.queries)],
        "fieldConfig": {"defaults": _defaults(panel), "overrides": list(_overrides(panel))},
        "options": _options(panel),
    }


def _defaults(panel: Panel) -> dict[str, Any]:
    found: dict[str, Any] = {"unit": panel.unit}
    if not panel.below_zero:
        found["min"] = 0
    if panel.most is not None:
        found["max"] = panel.most
    if panel.kind == "timeseries":
        found["custom"] = _drawn(panel)
    if panel.limits:
        steps = [{"color": "green", "value": None}, *({"color": one.colour, "value": one.at} for one in panel.limits)]
        found["thresholds"] = {"mode": "absolute", "steps": steps}
        found["color"] = {"mode": "palette-classic" if panel.kind == "timeseries" else "thresholds"}
    return found


def _drawn(panel: Panel) -> dict[str, Any]:
    if panel.bars:
        stacking = {"mode": "normal", "group": "A"}
        return {"drawStyle": "bars", "fillOpacity": 80, "showPoints": "never", "spanNulls": False, "stacking": stacking}
    shown = {"thresholdsStyle": {"mode": "dashed"}} if panel.limits else {}
    return {"fillOpacity": 10, "showPoints": "auto", "spanNulls": False, **shown}


def _overrides(panel: Panel) -> Iterator[dict[str, Any]]:
    for column, unit in panel.units.items():
        yield {"matcher": {"id": "byName", "options": column}, "properties": [{"id": "unit", "value": unit}]}


def _options(panel: Panel) -> dict[str, Any]:
    match panel.kind:
        case "timeseries":
            legend = {"displayMode": "table", "placement": "right", "calcs": ["lastNotNull", "max"], "sortBy": "Max"}
            return {
                "legend": {**legend, "sortDesc": True, "showLegend": True},
                "tooltip": {"mode": "multi", "sort": "desc", "hideZeros": True},
            }
        case "stat":
            reduced = {"calcs": ["lastNotNull"], "fields": "", "values": False}
            return {"colorMode": "background", "graphMode": "none", "reduceOptions": reduced}
        case "geomap":
            return _map(panel.colour_by)
        case _:
            return {}


def _map(colour_by: str) -> dict[str, Any]:
    style = {
        "size": {"fixed": 6, "min": 4, "max": 12},
        "color": {"field": colour_by, "fixed": "dark-green"},
        "symbol": {"mode": "fixed", "fixed": "img/icons/marker/circle.svg"},
        "opacity": 0.8,
    }
    layer = {
        "type": "markers",
        "name": "Cameras",
        "location": {"mode": "coords", "latitude": "lat", "longitude": "lon"},
        "config": {"style": style, "showLegend": True},
        "tooltip": True,
    }
    return {
        "view": {"id": "fit", "allLayers": True, "lat": 50.85, "lon": 4.35, "zoom": 12, "padding": 10},
        "controls": {"showZoom": True, "mouseWheelZoom": True, "showAttribution": True, "showScale": True},
        "basemap": {"type": "default", "name": "Base map", "config": {}},
        "layers": [layer],
        "tooltip": {"mode": "details"},
    }
