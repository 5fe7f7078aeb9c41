"""Inputs of cases for tests: a test names what matters to it, the rest is ordinary."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pipeline.cases.records import ActionRecord, InputRecord, OriginRecord
from pipeline.identity import fact_id
from schemas.anomaly import Anomaly, Sighting
from schemas.case_input import ActionKind, CaseAction, CaseInput
from schemas.codec import compiled
from schemas.hit import Hit
from tests.pipeline.builders import CAMERA, at

HitRecord, AnomalyRecord, SightingRecord = compiled(Hit), compiled(Anomaly), compiled(Sighting)
PLATE = "1ABC234"


def hit(seconds: float = 0.0, **changes: Any) -> Hit:
    """A sure hit on a stolen car, received half a second after it passed."""
    name = changes.pop("name", f"{seconds}")
    fields: dict[str, Any] = {
        "hit_id": fact_id("test-hit", name),
        "revision": 1,
        "passage_id": fact_id("test-passage", name),
        "entry_id": "entry-1",
        "list_kind": "stolen_vehicle",
        "priority": 10,
        "owner": "federal",
        "plate": PLATE,
        "listed_plate": PLATE,
        "match": "exact",
        "probability": 0.99,
        "alert_class": "alert",
        "instruction": "stop",
        "reason": "reported stolen",
        "camera_id": CAMERA,
        "captured_at": at(seconds),
        "received_at": at(seconds + 0.5),
    }
    return HitRecord(**fields | changes)


def given_hit(one: Hit, offset: int = 0, **changes: Any) -> CaseInput:
    """The hit as input of its case, said when it was received."""
    vehicle = one.plate if one.match == "pattern" else one.listed_plate
    origin = OriginRecord(log="log", partition=0, offset=offset)
    return InputRecord(**{"plate": vehicle, "at": one.received_at, "origin": origin, "hit": one} | changes)


def anomaly(seconds: float = 0.0, **changes: Any) -> Anomaly:
    """The plate at two places at once."""
    sightings = tuple(
        SightingRecord(
            passage_id=fact_id("test-passage", name),
            camera_id=name,
            captured_at=at(seconds),
            evidence=f"{name}.jpg",
            confidence=0.9,
        )
        for name in ("cam-1", "cam-9")
    )
    fields: dict[str, Any] = {
        "anomaly_id": fact_id("test-anomaly", f"{seconds}"),
        "revision": 1,
        "kind": "impossible_travel",
        "plate": PLATE,
        "observed_at": at(seconds),
        "sightings": sightings,
        "score": 0.97,
        "detail": "80 km in 3 min",
    }
    return AnomalyRecord(**fields | changes)


def given_anomaly(one: Anomaly, offset: int = 0, **changes: Any) -> CaseInput:
    """The anomaly as input of a case."""
    origin = OriginRecord(log="anomalies", partition=0, offset=offset)
    return InputRecord(**{"plate": one.plate, "at": one.observed_at, "origin": origin, "anomaly": one} | changes)


def action(case_id: UUID, what: ActionKind, **changes: Any) -> CaseAction:
    """What officer Peeters does."""
    fields: dict[str, Any] = {
        "action_id": fact_id("test-action", str(case_id), what),
        "case_id": case_id,
        "what": what,
        "officer": "peeters",
    }
    return ActionRecord(**fields | changes)


def given_action(one: CaseAction, seconds: float, plate: str = PLATE) -> CaseInput:
    """The action as input, so many seconds after T0."""
    return InputRecord(plate=plate, at=at(seconds), action=one)


def tick(seconds: float, plate: str = PLATE) -> CaseInput:
    """The clock, so many seconds after T0."""
    return InputRecord(plate=plate, at=at(seconds))


def moment(seconds: float) -> datetime:
    """So many seconds after T0."""
    return at(seconds)
