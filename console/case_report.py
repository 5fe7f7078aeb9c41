"""A case on paper: what it is, where the vehicle was, what happened and who did it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from math import cos, radians
from zoneinfo import ZoneInfo

from console.searching.pdf import Paper
from pipeline.chances import chance_text
from pipeline.geo import Point
from pipeline.plates.shapes import displayed
from schemas.case import Case, CaseEvent
from sinks.clickhouse.queries.cameras import Registered

__all__ = ["Reported", "case_report"]

BRUSSELS = ZoneInfo("Europe/Brussels")
MAP_MM = 70.0
CLOCKS_DIFFER = timedelta(minutes=1)
LEAST_SPAN = 0.01
"""Degrees that a map shows at least: one camera alone is no point without a place."""


@dataclass(frozen=True, slots=True)
class Reported:
    """What the paper tells."""

    case: Case
    cameras: Mapping[str, Registered]
    officer: str
    """Who asked for it."""
    number: str
    """Of the audit's record of that."""
    now: datetime
    vehicle: str = ""


def case_report(given: Reported) -> bytes:
    """A PDF; its pages are numbered and name the audit's record."""
    case = given.case
    paper = Paper(f"case {str(case.case_id)[:8]}, audit number {given.number}, {given.officer}")
    paper.set_title(f"Case {case.case_id}")
    paper.line_of(f"Case {str(case.case_id)[:8]}: {displayed(case.plate)}", size=16, bold=True)
    if case.dangerous:
        paper.line_of("DANGEROUS: occupants may be armed or violent", size=12, bold=True)
    paper.line_of(f"Made {_clock(given.now)} (Brussels time) for {given.officer}. Audit number {given.number}.")
    paper.ln(2)
    for name, text in _facts(given):
        paper.plain(bold=True)
        paper.cell(38, 5, name)
        paper.plain()
        paper.multi_cell(0, 5, text, new_x="LMARGIN", new_y="NEXT")
    _draw_way(paper, given)
    _tell_story(paper, given)
    return paper.bytes_of()


def _facts(given: Reported) -> list[tuple[str, str]]:
    case = given.case
    sure = f"{chance_text(case.probability)} that it is the listed plate" if case.probability is not None else ""
    rows = {
        "Identifier": str(case.case_id),
        "Wanted for": ", ".join(kind.replace("_", " ") for kind in case.list_kinds) or "one plate at two places",
        "Listed plates": ", ".join(map(displayed, case.listed_plates)),
        "Vehicle": given.vehicle,
        "Instruction": (case.instruction or "").replace("_", " "),
        "Reason": case.reason,
        "Asked for by": f"{', '.join(case.owners)} ({', '.join(case.entry_ids)})" if case.owners else "",
        "Certainty": f"{case.alert_class}{', ' if sure else ''}{sure}",
        "State": f"{case.state}{f', {case.closed_how}' if case.closed_how else ''}",
        "Assigned to": case.assigned_to or "",
        "Opened": _clock(case.opened_at),
        "Closed": _clock(case.closed_at) if case.closed_at else "",
        "Last seen": _last_seen(given),
        "Remark": case.note,
    }
    return [(name, text) for name, text in rows.items() if text]


def _last_seen(given: Reported) -> str:
    case = given.case
    if case.last_seen_at is None:
        return ""
    old = "; uploaded late or found afterwards: not where it is now" if case.old_only else ""
    return f"{_clock(case.last_seen_at)}, {_camera(given, case.last_camera_id or '')}{old}"


def _tell_story(paper: Paper, given: Reported) -> None:
    case = given.case
    hidden = case.timeline_count - len(case.timeline)
    paper.ln(3)
    part = f" (the last {len(case.timeline)} of {case.timeline_count})" if hidden else ""
    paper.line_of(f"What happened{part}", size=12, bold=True)
    paper.plain(8)
    with paper.table(col_widths=(24, 18, 30, 48), line_height=4.5, text_align="LEFT") as table:
        table.row(["When (Brussels time)", "What", "Where or who", "Remark"])
        for event in case.timeline:
            table.row(_line(given, event))


def _line(given: Reported, event: CaseEvent) -> Sequence[str]:
    where = _camera(given, event.camera_id) if event.camera_id else event.who or "the program"
    apart = event.captured_at is not None and abs(event.at - event.captured_at) > CLOCKS_DIFFER
    captured = f"seen {_clock(event.captured_at)} by the camera's clock" if apart and event.captured_at else ""
    return (_clock(event.at), event.kind.replace("_", " "), where, "; ".join(filter(None, (event.text, captured))))


def _draw_way(paper: Paper, given: Reported) -> None:
    """The sightings in order, as a line on a plain map, numbered at each camera."""
    way = [camera for event in given.case.timeline if (camera := given.cameras.get(event.camera_id or ""))]
    places = [(camera, camera.position) for camera in way if camera.position is not None]
    if not places:
        return
    paper.ln(3)
    paper.line_of("Where it was seen", size=12, bold=True)
    if paper.will_page_break(MAP_MM + 5):
        paper.add_page()
    top = paper.get_y()
    paper.rect(paper.l_margin, top, paper.epw, MAP_MM)
    spots = _on_paper([position for _, position in places], paper.l_margin + 5, top + 5, paper.epw - 10, MAP_MM - 10)
    paper.set_line_width(0.4)
    for (x, y), (to_x, to_y) in pairwise(spots):
        paper.line(x, y, to_x, to_y)
    paper.set_line_width(0.2)
    paper.plain(7)
    for spot, label in _labels(spots, [camera.name or camera.camera_id for camera, _ in places]):
        paper.circle(spot[0], spot[1], 1.2, style="F")
        paper.text(spot[0] + 2, spot[1] + 1, label)
    paper.set_y(top + MAP_MM + 2)


def _labels(spots: Sequence[tuple[float, float]], names: Sequence[str]) -> list[tuple[tuple[float, float], str]]:
    """One label at each spot: the numbers of the sightings there, and the camera's name."""
    at: dict[tuple[float, float], tuple[list[str], str]] = {}
    for number, (spot, name) in enumerate(zip(spots, names, strict=True), start=1):
        at.setdefault(spot, ([], name))[0].append(str(number))
    return [(spot, f"{', '.join(numbers)}  {name}") for spot, (numbers, name) in at.items()]


def _on_paper(
    places: Sequence[Point], left: float, top: float, width: float, height: float
) -> list[tuple[float, float]]:
    """Places in mm, on one scale in both directions, north up."""
    middle = sum(place.lat for place in places) / len(places)
    flat = [(place.lon * cos(radians(middle)), place.lat) for place in places]
    span_x, span_y = (max(LEAST_SPAN, max(axis) - min(axis)) for axis in zip(*flat, strict=True))
    scale = min(width * 0.75 / span_x, height / span_y)  # room for names at the right
    west, north = min(x for x, _ in flat), max(y for _, y in flat)
    return [(round(left + (x - west) * scale, 1), round(top + (north - y) * scale, 1)) for x, y in flat]


def _camera(given: Reported, camera_id: str) -> str:
    known = given.cameras.get(camera_id)
    return f"{known.name} ({camera_id})" if known and known.name else camera_id


def _clock(moment: datetime) -> str:
    return f"{moment.astimezone(BRUSSELS):%Y-%m-%d %H:%M:%S}"
