"""Messages of hits and anomalies become inputs of the vehicle whose case they are of."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.cases.inputs import Inputs
from pipeline.messages import Message
from pipeline.outcome import Rejection
from schemas.base import GeoPoint
from schemas.case_input import CaseInput
from schemas.codec import compiled, decoder, encode
from tests.pipeline.builders import at, camera
from tests.pipeline.cases.builders import PLATE, anomaly, hit

PLACE = compiled(GeoPoint)(lat=50.85, lon=4.35)
MOVING = compiled(GeoPoint)(lat=51.0, lon=4.4)
INPUTS = Inputs({"hits": "log-h", "anomalies": "log-a"}, {"cam-1": camera(position=PLACE)})


def made(record: Any, topic: str = "hits") -> CaseInput | Rejection | None:
    """The input of a message, taken at a moment."""
    value = record if isinstance(record, bytes) else encode(record)
    return INPUTS(Message(topic, 2, 7, 0, b"key", value), at(9))


@pytest.mark.parametrize(("match", "vehicle"), [("exact", "9LISTED"), ("misread", "9LISTED"), ("pattern", "9READ")])
def test_whose_hit_it_is(match: str, vehicle: str) -> None:
    given_input: Any = made(hit(match=match, plate="9READ", listed_plate="9LISTED"))
    assert given_input.plate == vehicle


def test_an_input_says_where_it_is_from_and_where_its_camera_is() -> None:
    given_input: Any = made(hit())
    assert (given_input.at, given_input.place) == (at(9), PLACE)
    assert (given_input.origin.log, given_input.origin.partition, given_input.origin.offset) == ("log-h", 2, 7)
    assert decoder(CaseInput)(encode(given_input)) == given_input
    moved: Any = made(hit(position=MOVING))
    assert moved.place == MOVING
    unknown: Any = made(hit(camera_id="cam-nobody-knows"))
    assert unknown.place is None


@pytest.mark.parametrize(
    ("kind", "plate"), [("camera_clock", None), ("camera_silent", PLATE), ("impossible_travel", None)]
)
def test_what_is_no_finding_about_a_vehicle_is_left_out(kind: str, plate: str | None) -> None:
    assert made(anomaly(kind=kind, plate=plate), "anomalies") is None


def test_a_plate_at_two_places_is_an_input() -> None:
    given_input: Any = made(anomaly(), "anomalies")
    assert (given_input.plate, given_input.origin.log) == (PLATE, "log-a")


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (b"{", "not_json"),
        (b"", "empty"),
        (b"{}", "wrong_schema"),
        (hit(match="exact", listed_plate="1AB?234"), "no_plate_text"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_reason(record: Any, reason: str) -> None:
    found = made(record)
    assert isinstance(found, Rejection)
    assert (found.reason, PLATE in found.detail) == (reason, False)


@given(st.binary(max_size=200), st.sampled_from(["hits", "anomalies"]))
def test_no_bytes_raise(value: bytes, topic: str) -> None:
    assert isinstance(made(value, topic), Rejection)
