"""A lane beside a backlog: all is told once, as without it, whoever takes turns how, and whoever is killed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from math import inf
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.messages import Message
from pipeline.outcome import Outcome, Rejection
from pipeline.runtime.commits import Offsets, Rewinds
from pipeline.runtime.live_lane import Lane, LaneRules, LaneSource, LaneStage, Telling, bytes_of
from pipeline.runtime.loop import Limits, Loop, StatefulStage
from pipeline.runtime.metrics import Metrics
from pipeline.runtime.output import KafkaOutput
from pipeline.runtime.source import Place, Polled
from pipeline.stages.consolidate import Consolidate
from pipeline.stages.match import Match
from pipeline.stages.match_from_middle import MatchFromMiddle, telling_of
from pipeline.stages.tracks_from_middle import TracksFromMiddle
from schemas.hit import Hit
from tests.pipeline.builders import at, decode_passage, entry, hotlist, log, ms, passage, passage_message, read
from tests.pipeline.runtime.fakes import PLACE, Broken, Journal, RecordingLetters, RecordingOutput, TurnedClock
from tests.pipeline.stages.test_consolidate_replay import CAMERAS
from tests.pipeline.stages.test_tracks_from_middle import TRAFFIC, Traffic

RULES = LaneRules(behind_s=20, behind_messages=5, window_s=60, backlog_per_s=inf, backlog_at_once=9, turns=2)


class Topic:
    """One partition, of which what is stamped by now is there; and what a group has committed."""

    def __init__(self, messages: Sequence[Message], clock: TurnedClock) -> None:
        self.messages, self.clock = messages, clock
        self.committed, self.rewind = 0, 0

    def there(self) -> int:
        """Its end. In the order of the log: one that is stamped ahead of its neighbours keeps none of them away."""
        now_ms = self.clock.now().timestamp() * 1000
        return max((m.offset + 1 for m in self.messages if m.timestamp_ms <= now_ms), default=0)


class InOrder:
    """The source of the flow, from its commit on, state first."""

    def __init__(self, topic: Topic) -> None:
        self._topic, self._live = topic, topic.committed
        self.position = min(topic.rewind, topic.committed)

    def open(self) -> None:
        """Nothing to do."""

    def poll(self, most: int, wait_s: float, gather_s: float = 0.0) -> Polled:  # noqa: ARG002
        """Next messages."""
        start, end = self.position, min(self.position + most, self._topic.there())
        self.position = max(start, end)
        taken = self._topic.messages[start:end]
        return Polled([m for m in taken if m.offset < self._live], [m for m in taken if m.offset >= self._live])

    def commit(self, offsets: Offsets, rewinds: Rewinds) -> bool:
        """Keep them."""
        self._topic.committed = offsets.get(PLACE, self._topic.committed)
        self._topic.rewind = rewinds[PLACE].offset if PLACE in rewinds else self._topic.rewind
        return True

    def keep_alive(self) -> None:
        """Nothing to do."""

    def resume(self) -> None:
        """Nothing to do."""

    def lag(self) -> Mapping[Place, int]:
        """Messages not taken."""
        return {PLACE: self._topic.there() - self.position}

    def at_end(self) -> frozenset[Place]:
        """Read to its end."""
        return frozenset({PLACE} if self.position >= self._topic.there() else ())

    def close(self) -> None:
        """Nothing to do."""


class Ahead:
    """The lane's source over the same topic."""

    def __init__(self, topic: Topic) -> None:
        self._topic = topic
        self.positions: dict[Place, int] = {}
        self.answers, self.closed = True, False

    def offsets_at(self, places: Collection[Place], stamp_ms: int) -> Mapping[Place, int]:
        """The first message stamped then or later, or the end."""
        there = self._topic.messages[: self._topic.there()] if self.answers else []
        found = next((m.offset for m in there if m.timestamp_ms >= stamp_ms), len(there))
        return dict.fromkeys(places, found) if self.answers else {}

    def begin(self, starts: Mapping[Place, int]) -> None:
        """From there on."""
        self.positions |= starts

    def take(self, most: int, wait_s: float) -> Sequence[Message]:  # noqa: ARG002
        """What is there."""
        if PLACE not in self.positions:
            return []
        start = self.positions[PLACE]
        taken = self._topic.messages[start : min(start + most, self._topic.there())]
        self.positions[PLACE] = start + len(taken)
        return taken

    def end(self, places: Sequence[Place]) -> None:
        """No more."""
        for place in places:
            self.positions.pop(place, None)

    def close(self) -> None:
        """Note it."""
        self.closed = True


