"""Wherever one begins to read: what is told is what is told by whoever reads the log whole, down to the byte."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from random import Random
from typing import Any
from uuid import UUID

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from pipeline.identity import fact_id
from pipeline.messages import Message
from pipeline.stages.consolidate import Consolidate, ConsolidateRules
from pipeline.stages.tracks_from_middle import DISORDER_MS, TracksFromMiddle
from replay.passing import draw_scenes, moments, reads_of
from replay.seeds import stream
from schemas.read import Read
from tests.pipeline.builders import CAMERA, at, batch, decode_passage, log, message, read
from tests.pipeline.stages.test_consolidate_replay import CAMERAS, LOOKS

SURE_S = ConsolidateRules().hold_behind.total_seconds() + DISORDER_MS / 1000


def told(messages: list[Message], *, whole: bool = True) -> list[bytes]:
    """All that follows from these, batch by batch, without the clock's ends."""
    stage = Consolidate(dict.fromkeys(CAMERAS)) if whole else _from_middle()
    return [
        emit.value for start in range(0, len(messages), 7) for emit in stage(batch(messages[start : start + 7])).emitted
    ]


def _from_middle() -> Consolidate:
    return Consolidate(dict.fromkeys(CAMERAS), tracks=TracksFromMiddle)


@dataclass(frozen=True, slots=True)
class Traffic:
    """Which traffic: minutes of it at two cameras, with vehicles that stand, misreads, late sendings, reads sent again
    after a while. Stamps go with receipt, a moment later, and neighbours are out of order by up to a second."""

    seed: int
    count: int
    step_s: float
    pauses_s: tuple[float, ...]
    named: float
    again: float

    def messages(self) -> list[Message]:
        """As one partition holds them."""
        rng, made, seconds = Random(self.seed), list[tuple[Read, float]](), 0.0
        for number in range(self.count):
            seconds += rng.choice((self.step_s, self.step_s / 3, 0.0)) + rng.choice(self.pauses_s)
            if made and rng.random() < self.again:
                made.append((rng.choice(made[-80:])[0], seconds))
                continue
            made.append((_one(rng, number, seconds, self.named), seconds + rng.choice((0.0, 0.05, 1.0))))
        stamps = [_stamp(come) for _, come in made]
        return [m._replace(timestamp_ms=ms) for m, ms in zip(log([one for one, _ in made]), stamps, strict=True)]


TRAFFIC = st.builds(
    Traffic,
    seed=st.integers(0, 2**32),
    count=st.integers(60, 250),
    step_s=st.sampled_from([0.3, 1.0, 2.5]),
    pauses_s=st.sampled_from([(0.0,), (0.0, 0.0, 0.0, 5.0), (0.0,) * 30 + (16.0,)]),
    named=st.sampled_from([0.0, 0.5, 1.0]),
    again=st.sampled_from([0.0, 0.05]),
)


def _stamp(seconds: float) -> int:
    return round(at(seconds).timestamp() * 1000)


def _one(rng: Random, number: int, seconds: float, named: float) -> Read:
    vehicle = rng.randrange(len(LOOKS))
    late_s = rng.choice((0.0, 0.0, 0.0, 0.0, 200.0))
    return read(
        rng.choice(LOOKS[vehicle]),
        seconds - late_s - rng.choice((0.0, 0.0, 1.5)),
        read_id=fact_id("middle", number),
        received_at=at(seconds - rng.choice((0.0, 0.0, 0.0, 3.0))),
        camera_id=rng.choice(CAMERAS),
        confidence=rng.choice((0.3, 0.6, 0.9, 1.0)),
        track_id=f"track-{vehicle}-{int(seconds) // 40}" if rng.random() < named else None,
        frame_id=fact_id("frame", int(seconds * 10)) if rng.random() < 0.3 else None,
    )


@settings(deadline=None, max_examples=300)
@given(TRAFFIC, st.floats(0, 1))
def test_nothing_is_told_that_whoever_reads_all_does_not_tell(traffic: Traffic, share: float) -> None:
    messages = traffic.messages()
    start = int(share * (len(messages) - 1))
    found = told(messages[start:], whole=False)
    event(f"tells {min(len(found), 3)}")
    assert set(found) <= set(told(messages))


@settings(deadline=None, max_examples=100)
@given(TRAFFIC, st.floats(0, 1))
def test_of_a_passage_it_tells_all_or_a_beginning(traffic: Traffic, share: float) -> None:
    """Never a later revision without the earlier ones: whoever hears it hears them in order."""
    messages = traffic.messages()
    start = int(share * (len(messages) - 1))
    stage, whole = _from_middle(), Consolidate(dict.fromkeys(CAMERAS))
    found, every = _by_passage(stage, messages[start:]), _by_passage(whole, messages)
    assert all(every[ident][: len(values)] == values for ident, values in found.items())


def _by_passage(stage: Consolidate, messages: list[Message]) -> dict[UUID, list[bytes]]:
    by: dict[UUID, list[bytes]] = {}
    for emit in stage(batch(messages)).emitted:
        by.setdefault(decode_passage(emit.value).passage_id, []).append(emit.value)
    return by


def _vehicle(seconds: float, plate: str = "1ABC234", **changes: Any) -> Read:
    return read(plate, seconds, **changes)


