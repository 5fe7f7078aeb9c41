"""`anpr search PATTERN --purpose P --reason "…"`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from typing import Annotated, Any, get_args

import typer
from rich.markup import escape
from rich.table import Table

from anpr.cli.app import app
from anpr.cli.console import OUT, print_json
from anpr.cli.desk import (
    CaseNumber,
    Decision,
    Desk,
    Json,
    Limit,
    Purpose,
    Reason,
    Role,
    Since,
    Until,
    Why,
    Zone,
    open_desk,
    show_foot,
    utc_now,
)
from anpr.cli.export import Export, Exported, export_to, write_export
from anpr.cli.times import DEFAULT_DAYS, ago_text, local_text, time_range
from console.searching.understanding import understood
from pipeline.plates.shapes import displayed
from schemas.search import SearchRecord
from sinks.clickhouse.plate_search.finding import LEAST_LIKELY, Finding, Sighting, find
from sinks.clickhouse.plate_search.patterns import Match, is_plate
from sinks.clickhouse.queries.cameras import Registered, cameras
from sinks.clickhouse.refusal import SearchRefused
from sinks.clickhouse.searches import SearchRequest

MATCHES = get_args(Match)
WIDE = 100
"""Columns of a window in which a row is one line."""
PATTERN_HELP = (
    "A plate in full or in part: ? one unknown character, * several, \\[B8] for B or 8, ABC+123 in either order."
)


@app.command()
def search(
    context: typer.Context,
    pattern: Annotated[str, typer.Argument(metavar="PATTERN", help=PATTERN_HELP)],
    reason: Reason,
    purpose: Purpose = "crime",
    match: Annotated[
        str, typer.Option(help="auto; exact: letter for letter; partial: contains it; misread: also one error away.")
    ] = "auto",
    case_number: CaseNumber = None,
    days: Annotated[
        int | None, typer.Option(min=1, max=36_500, help=f"How far back to look; {DEFAULT_DAYS} unless said.")
    ] = None,
    since: Since = None,
    until: Until = None,
    zone: Zone = "",
    role: Role = "officer",
    decision: Decision = None,
    limit: Limit = 100,
    export: Export = None,
    json: Json = False,
) -> None:
    """Find where a vehicle was last. The search is recorded with who and why before anything is shown.

    \b
    anpr search 1-ABC-234 --reason "hit and run in the Rue Neuve"
        this plate, and below it what cameras may have misread
    anpr search "1AB?2*" --reason "..."     begins so; ? is any character
    anpr search "*234" --reason "..."       ends so; 234 alone: contains it
    anpr search "1A[B8]C234" --reason "..." B or 8
    anpr search "ABC+123" --reason "..."    both groups, in either order
    anpr search 1-ABC-234 --from "2026-11-24 22:00" --to "2026-11-25 06:00"
        --purpose stolen_vehicle --case-number BXL-2026-117 --reason "..."
        --export way.geojson            also to a file, for a map
    """
    why = Why(reason, purpose, case_number, zone, role, decision)
    if match not in MATCHES:
        raise SearchRefused(f"match {match} is not one of {', '.join(MATCHES)}", "field_wrong")
    target = export_to(export)
    span = time_range(utc_now(), days, since, until)
    with open_desk(context) as desk:
        record = desk.open(desk.request(why, pattern, span), partial(_understood, match=match))  # type: ignore[arg-type]
        finding = desk.ask(record, lambda found: found.question, partial(_answer, desk, record, match, limit))
        known = {camera.camera_id: camera for camera in cameras(desk.client)} if finding.sightings else {}
        results = [_result(one, known.get(one.seen.camera_id)) for one in finding.sightings]
        made = write_export(desk, record, target, results) if target else None
    if json:
        found = {"search_id": record.search_id, "results": results}
        print_json(found | ({"exported": asdict(made)} if made else {}))
    else:
        _show(record, finding, known, limit, made)


def _answer(desk: Desk, record: SearchRecord, match: str, limit: int) -> tuple[Finding, int]:
    finding = find(desk.client, record, limit, 0.0 if match == "misread" else LEAST_LIKELY)
    return finding, len(finding.sightings)


def _understood(request: SearchRequest, match: Match) -> SearchRequest:
    return understood(request, match)[0]


def _result(sighting: Sighting, camera: Registered | None) -> dict[str, Any]:
    """camera: None: it is not registered."""
    one = sighting.seen
    place = one.position or (camera.position if camera else None)
    return {
        "plate": one.plate,
        "plate_display": one.plate_display,
        "country": one.country or None,
        "camera_id": one.camera_id,
        "camera_name": camera.name if camera else "",
        "lat": place.lat if place else None,
        "lon": place.lon if place else None,
        "captured_at": one.captured_at.isoformat(),
        "confidence": round(one.confidence, 4),
        "certainty": one.certainty,
        "late": one.late,
        "why": sighting.why,
        "probability": None if sighting.probability is None else round(sighting.probability, 4),
        "passage_id": one.passage_id,
        "evidence": one.evidence or None,
    }


def _show(
    record: SearchRecord, finding: Finding, known: Mapping[str, Registered], limit: int, made: Exported | None
) -> None:
    if finding.sightings:
        OUT.print(_table(record, finding.sightings, known))
    else:
        OUT.print(f"No passage of {escape(displayed(record.pattern))} {_when(record)}.", highlight=False)
    for line in _notes(record, finding, limit):
        OUT.print(escape(line), highlight=False)
    if made:
        OUT.print(
            escape(f"{made.rows} rows written to {made.file}, SHA-256 {made.sha256}, which is recorded."),
            highlight=False,
            soft_wrap=True,
        )
    show_foot(record)


def _notes(record: SearchRecord, finding: Finding, limit: int) -> Iterator[str]:
    """What is not shown, and how to get it."""
    if finding.question == "misread" and finding.sightings and finding.sightings[0].why != "exact":
        plate = displayed(record.pattern)
        yield f"{plate} itself was not seen {_when(record)}: these may be misreads of it, or other vehicles."
    if len(finding.sightings) >= limit:
        yield f"Only {limit} are shown, there are more: give more of the plate, less time, or raise --limit."
    elif finding.more:
        yield f"More plates fit than could be looked for ({finding.plates} were): give more of the plate."
    elif not finding.sightings:
        yield from (f"  {advice}" for advice in _advice(record))
    if finding.unlikely:
        yield f"{finding.unlikely} more one character away, hardly this vehicle: --match misread shows them."


def _when(record: SearchRecord) -> str:
    since = f"since {local_text(record.captured_from)}"
    return (
        since
        if record.captured_until > record.created_at
        else f"{since} and before {local_text(record.captured_until)}"
    )


def _advice(record: SearchRecord) -> Sequence[str]:
    """What else may find it."""
    where = f"Only cameras of {record.police_zone} were searched." if record.police_zone else ""
    older = "It may be longer ago: --days or --from; older than a month needs --decision."
    if is_plate(record.pattern):
        part = record.pattern[1:]
        tries = [f"Try it without the first character, which is often lost: anpr search {part} --match partial"]
        if not record.tolerance:
            tries.append("Allow one misread character: --match misread")
    else:
        tries = ["Give fewer characters, ? where you are not sure, * at both ends, or groups as ABC+123."]
    return [line for line in (*tries, older, where) if line]


def _table(record: SearchRecord, found: Sequence[Sighting], known: Mapping[str, Registered]) -> Table:
    title = None if is_plate(record.pattern) else f"fits {escape(record.pattern)}"
    table = Table(title=title, title_justify="left")
    table.add_column("plate", no_wrap=True)
    table.add_column("seen (Brussels time)", no_wrap=True)
    table.add_column("camera", overflow="fold")
    table.add_column("read", overflow="fold")
    for sighting in found:
        one = sighting.seen
        shown = f"[bold]{escape(displayed(one.plate))}[/bold]" + (f" ({one.country})" if one.country else "")
        place = escape(_name(known.get(one.camera_id)) or one.camera_id)
        table.add_row(shown, _seen(record, sighting), place, escape(_read(record, sighting)))
    return table


def _name(camera: Registered | None) -> str:
    return camera.name if camera else ""


def _seen(record: SearchRecord, sighting: Sighting) -> str:
    """When, and how long ago, below each other where the window is narrow."""
    one = sighting.seen
    ago = "uploaded late" if one.late else f"{ago_text(record.created_at - one.captured_at)} ago"
    return f"{local_text(one.captured_at)}{', ' if OUT.width >= WIDE else chr(10)}{ago}"


def _read(record: SearchRecord, sighting: Sighting) -> str:
    """Why it is shown and how sure the read is; of a misread, how likely it is the wanted vehicle."""
    one = sighting.seen
    picture = "" if one.certainty == "sure" else ", compare the picture"
    if sighting.why == "exact":
        return f"exact, {one.confidence:.0%} sure{picture}"
    if not is_plate(record.pattern) or sighting.probability is None:
        alike = ", with look-alikes" if sighting.probability is None else ""
        return f"{one.confidence:.0%} sure{alike}{picture}"
    share = f"{sighting.probability:.0%}" if sighting.probability >= 0.01 else "less than 1%"
    return f"{sighting.why}: {share} that it is {displayed(record.pattern)}{picture}"