class Mortal(RecordingOutput):
    """Takes everything; dies at the next delivery where it is told to, before or behind it."""

    dies = ""

    def deliver(self, outcome: Outcome, while_waiting: Callable[[], None]) -> Sequence[Rejection]:
        """Raises Broken once."""
        dies, self.dies = self.dies if outcome.emitted else "", "" if outcome.emitted else self.dies
        if dies != "before it":
            super().deliver(outcome, while_waiting)
        if dies:
            raise Broken(dies)
        return ()


Stages = Callable[[], tuple[StatefulStage, LaneStage, Telling]]


def consolidating() -> tuple[StatefulStage, LaneStage, Telling]:
    """Reads to passages."""
    ahead = Consolidate(dict.fromkeys(CAMERAS), tracks=TracksFromMiddle)
    return Consolidate(dict.fromkeys(CAMERAS)), ahead, bytes_of


def matching() -> tuple[StatefulStage, LaneStage, Telling]:
    """Passages to hits. What is said of the entry changes meanwhile."""
    flow, ahead = (Match(hotlist(entry(reason=reason)), {}, {}) for reason in ("found again", "stolen"))
    return flow, MatchFromMiddle(ahead), telling_of


class Run:
    """A worker on a topic, killed and started again at will. `told`: all that ever came out."""

    def __init__(self, messages: Sequence[Message], rules: LaneRules = RULES, made: Stages = consolidating) -> None:
        self.clock = TurnedClock()
        self.topic, self.output = Topic(messages, self.clock), Mortal(Journal())
        self._rules, self._made = rules, made
        self.start()

    @property
    def told(self) -> list[bytes]:
        return [emit.value for emit in self.output.sent]

    def start(self) -> None:
        """A new process: nothing is left but what was committed."""
        (stage, ahead, telling), self.metrics = self._made(), Metrics()
        self.source, self.ahead = InOrder(self.topic), Ahead(self.topic)
        self.lane = Lane(cast(LaneSource, self.ahead), ahead, telling, self.clock, self._rules)
        self.loop = Loop(
            flow="consolidate",
            source=self.source,
            stage=stage,
            output=self.output,
            dead_letters=cast(KafkaOutput, RecordingLetters(Journal())),
            metrics=self.metrics,
            clock=self.clock,
            limits=Limits(batch_messages=11, commit_every_s=1e9),
            stateful=stage,
            lane=self.lane,
        )
        self.loop._committed_at = self.clock.monotonic()
        self.lane.assigned({PLACE: self.topic.committed})

    def finish(self) -> list[bytes]:
        """All of the log, and long after it the end of every track."""
        self.clock.sleep(max(0.0, (self.topic.messages[-1].timestamp_ms - ms(self.clock.now())) / 1000 + 1))
        for _ in range(len(self.topic.messages)):
            self.loop.step()
        self.clock.sleep(3600)
        self.loop.step()
        assert self.source.position == len(self.topic.messages)
        return self.told


def alone(messages: Sequence[Message]) -> list[bytes]:
    """Without a lane, nor an interruption."""
    return Run(messages, replace(RULES, behind_messages=10**9)).finish()


STEPS = st.lists(
    st.tuples(st.just("step"), st.integers(1, 6))
    | st.tuples(st.just("time"), st.integers(1, 40))
    | st.tuples(st.sampled_from(["commit", "kill", "give away", "before it", "behind it"]), st.just(1)),
    max_size=30,
)


@settings(deadline=None, max_examples=100)
@given(TRAFFIC, st.integers(0, 200), STEPS)
def test_all_is_told_as_without_a_lane(traffic: Traffic, after_s: int, steps: list[tuple[str, int]]) -> None:
    interrupted = not {"step", "time", "commit"}.issuperset(what for what, _ in steps)
    # That ended tracks are known again is not rebuilt after a restart, with a lane or without.
    messages = replace(traffic, again=0.0 if interrupted else traffic.again).messages()
    run = Run(messages)
    run.clock.sleep(after_s)
    for what, count in steps:
        _act(run, what, count)
    told = run.finish()
    assert set(told) == set(alone(messages))
    assert run.lane.differing == 0
    if not interrupted:
        assert Counter(told) == Counter(alone(messages)), "nothing is told twice where nobody is interrupted"