@pytest.mark.parametrize("track", [None, "7"])
def test_a_vehicle_that_was_there_before_is_left_to_who_reads_in_order(track: str | None) -> None:
    standing = [_vehicle(n * 2.0, track_id=track) for n in range(60)]
    assert told(log(standing)[20:], whole=False) == []


@pytest.mark.parametrize("track", [None, "7"])
def test_the_next_one_is_told_at_once(track: str | None) -> None:
    before = [_vehicle(n * 2.0, track_id=track) for n in range(40)]
    after = _vehicle(100, "2HJK905", track_id=None if track is None else "8")
    found = told(log([*before, after])[10:], whole=False)
    assert found == told(log([*before, after]))[-1:]


def test_a_camera_that_always_sees_somebody_is_left_to_who_reads_in_order() -> None:
    """Its vehicles may be one another's, where nothing but the text tells them apart."""
    plates = ("1ABC234", "2HJK905")
    messages = log([_vehicle(n * 2.0, plates[n // 10 % 2]) for n in range(100)])
    assert told(messages[10:], whole=False) == []
    numbered = log([_vehicle(n * 2.0, plates[n // 10 % 2], track_id=f"{n // 10}") for n in range(100)])
    assert told(numbered[10:], whole=False)


def test_nothing_is_told_before_it_can_be_certain() -> None:
    sparse = log([_vehicle(n * 7.0, track_id=f"{n}") for n in range(20)])
    found = told(sparse[5:], whole=False)
    early = [m for m in sparse[5:] if m.timestamp_ms < sparse[5].timestamp_ms + SURE_S * 1000]
    assert len(found) == len(sparse[5:]) - len(early) > 0


def test_a_read_that_was_received_before_may_be_sent_again() -> None:
    """The first sending, with its vehicle, was before one began to read."""
    first = [_vehicle(n, track_id="7") for n in range(3)]
    other = [_vehicle(20 + 7 * n, "2HJK905", track_id=f"o{n}") for n in range(12)]
    again = log([*first, *other, first[1]])
    again[-1] = again[-1]._replace(timestamp_ms=_stamp(110))
    assert fact_id("test", "cam-1", "1ABC234", 1000) == first[1].read_id
    assert set(told(again[3:], whole=False)) <= set(told(again))


def test_a_read_of_a_vehicle_in_doubt_may_be_sent_again_too() -> None:
    """Read whole it is the last one of a track, which has it noted; read from the middle it is the first of its own."""
    before = [_vehicle(n, "1XBC234", confidence=1.0) for n in range(20)]
    since = [_vehicle(20 + 2 * n, "1ABC234", confidence=0.3) for n in range(17)]
    last = _vehicle(54, "1XBC235")
    messages = log([*before, *since, last, last])
    messages[-1] = messages[-1]._replace(timestamp_ms=_stamp(61))
    assert told(messages[20:-1], whole=False) == told(messages[20:], whole=False) == []
    assert decode_passage(told(messages)[-1]).read_count == 38, "not 39: it is known again"
    assert len({decode_passage(value).passage_id for value in told(messages)}) == 1


def test_forgets_a_partition() -> None:
    stage = _from_middle()
    stage(batch(log([_vehicle(0), _vehicle(60)])))
    stage.forget([("reads", 0)])
    assert stage.open_tracks() == 0
    assert stage(batch([], at(0) + timedelta(hours=1), caught_up=[("reads", 0)])).emitted == []


# ---- simulated vehicles: fleets, jams, returns, misreads, frames out of order ----------------------------


def simulated(passings: int, seed: int) -> list[Message]:
    """One camera without track numbers, eight frames a second."""
    rng, now, made = stream(seed, "from-the-middle"), at(0), list[Message]()
    for moment in moments(draw_scenes(passings, seed), at(0), 8.0):
        now = max(now, moment.captured_at)
        for one, _ in reads_of(moment, CAMERA, rng):
            value = one.model_dump_json(exclude_defaults=True).encode()
            made.append(message(value, len(made), timestamp_ms=round(now.timestamp() * 1000)))
    return made


@pytest.mark.parametrize("seed", range(3))
def test_of_simulated_vehicles_most_are_certain_and_none_is_another(seed: int) -> None:
    messages = simulated(150, seed)
    whole = Consolidate({CAMERA: None})(batch(messages)).emitted
    every = {emit.value for emit in whole}
    for share in (0.1, 0.3, 0.5, 0.7):
        start = int(share * len(messages))
        stage = Consolidate({CAMERA: None}, tracks=TracksFromMiddle)
        found = {emit.value for emit in stage(batch(messages[start:])).emitted}
        assert found <= every
        sure = _passages(emit.value for emit in whole if _first_s(emit.value) > _stamp_s(messages[start]) + SURE_S + 30)
        assert len(_passages(found) & sure) > 0.9 * len(sure)


def _passages(values: Iterable[bytes]) -> set[UUID]:
    return {decode_passage(value).passage_id for value in values}


def _first_s(value: bytes) -> float:
    return decode_passage(value).captured_at.timestamp()


def _stamp_s(message: Message) -> float:
    return message.timestamp_ms / 1000
