"""`python -m tests.deploy.draw`: a picture of each dashboard in docs/pictures, without Grafana.

From the dashboards' own JSON: its questions to Prometheus evaluated over the recorded series, those to ClickHouse as
the store answered them (`python -m tests.deploy.record`). Grafana draws finer; what is shown is the same.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any

from tests.deploy import charts
from tests.deploy.charts import Box, Line, text
from tests.deploy.dashboards import FILES, Dashboard, load_dashboard
from tests.deploy.deployment import ROOT
from tests.deploy.evaluate import NAME, Recording, Sample, evaluate
from tests.deploy.promql import expanded
from tests.deploy.recording import RECORDED, load_recording

__all__ = ["drawn", "main"]

FONT = "Inter, Helvetica, Arial, sans-serif"
SIMULATED = "what is usual of each camera, and what ails it, is simulated: a short run knows neither"
NOTE = "drawn from the dashboard's questions over a recorded run, not by Grafana"
COLUMN, ROW, HEAD, GAP = 50, 30, 46, 4
GREEN, COLOURS = "#37872d", {"green": "#37872d", "orange": "#fa6400", "red": "#c4162a"}
Answers = Mapping[str, Any]


def main() -> None:
    """Draw all."""
    recording, answers = load_recording(), json.loads((RECORDED / "answers.json").read_text("utf-8"))
    for path in FILES:
        target = ROOT / "docs" / "pictures" / f"dashboard-{path.stem}.svg"
        part = target.with_suffix(".part")
        part.write_text(drawn(load_dashboard(path), recording, answers), "utf-8")
        part.rename(target)
        print(target.relative_to(ROOT))


def drawn(dashboard: Dashboard, recording: Recording, answers: Answers) -> str:
    """A dashboard as SVG."""
    bottom = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in dashboard["panels"])
    width, height = 24 * COLUMN, HEAD + bottom * ROW + GAP
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="{FONT}">',
        f'<rect width="{width}" height="{height}" fill="#f4f5f5"/>',
        text(GAP + 4, 19, dashboard["title"], 16),
        text(GAP + 4, 37, dashboard["description"], 11, charts.GREY),
        text(width - 8, 19, NOTE, 10, charts.GREY, "end"),
        text(width - 8, 34, SIMULATED if dashboard["uid"] == "anpr-cameras" else "", 10, charts.GREY, "end"),
    ]
    for panel in dashboard["panels"]:
        parts += _panel(panel, dashboard["uid"], recording, answers)
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(panel: dict[str, Any], uid: str, recording: Recording, answers: Answers) -> Iterator[str]:
    place = panel["gridPos"]
    x, y = place["x"] * COLUMN + GAP / 2, HEAD + place["y"] * ROW + GAP / 2
    w, h = place["w"] * COLUMN - GAP, place["h"] * ROW - GAP
    if panel["type"] == "row":
        yield text(x + 6, y + 19, panel["title"], 13)
        return
    yield f'<rect x="{x}" y="{y}" width="{w}" height="{h}" rx="3" fill="white" stroke="{charts.PALE}"/>'
    title = panel["title"].replace("$camera", answers["chosen"]["camera"])
    yield f"<g><title>{escape(panel['description'])}</title>{text(x + 8, y + 16, title, 12)}</g>"
    yield from _content(panel, Box(x + 4, y + 22, w - 8, h - 26), _asked(panel, uid, recording, answers))


class _Shown:
    """What the questions of a panel brought."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.columns: list[str] = []
        self.rows: list[list[Any]] = []


def _asked(panel: dict[str, Any], uid: str, recording: Recording, answers: Answers) -> _Shown:
    found, number = _Shown(), 0
    for target in panel["targets"]:
        if "expr" in target:
            _prometheus(target, panel["type"], recording, found)
        else:
            answer = answers["answers"][f"{uid}/{panel['title']}/{number}"]
            found.columns, found.rows, number = answer["columns"], answer["rows"], number + 1
            if panel["type"] in ("timeseries", "stat"):
                found.lines += _lines_of(answer["columns"], answer["rows"])
    return found