def _act(run: Run, what: str, count: int) -> None:
    if what == "step":
        for _ in range(count):
            run.loop.step()
    elif what == "time":
        run.clock.sleep(count)
    elif what == "commit":
        run.loop.commit()
    elif what == "kill":
        run.start()
    elif what.endswith(" it"):
        run.output.dies = what
        with suppress(Broken):
            run.loop.step()
        run.output.dies = ""
        run.start()
    else:  # it goes to another worker, and comes to us, who are that one too
        run.loop.commit()
        run.loop.forget([PLACE])
        run.source.position, run.source._live = min(run.topic.rewind, run.topic.committed), run.topic.committed
        run.lane.assigned({PLACE: run.topic.committed})


# ---- one by one ------------------------------------------------------------------------------------------


def an_hour(before: int = 400, track: Any = str) -> list[Message]:
    """Vehicles, one each second, of which the last hundred come after the worker has started."""
    return log([read(f"1ABC{n % 1000:03d}", float(n), track_id=track(n)) for n in range(before + 100)])


@pytest.fixture
def behind() -> Run:
    """A worker that was stopped for 400 s and has taken its first batch."""
    run = Run(an_hour())
    run.clock.sleep(400)
    run.loop.step()
    return run


def test_what_comes_now_is_told_before_the_backlog(behind: Run) -> None:
    assert behind.lane.active()
    behind.clock.sleep(0.5)
    for _ in range(4):
        behind.loop.step()
    assert behind.source.position < 60, "the backlog is not worked off yet"
    assert decode_passage(behind.told[-1]).captured_at < at(60)
    newest = max(decode_passage(value).captured_at for value in behind.told)
    assert newest == at(400)
    behind.clock.sleep(1)
    behind.loop.step()
    assert at(401) in {decode_passage(value).captured_at for value in behind.told}


def test_the_backlog_is_worked_off_and_then_the_lane_ends(behind: Run) -> None:
    for _ in range(100):
        behind.loop.step()
    assert not behind.lane.active()
    assert behind.ahead.positions == {}
    assert behind.source.position == behind.topic.there()
    assert len(set(behind.told)) == len(behind.told) == 401


def test_how_far_behind_is_told(behind: Run) -> None:
    behind.loop.limits = Limits(batch_messages=11, commit_every_s=0)
    behind.loop.step()
    value = behind.metrics.registry.get_sample_value
    left = value("anpr_backlog_messages", {"flow": "consolidate"})
    assert left == behind.ahead.positions[PLACE] - behind.source.position > 300
    assert value("anpr_backlog_seconds", {"flow": "consolidate"}) == pytest.approx(400 - behind.source.position, abs=2)
    for _ in range(100):
        behind.loop.step()
    assert value("anpr_backlog_messages", {"flow": "consolidate"}) == 0
    assert value("anpr_backlog_seconds", {"flow": "consolidate"}) == 0
    assert (value("anpr_lane_messages_total", {"flow": "consolidate"}) or 0) > 50


def test_the_backlog_leaves_something_of_the_machine_to_others() -> None:
    run = Run(an_hour(), replace(RULES, backlog_per_s=90.0))
    run.clock.sleep(400)
    run.loop.step()
    run.loop.step()
    at_first = run.source.position
    for _ in range(50):
        run.loop.step()
    assert run.source.position == at_first, "not before its time"
    run.clock.sleep(0.2)
    run.loop.step()
    assert run.source.position == at_first + RULES.backlog_at_once


def test_a_backlog_of_which_nothing_comes_is_not_asked_without_a_pause(behind: Run) -> None:
    """The broker is away, or fetches: both would be asked thousands of times a second."""
    asked, poll = list[float](), behind.source.poll

    def nothing(*_limits: float) -> Polled:
        asked.append(behind.clock.monotonic())
        return Polled((), ())

    behind.source.poll = nothing  # type: ignore[method-assign, assignment]
    for _ in range(20):
        behind.loop.step()
    assert len(asked) == 1
    behind.source.poll = poll  # type: ignore[method-assign]
    behind.clock.sleep(0.1)
    assert behind.loop.step() > 0


