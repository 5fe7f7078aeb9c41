"""Rules that every stage keeps, whatever it is given."""

from __future__ import annotations

import copy
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import schemas
from pipeline.lez.loading import load_law
from pipeline.lez.registry.passes import PassBook
from pipeline.lez.registry.permits import PermitBook
from pipeline.lez.registry.vehicles import VehicleRegistry
from pipeline.messages import Batch, Message
from pipeline.outcome import Outcome
from pipeline.stages.assess_lez import AssessLez
from pipeline.stages.consolidate import Consolidate
from pipeline.stages.look_back import LookBack
from pipeline.stages.match import Match
from pipeline.stages.read_plates import ReadPlates
from pipeline.stages.watch import Watch
from schemas.codec import encode
from schemas.dead_letter import Reason
from tests.pipeline.builders import CAMERA, T0, camera, entry, frame, hotlist, ms, passage, read
from tests.pipeline.clones.builders import CAMERAS, messages, point, seen
from tests.pipeline.lez.builders import day_pass, vehicle
from tests.pipeline.stages.test_look_back import Passed
from tests.pipeline.stages.test_read_plates import Engine, picture, reading

Stage = Callable[[Batch], Outcome]
PLATE = "1ABC234"


def judge() -> Stage:
    vehicles, passes = VehicleRegistry(), PassBook()
    vehicles.put(b"", vehicle(euro=None, first_registered=date.max))
    vehicles.settle()
    passes.put(b"", day_pass(T0.date()))
    return AssessLez({"brussels": load_law("brussels")}, {CAMERA: camera()}, vehicles, passes, PermitBook())


def match() -> Stage:
    return Match(hotlist(entry("1ABC23?")), {CAMERA: camera()}, {})


def watch() -> Stage:
    """The plate was seen far away just before."""
    stage = Watch({**CAMERAS, CAMERA: camera(position=point(0))})
    stage(Batch(messages([seen(100, -800), seen(60, -1)]), T0))
    return stage


STAGES: dict[str, Callable[[], Stage]] = {
    "read_plates": lambda: ReadPlates(Engine(reading()), {CAMERA: camera()}, reader="fake"),
    "consolidate": lambda: Consolidate({CAMERA: camera()}),
    "match": match,
    "assess_lez": judge,
    "watch": watch,
    "look_back": lambda: LookBack(Passed([passage()]), {CAMERA: camera()}, timedelta(days=1)),
}
EXAMPLES = sorted(Path(schemas.__file__).parent.glob("examples/*/*/*/*.json"))
ODD_ZONES = st.sampled_from([UTC, timezone(timedelta(hours=14)), timezone(-timedelta(hours=12))])
MOMENTS = st.datetimes(timezones=ODD_ZONES) | st.sampled_from([T0, datetime.min.replace(tzinfo=UTC)])
PLATES = st.sampled_from([PLATE, "1ABC235", "", "🚗", "1" * 24])


@st.composite
def records(draw: st.DrawFn) -> bytes:
    """A read or a passage at odd moments."""
    moments: dict[str, Any] = {name: draw(MOMENTS) for name in ("captured_at", "received_at")}
    confidence = draw(st.sampled_from([0.0, 0.3, 0.9]))
    if draw(st.booleans()):
        return encode(read(draw(PLATES), confidence=confidence, **moments))
    return encode(passage(draw(st.sampled_from([PLATE, "9XYZ999"])), confidence=confidence, **moments))


VALUES = st.one_of(
    st.binary(max_size=40),
    st.sampled_from(EXAMPLES).map(Path.read_bytes),
    st.sampled_from([picture(), picture()[:300], picture(".png")]),
    records(),
)
HEADERS = st.one_of(
    st.just(()),
    st.binary(max_size=20).map(lambda value: (("frame", value),)),
    st.builds(frame, captured_at=MOMENTS, received_at=MOMENTS).map(lambda header: (("frame", encode(header)),)),
)
MESSAGES = st.builds(
    Message,
    topic=st.just("topic"),
    partition=st.integers(0, 2),
    offset=st.integers(0, 2**62),
    timestamp_ms=st.sampled_from([-1, 0, ms(T0), 2**62]),
    key=st.none() | st.sampled_from([CAMERA.encode(), PLATE.encode(), b"", b"\xff"]),
    value=VALUES,
    headers=HEADERS,
)
BATCHES = st.builds(
    Batch,
    messages=st.lists(MESSAGES, max_size=6),
    now=st.sampled_from([T0, T0 + timedelta(days=1)]),
    caught_up=st.sampled_from([(), (("topic", 0), ("topic", 7))]),
)


@pytest.fixture(params=STAGES)
def make(request: pytest.FixtureRequest) -> Callable[[], Stage]:
    """Builds the same stage anew."""
    return STAGES[request.param]


@pytest.mark.parametrize("name", STAGES)
@settings(deadline=None, max_examples=150)
@given(batches=st.lists(BATCHES, max_size=3))
def test_whatever_comes_is_answered_the_same_way_and_left_as_it_is(name: str, batches: list[Batch]) -> None:
    before = copy.deepcopy(batches)
    first, second = ([stage(batch) for batch in batches] for stage in (STAGES[name](), STAGES[name]()))
    assert first == second
    assert batches == before
    for outcome, batch in zip(first, batches, strict=True):
        _check(outcome, batch)


def _check(outcome: Outcome, batch: Batch) -> None:
    assert {r.reason for r in outcome.rejected} <= set(get_args(Reason))
    assert all(r.detail and r.message in batch.messages for r in outcome.rejected)
    assert all(emit.key for emit in outcome.emitted)
    assert all(picture.key and picture.data for picture in outcome.pictures)


def test_an_empty_batch_has_an_empty_outcome(make: Callable[[], Stage]) -> None:
    assert make()(Batch([], T0)) == Outcome()


def test_a_bad_message_does_not_keep_the_others_from_being_seen(make: Callable[[], Stage]) -> None:
    headers = (("frame", encode(frame())),)
    good = {
        "Consolidate": Message("reads", 0, 1, ms(T0), CAMERA.encode(), encode(read())),
        "LookBack": Message("hotlist", 0, 1, ms(T0), entry().entry_id.encode(), encode(entry())),
        "ReadPlates": Message("frames", 0, 1, ms(T0), CAMERA.encode(), picture(), headers),
    }
    stage = make()
    known = Message("passages", 0, 1, ms(T0), PLATE.encode(), encode(passage()))
    message = good.get(type(stage).__name__, known)
    outcome = stage(Batch([message._replace(value=b"{", offset=0), message], T0))
    assert [r.message.offset for r in outcome.rejected] == [0]
    assert len(outcome.emitted) == 1