def _prometheus(target: dict[str, Any], kind: str, recording: Recording, found: _Shown) -> None:
    expression, moments = expanded(target["expr"]), recording.moments()
    if kind == "table":
        samples = evaluate(expression, recording, moments[-1])
        names = sorted({name for one in samples for name, _ in one.labels})
        found.columns = [*names, "value"]
        found.rows = [[*(dict(one.labels).get(name, "") for name in names), one.value] for one in samples]
        return
    series: dict[str, tuple[list[float], list[float]]] = {}
    for at in moments:
        for sample in evaluate(expression, recording, at):
            if not math.isnan(sample.value):
                times, values = series.setdefault(_named(target.get("legendFormat", ""), sample), ([], []))
                times.append(at)
                values.append(sample.value)
    found.lines += [Line(name, times, values) for name, (times, values) in series.items()]


def _named(legend: str, sample: Sample) -> str:
    labels = {name: value for name, value in sample.labels if name != NAME}
    if not legend:
        return ", ".join(labels.values()) or "value"
    return re.sub(r"\{\{(\w+)\}\}", lambda match: labels.get(match[1], ""), legend).strip()


def _lines_of(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> list[Line]:
    """A series for each column of numbers, and for each value of a column of words."""
    words = [n for n, _ in enumerate(columns) if n and any(isinstance(row[n], str) for row in rows)]
    numbers = [n for n, _ in enumerate(columns) if n and n not in words]
    series: dict[str, tuple[list[float], list[float]]] = {}
    for row in rows:
        for n in numbers:
            name = " ".join([*(str(row[w]) for w in words), *([columns[n]] if len(numbers) > 1 or not words else [])])
            if row[n] is not None:
                times, values = series.setdefault(name, ([], []))
                times.append(row[0])
                values.append(float(row[n]))
    return [Line(name, times, values) for name, (times, values) in series.items()]


def _content(panel: dict[str, Any], box: Box, asked: _Shown) -> Iterator[str]:
    defaults, kind = panel["fieldConfig"]["defaults"], panel["type"]
    unit = defaults["unit"]
    steps = defaults.get("thresholds", {"steps": []})["steps"]
    if kind == "stat" and asked.lines:
        value = asked.lines[0].values[-1]
        yield from charts.number(box, value, unit, _colour(steps, value))
    elif kind == "table" and asked.rows:
        units = {one["matcher"]["options"]: one["properties"][0]["value"] for one in panel["fieldConfig"]["overrides"]}
        yield from charts.table(box, *_told(asked.columns, asked.rows, units))
    elif kind == "geomap" and asked.rows:
        style = panel["options"]["layers"][0]
        places = [
            style["location"]["latitude"],
            style["location"]["longitude"],
            style["config"]["style"]["color"]["field"],
        ]
        lat, lon, wrong = (asked.columns.index(name) for name in places)
        yield from charts.points(box, [(row[lat], row[lon], bool(row[wrong])) for row in asked.rows])
    elif kind == "timeseries" and asked.lines:
        if defaults["custom"].get("drawStyle") == "bars":
            yield from charts.bars(box, asked.lines, unit)
        else:
            limits = [step["value"] for step in steps if step["value"] is not None]
            yield from charts.lines(box, asked.lines, unit, most=defaults.get("max"), limits=limits)
    else:
        yield charts.message(box, "nothing in this run")


def _colour(steps: Sequence[Mapping[str, Any]], value: float) -> str:
    colour = GREEN
    for step in steps:
        if step["value"] is None or value >= step["value"]:
            colour = COLOURS[step["color"]]
    return colour


def _told(
    columns: Sequence[str], rows: Sequence[Sequence[Any]], units: Mapping[str, str]
) -> tuple[list[str], list[list[str]]]:
    """Without the moment of the question, which Grafana hides in tables of one moment."""
    kept = [n for n, name in enumerate(columns) if name != "time"]
    return [columns[n] for n in kept], [[_cell(columns[n], row[n], units) for n in kept] for row in rows]


def _cell(column: str, value: Any, units: Mapping[str, str]) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    if column in ("oldest", "told_until", "last_read_at"):
        return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%d %H:%M}"
    return charts.shown(value, units.get(column, "short"))


if __name__ == "__main__":
    main()
