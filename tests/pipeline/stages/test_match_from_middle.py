"""Wherever one begins to read: the hits that are told are told by whoever reads all passages, in the same revisions."""

from __future__ import annotations

from random import Random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.identity import fact_id
from pipeline.messages import Message
from pipeline.outcome import Emit
from pipeline.stages.match import Match
from pipeline.stages.match_from_middle import MatchFromMiddle, Telling, telling_of
from tests.pipeline.builders import batch, camera, entry, hotlist, passage, passage_message

PLATES = ("1ABC234", "1ABC235", "2HJK905", "9XYZ999")


def _match() -> Match:
    return Match(hotlist(entry("1ABC234"), entry("2HJK905")), {"cam-1": camera()}, {})


def _traffic(seed: int) -> list[Message]:
    """Passages with their revisions: other plates, taken back, told again; in order for each."""
    rng, made = Random(seed), list[Message]()
    reads = dict.fromkeys(range(30), 0)
    shown: dict[int, str] = {}
    for _ in range(120):
        one = rng.randrange(30)
        reads[one] += rng.choice((1, 1, 2))
        plate = rng.choice(PLATES) if one not in shown or rng.random() < 0.2 else shown[one]
        before = shown.get(one)
        if before is not None and before != plate:
            made.append(_message(one, before, reads[one], len(made), withdrawn=True))
        shown[one] = plate
        made.append(_message(one, plate, reads[one], len(made), confidence=rng.choice((0.6, 0.97))))
    return made


def _message(one: int, plate: str, revision: int, offset: int, **changes: Any) -> Message:
    record = passage(
        plate, revision=revision, read_count=revision, passage_id=fact_id("test-passage", str(one)), **changes
    )
    return passage_message(record, offset)


def _tellings(emitted: list[Emit]) -> list[Telling]:
    return [telling_of(emit) for emit in emitted]


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 2**32), st.integers(0, 150))
def test_nothing_is_told_that_whoever_reads_all_does_not_tell(seed: int, start: int) -> None:
    messages = _traffic(seed)
    found, every = MatchFromMiddle(_match())(batch(messages[start:])), _match()(batch(messages))
    assert set(_tellings(found.emitted)) <= set(_tellings(every.emitted))


def test_from_the_first_on_it_tells_what_begins_with_the_first_revision_and_nothing_twice() -> None:
    messages = _traffic(1)
    found = _tellings(MatchFromMiddle(_match())(batch(messages)).emitted)
    every = _tellings(_match()(batch(messages)).emitted)
    assert len(found) == len(set(found)) > 5
    assert set(found) < set(every)


def test_a_passage_that_was_told_before_is_left_to_who_reads_in_order() -> None:
    log = [_message(1, "1ABC234", revision, revision) for revision in (1, 2, 3)]
    assert len(MatchFromMiddle(_match())(batch(log)).emitted) == 1
    assert MatchFromMiddle(_match())(batch(log[1:])).emitted == []


def test_what_it_told_it_takes_back() -> None:
    log = [_message(1, "1ABC234", 1, 0), _message(1, "1ABC234", 3, 1, withdrawn=True)]
    tellings = _tellings(MatchFromMiddle(_match())(batch(log)).emitted)
    assert [(one.revision, one.withdrawn) for one in tellings] == [(1, False), (3, True)]


def test_when_partitions_go_nothing_is_certain_of_what_had_begun() -> None:
    stage = MatchFromMiddle(_match())
    stage(batch([_message(1, "1ABC234", 1, 0)]))
    stage.forget([("passages", 0)])
    assert stage(batch([_message(1, "1ABC234", 2, 1)])).emitted == []
