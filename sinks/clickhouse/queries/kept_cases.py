"""What the store keeps of vehicles whose case files are lost: the cases as told last, and their hits."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from clickhouse_connect.driver.client import Client

from pipeline.cases.hits import vehicle_of
from schemas.base import GeoPoint
from schemas.case import Case
from schemas.case_input import KeptCases
from schemas.codec import changed, compiled
from schemas.hit import Hit
from sinks.clickhouse.queries.ask import sql_of
from sinks.clickhouse.queries.cameras import cameras
from sinks.clickhouse.queries.records import left_out, records

__all__ = ["kept_cases"]

AT_ONCE = 200
"""Vehicles in one question: they travel in the address of the request, and each may have a hundred kilobytes."""
MOST_CASES, MOST_HITS = 5, 300
BEFORE = timedelta(days=1)
"""A hit that was uploaded late may have passed so long before its case was opened."""
KeptRecord, PointRecord = compiled(KeptCases), compiled(GeoPoint)
Vehicles = Mapping[str, Sequence[Case]]


def kept_cases(client: Client, since: datetime) -> Iterator[tuple[str, KeptCases]]:
    """Plate, cases and hits of each vehicle that has an open case, or one that changed since then, by plate.

    Errors of ClickHouse pass through.
    """
    plates = [row[0] for row in client.query(sql_of("kept_plates"), parameters={"since": since}).result_rows]
    hung = {one.camera_id: one.position for one in cameras(client) if one.position} if plates else {}
    places = {camera_id: PointRecord(lat=point.lat, lon=point.lon) for camera_id, point in hung.items()}
    for begin in range(0, len(plates), AT_ONCE):
        cases = _cases(client, plates[begin : begin + AT_ONCE])
        hits = _hits(client, cases, places) if cases else {}  # none: each row was left out
        for plate, own in cases.items():
            yield plate, KeptRecord(cases=tuple(own), hits=tuple(hits[plate][-MOST_HITS:]))


def _cases(client: Client, plates: Sequence[str]) -> Vehicles:
    found = defaultdict[str, list[Case]](list)
    asked = records(client, sql_of("kept_cases"), Case, unfit=left_out, plates=list(plates), most=MOST_CASES)
    for case in asked:
        found[case.plate].append(case)
    return found


def _hits(client: Client, vehicles: Vehicles, places: Mapping[str, GeoPoint]) -> Mapping[str, list[Hit]]:
    """Vehicle → its hits in order of capture; of a camera that hangs, with its place."""
    since = min(case.opened_at for cases in vehicles.values() for case in cases) - BEFORE
    found = defaultdict[str, list[Hit]](list)
    asked = records(client, sql_of("kept_hits"), Hit, unfit=left_out, plates=list(vehicles), since=since)
    for hit in sorted(asked, key=lambda one: (one.captured_at, one.hit_id)):
        placed = hit if hit.position else changed(hit, position=places.get(hit.camera_id))
        found[vehicle_of(hit.match, hit.plate, hit.listed_plate)].append(placed)
    return found