def test_without_a_backlog_there_is_no_lane() -> None:
    run = Run(an_hour())
    run.clock.sleep(10)
    run.loop.step()
    run.clock.sleep(4)
    run.loop.step()
    assert not run.lane.active()


def test_few_messages_are_no_backlog_however_old() -> None:
    run = Run(an_hour(before=3)[:4])
    run.clock.sleep(3600)
    run.loop.step()
    assert not run.lane.active()


def test_a_broker_that_does_not_tell_is_asked_again() -> None:
    run = Run(an_hour())
    run.clock.sleep(400)
    run.ahead.answers = False
    run.loop.step()
    assert not run.lane.active()
    run.ahead.answers = True
    run.loop.step()
    assert not run.lane.active(), "not at every step"
    run.clock.sleep(1)
    run.loop.step()
    assert run.lane.active()


def test_a_worker_that_falls_behind_gets_a_lane_too() -> None:
    run = Run(an_hour())
    run.clock.sleep(5)
    run.loop.step()
    assert not run.lane.active()
    run.clock.sleep(300)
    run.loop.step()
    run.loop.step()
    assert run.lane.active()


def test_a_quiet_partition_is_not_asked_about() -> None:
    run = Run(an_hour(before=3)[:14])
    run.clock.sleep(20)
    run.loop.step()
    run.loop.step()
    run.ahead.offsets_at = None  # type: ignore[assignment, method-assign]
    run.clock.sleep(3600)
    run.loop.step()


def test_what_follows_that_was_not_told_before_is_sent_all_the_same(behind: Run) -> None:
    """The lane was wrong: the flow is right, and says that they differ."""
    behind.loop.step()
    behind.lane._told.clear()
    behind.lane._told[b"never to come"] += 1
    told = set(behind.finish())
    assert told == set(alone(behind.topic.messages))
    assert behind.lane.differing == 1


def test_a_partition_that_goes_to_another_worker_takes_its_lane_along(behind: Run) -> None:
    behind.loop.step()
    behind.loop.commit()
    behind.loop.forget([PLACE])
    assert not behind.lane.active()
    assert behind.ahead.positions == {}
    assert behind.lane.differing == 0


def test_the_end_closes_the_lane(behind: Run) -> None:
    behind.loop.stop()
    behind.loop.run()
    assert behind.ahead.closed


def test_hits_are_told_first_and_once() -> None:
    """Each third passage is of the listed plate; every second of these has a first revision that was told before."""
    plates = ["1ABC234", "2HJK905", "9XYZ999"]
    records = [passage(plates[n % 3], float(n), revision=1 + n % 2, read_count=1 + n % 2) for n in range(500)]
    messages = [passage_message(one, n, topic="reads", timestamp_ms=ms(at(n))) for n, one in enumerate(records)]
    run = Run(messages, made=matching)
    run.clock.sleep(400)
    run.loop.step()
    first = [hit for hit in map(Hit.model_validate_json, run.told) if hit.reason == "stolen"]
    assert first
    assert all(hit.captured_at > at(330) and hit.revision == 1 for hit in first)
    hits = [Hit.model_validate_json(value) for value in run.finish()]
    assert Counter(hit.passage_id for hit in hits) == Counter(
        one.passage_id for one in records if one.plate == plates[0]
    )
    assert run.lane.differing == 0


def test_what_is_told_beyond_what_can_be_noted_is_told_again() -> None:
    run = Run(an_hour(), replace(RULES, most_noted=10))
    run.clock.sleep(400)
    told = run.finish()
    assert set(told) == set(alone(run.topic.messages))
    assert len(told) > len(set(told))
    assert run.lane.differing == 0


def test_a_telling_is_its_bytes(behind: Run) -> None:
    first, second = behind.output.sent[:2]
    assert bytes_of(first) == bytes_of(replace_emit(first, value=bytes(first.value)))
    assert len({bytes_of(first), bytes_of(second), bytes_of(replace_emit(first, key=b"x"))}) == 3


def replace_emit(emit: Any, **changes: Any) -> Any:
    return type(emit)(**{"topic": emit.topic, "key": emit.key, "value": emit.value} | changes)
