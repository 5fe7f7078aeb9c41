"""The loop of every flow, and the order that makes it safe."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Protocol

from pipeline.messages import Batch, Message
from pipeline.outcome import Outcome, Picture, Rejection
from pipeline.runtime.clock import Clock
from pipeline.runtime.commits import Offsets, Rewind, Rewinds
from pipeline.runtime.dead_letters import letters
from pipeline.runtime.event_time import measure_age
from pipeline.runtime.live_lane import Lane
from pipeline.runtime.metrics import Metrics
from pipeline.runtime.output import Ahead, KafkaOutput, Output
from pipeline.runtime.reference import ReferenceReader
from pipeline.runtime.source import Place, Polled
from pipeline.runtime.state_copies import StateCopies
from pipeline.runtime.waiting import Dependency, LeftWaiting, Waiting

__all__ = ["Limits", "Loop", "Noting", "PictureStore", "Source", "Stage", "StatefulStage"]

LOGGER = logging.getLogger(__name__)
CAUGHT_UP_EVERY_S = 0.5
MOST_ON_WAY = 5
"""Batches that are sent and not acknowledged yet, the one in hand among them."""


class Stage(Protocol):
    """A pure function of a batch."""

    def __call__(self, batch: Batch) -> Outcome:
        """All that follows from the batch."""
        ...


class StatefulStage(Stage, Protocol):
    """A stage whose answer also depends on earlier messages of the same partition, and on nothing else."""

    def needed_from(self, place: Place) -> int | None:
        """Oldest offset from which its state of this partition could be rebuilt; None: it keeps none."""
        ...

    def forget(self, places: Sequence[Place]) -> None:
        """Drop the state of partitions that went to another worker."""
        ...

    def open_tracks(self) -> int:
        """How many things it keeps state of, for the metric."""
        ...


class Noting(Protocol):
    """A stateful stage that tells its successor more than from where to read again."""

    def note(self, place: Place, reached: int) -> str:
        """Goes with the offset of `needed_from`; the state is that of all messages before `reached`. Short."""
        ...

    def heed(self, place: Place, note: str, live: int) -> None:
        """A predecessor's note, before what is older than offset `live` is read again; empty: there is none."""
        ...


class Source(Protocol):
    """What the loop needs of `KafkaSource`."""

    def open(self) -> None:
        """Take partitions."""
        ...

    def poll(self, most: int, wait_s: float, gather_s: float = 0.0) -> Polled:
        """Next messages."""
        ...

    def commit(self, offsets: Offsets, rewinds: Rewinds) -> bool:
        """Everything before is done; False: could not be said now."""
        ...

    def keep_alive(self) -> None:
        """Stay assigned while a dependency is down."""
        ...

    def resume(self) -> None:
        """Go on after `keep_alive`."""
        ...

    def lag(self) -> Mapping[Place, int]:
        """Messages not yet taken, by partition."""
        ...

    def at_end(self) -> frozenset[Place]:
        """Partitions of which nothing is left to read, as far as the broker can be trusted to have told all."""
        ...

    def broker_answers(self) -> bool:
        """Whether the broker says anything now; waits a little for it."""
        ...

    def close(self) -> None:
        """Let go."""
        ...


class PictureStore(Protocol):
    """Keeps evidence pictures."""

    def put(self, pictures: Sequence[Picture], while_waiting: Callable[[], None]) -> None:
        """Keep them all before returning."""
        ...


@dataclass(frozen=True, slots=True)
class Limits:
    """How much the loop takes at once, and how often it commits."""

    batch_messages: int = 2_000
    wait_s: float = 0.25
    gather_s: float = 0.0
    """Collect for so long after the first message: larger batches for a store that likes them."""
    gather_most_s: float = 0.0
    """… and for up to so long the more comes: fewer blocks are less work, and few messages need not wait for it."""
    much: int = 10_000
    """After a batch of so many messages the next one is gathered for all of that, after a smaller one for less."""
    commit_every_s: float = 1.0
    """What was delivered but not yet committed is done again after a crash, with the same result."""
    refresh_every_s: float = 0.1
    """How often reference topics are looked at."""


@dataclass(slots=True)
class _OnWay:
    """A batch from when the stage is given it until all that follows is acknowledged."""

    messages: Sequence[Message]
    began_s: float
    outcome: Outcome = field(default_factory=Outcome)
    gone: set[Place] = field(default_factory=set)
    """Partitions given away meanwhile: another worker takes their messages again."""


@dataclass(slots=True)
class Loop:
    """consume → stage → deliver → commit, for one flow. One thread runs it; `stop` may come from another.

    Nothing is committed before everything that follows from it is acknowledged. A failure to deliver raises, the
    process ends, and its successor starts from the last commit. While there is much to do, the next batch is worked on
    before the last one is acknowledged (`ahead`).
    """

    flow: str
    source: Source
    stage: Stage
    output: Output
    dead_letters: KafkaOutput
    metrics: Metrics
    clock: Clock
    limits: Limits = field(default_factory=Limits)
    references: Sequence[ReferenceReader] = ()
    pictures: PictureStore | None = None
    logs: Mapping[str, str] = field(default_factory=dict)
    """Topic → log identity, for dead letters."""
    stateful: StatefulStage | None = None
    """The stage again, if it keeps state."""
    noting: Noting | None = None
    """The stage again, if it has more to tell its successor."""
    ahead: Ahead | None = None
    """The output again, if it may be given a batch while others are on their way."""
    copies: StateCopies | None = None
    """Where the state is written down, if it is."""
    lane: Lane | None = None
    """For what has just come, while there is a backlog."""
    on_ready: Callable[[], None] = lambda: None
    """Called once, when references are loaded and partitions are asked for."""
    on_progress: Callable[[], None] = lambda: None
    """Called once per step and about every second of waiting: liveness."""
    waits_for: Dependency = "broker"
    """What takes the flow's results, for whoever looks why it waits."""
    waiting: Waiting | None = None
    """Where it is told that it waits; None: in its metrics only."""
    _stopping: bool = False
    _done: dict[Place, int] = field(default_factory=dict)
    _rebuilt: dict[Place, int] = field(default_factory=dict)
    """Offset up to which a partition's state was rebuilt; what is done since counts before it."""
    _told: tuple[dict[Place, int], dict[Place, Rewind]] = field(default_factory=lambda: ({}, {}))
    """Offsets and rewinds of the last commit."""
    _committed_at: float = 0.0
    _look_at: float = 0.0
    _refreshed_at: float = 0.0
    _gather_s: float = 0.0
    _waited: bool = False
    _rebuilding: bool = False
    _in_rebuild: bool = False
    """The stage has seen messages again that are not noted yet."""
    _on_way: list[_OnWay] = field(default_factory=list)
    """Batches that the stage has seen and that are not noted as done: its state is ahead of our offsets."""
    _gone: set[Place] = field(default_factory=set)
    """Partitions given away since messages were last taken."""

    _waits: Waiting = field(init=False)

    def __post_init__(self) -> None:
        self._waits = self.waiting or Waiting(self.flow, self.metrics, self.clock)

    def run(self) -> None:
        """Load references, then work until `stop`. Raises what makes going on unsafe."""
        try:
            self._load_references()
            self.source.open()
            self.on_ready()
            while not self._stopping:
                self.step()
            self._settle()
            self.commit()
            self._copy_state(at_once=True)
        except LeftWaiting as left:
            LOGGER.warning("%s: the last messages will be taken again", left)
        finally:
            self.source.close()
            for reader in self.references:
                reader.close()
            if self.lane is not None:
                self.lane.close()

    def stop(self) -> None:
        """Finish the batch in hand, commit, leave; without that batch where a dependency does not answer."""
        self._stopping = True
        self._waits.end_soon()

    def step(self) -> int:
        """1 consume  2 refresh references  3 stage  4 deliver  5 commit. Returns how many messages were new."""
        polled = self._poll()
        self._gone.clear()
        self._refresh_references()
        replayed, fresh = self._ours(polled.replayed), self._ours(polled.fresh)
        if replayed:
            self._settle()
            self._rebuild(replayed)
        elif fresh:
            self._rebuilding = False
        if fresh or self.stateful is not None:
            self._work(fresh)
        else:
            self._settle()
        self._gather_as_much_as(len(fresh))
        self._go_on()
        self._commit_when_due()
        self.on_progress()
        return len(fresh)

    def _poll(self) -> Polled:
        """What has just come goes first, where there is a backlog."""
        limits, lane = self.limits, self.lane
        if lane is not None:
            lane.look(self._done, self.source.lag)
        if lane is None or not lane.active():
            return self.source.poll(limits.batch_messages, limits.wait_s, self._gather_s or limits.gather_s)
        self._work_lane(lane)
        if not lane.backlog_may_go_on():
            return Polled((), ())
        polled = self.source.poll(min(lane.rules.backlog_at_once, limits.batch_messages), 0.0)
        if not polled.fresh and not polled.replayed:
            lane.none_came()
        return polled

    def _work_lane(self, lane: Lane) -> None:
        """Tell what is certain. What the lane's stage refuses, or its output, the flow finds again in order."""
        for _ in range(lane.rules.turns):
            messages = lane.take(self.limits.batch_messages)
            if not messages:
                return
            told = lane.stage(Batch(messages, self.clock.now())).emitted
            self.output.deliver(Outcome(emitted=told), partial(self._wait, self.waits_for))
            lane.note_told(told)
            self.metrics.count("anpr_lane_messages_total", len(messages), flow=self.flow)
            self._go_on()
            self._refresh_references()

    def _gather_as_much_as(self, came: int) -> None:
        limits = self.limits
        self._gather_s = max(limits.gather_s, limits.gather_most_s * min(came / limits.much, 1.0))

    def _ours(self, messages: Sequence[Message]) -> Sequence[Message]:
        """Without those of partitions that went to another worker meanwhile, which takes these messages again."""
        return [m for m in messages if (m.topic, m.partition) not in self._gone] if self._gone else messages

    def _rebuild(self, messages: Sequence[Message]) -> None:
        """Let the stage see again what it had seen; what followed from it was delivered before the commit."""
        self._in_rebuild = True
        self.stage(Batch(messages, self.clock.now(), replayed=True))
        for message in messages:
            self._rebuilt[message.topic, message.partition] = message.offset + 1
        self._in_rebuild = False
        self.metrics.count("anpr_consumed_total", len(messages), flow=self.flow)
        self.metrics.count("anpr_replayed_total", len(messages), flow=self.flow)
        if not self._rebuilding:
            self._rebuilding = True
            self.metrics.count("anpr_state_rebuilds_total", flow=self.flow)

    def _work(self, messages: Sequence[Message]) -> None:
        one = _OnWay(messages, self.clock.monotonic())
        self._on_way.append(one)
        outcome = one.outcome = self.stage(Batch(messages, self.clock.now(), self._caught_up()))
        if self.lane is not None:
            outcome.emitted = self.lane.untold(outcome.emitted)
        self._deliver(outcome)
        if not self._may_go_ahead(messages):
            self._settle()

    def _may_go_ahead(self, messages: Sequence[Message]) -> bool:
        """Without waiting for acknowledgement: there is more to take, and no lane that looks how far we are."""
        much = len(messages) >= self.limits.batch_messages and len(self._on_way) < MOST_ON_WAY
        return much and self.ahead is not None and (self.lane is None or not self.lane.active())

    def _settle(self) -> None:
        """Wait until all that is on its way is acknowledged, and note it as done."""
        if not self._on_way:
            return
        if self.ahead is not None:
            self.ahead.settle(partial(self._wait, self.waits_for))
        on_way, self._on_way = self._on_way, []
        for one in on_way:
            self._note_done(one)

    def _note_done(self, one: _OnWay) -> None:
        ours = [m for m in one.messages if (m.topic, m.partition) not in one.gone] if one.gone else one.messages
        for message in ours:
            self._done[message.topic, message.partition] = message.offset + 1
        if self.lane is not None and ours:
            self.lane.done(ours)
        if one.messages:
            self._measure(one.messages, one.outcome, self.clock.monotonic() - one.began_s)

    def _caught_up(self) -> frozenset[Place]:
        """Partitions read to their end; looked at twice a second, as only time-outs of a stage hang on it."""
        if self.stateful is None or self.clock.monotonic() < self._look_at:
            return frozenset()
        self._look_at = self.clock.monotonic() + CAUGHT_UP_EVERY_S
        return self.source.at_end()

    def _deliver(self, outcome: Outcome) -> None:
        if outcome.pictures and self.pictures is not None:
            self.pictures.put(outcome.pictures, partial(self._wait, "pictures"))
        self._bury(outcome.rejected)
        wait = partial(self._wait, self.waits_for)
        if self.ahead is not None:
            self.ahead.hand_over(outcome, wait)
        else:
            self._bury(self.output.deliver(outcome, wait))

    def _bury(self, rejections: Sequence[Rejection]) -> None:
        if not rejections:
            return
        wait = partial(self._wait, "broker")
        for letter, headers in letters(self.flow, self.logs, rejections, self.clock.now()):
            self.dead_letters.produce(letter.topic, letter.key, letter.value, headers, wait)
        self.dead_letters.flush(wait)
        for rejection in rejections:
            self.metrics.count("anpr_dead_letters_total", flow=self.flow, reason=rejection.reason)

    def _wait(self, dependency: Dependency) -> None:
        """A dependency does not answer: stay in the group, say so, go on waiting."""
        self._waited = True
        self.source.keep_alive()
        self.on_progress()
        self._waits.note(dependency)

    def _go_on(self) -> None:
        if self._waited:
            self._waited = False
            self.source.resume()
        if self._waits.noted:
            self._waits.over()

    def _load_references(self) -> None:
        for reader in self.references:
            self._bury(reader.load())
            self._count_reference(reader)
        self._go_on()

    def _refresh_references(self) -> None:
        if self.clock.monotonic() - self._refreshed_at < self.limits.refresh_every_s:
            return
        self._refreshed_at = self.clock.monotonic()
        for reader in self.references:
            self._bury(reader.refresh())
            self._count_reference(reader)

    def _count_reference(self, reader: ReferenceReader) -> None:
        reader.measure(self.metrics, self.flow)

    def _commit_when_due(self) -> None:
        if self.clock.monotonic() - self._committed_at >= self.limits.commit_every_s:
            self._settle()
            self.commit()
            self._copy_state()
            self._look_for_the_broker()
            self._measure_lag()

    def _look_for_the_broker(self) -> None:
        """With nothing in hand, only the client's complaints tell that nothing can come."""
        if not self._waits.suspected:
            return
        if self.source.broker_answers():
            self._waits.suspected = False
            self._waits.over()
        else:
            self._waits.begin("broker")

    def _measure_lag(self) -> None:
        """Also when nothing was done: a flow that stands still must not look as if it were up to date."""
        behind = dict.fromkeys(self.logs, 0)
        for (topic, _partition), lag in self.source.lag().items():
            behind[topic] = behind.get(topic, 0) + lag
        for topic, messages in behind.items():
            self.metrics.set("anpr_lag_messages", messages, flow=self.flow, topic=topic)
        if self.lane is not None:
            self._measure_lane(self.lane)

    def _measure_lane(self, lane: Lane) -> None:
        messages, seconds = lane.backlog()
        self.metrics.set("anpr_backlog_messages", messages, flow=self.flow)
        self.metrics.set("anpr_backlog_seconds", seconds, flow=self.flow)
        self.metrics.set("anpr_lane_differing", lane.differing, flow=self.flow)

    def commit(self) -> None:
        """Commit what is delivered, if that changed. Also called before partitions are given away.

        That may be in mid-batch, while an output waits or after it failed, or with batches on their way: the rewind
        offsets then stay as they are, which only makes a rebuild longer. Those of the present state could miss a track
        that such a batch ended.
        """
        self._committed_at = self.clock.monotonic()
        state = (dict(self._done), {} if self._in_rebuild or self._on_way else self._rewinds())
        if state == self._told:
            return
        if not self.source.commit(*state):
            self._waits.suspected = True
            return
        self._told = state
        if self.stateful is not None:
            self.metrics.set("anpr_open_tracks", self.stateful.open_tracks(), flow=self.flow)

    def _copy_state(self, *, at_once: bool = False) -> None:
        """Of what is committed, while the state is of just that."""
        committed = self._told[0]
        if self.copies is not None and committed == self._done and not self._on_way:
            self.copies.reached(committed, at_once=at_once)

    def _rewinds(self) -> dict[Place, Rewind]:
        stateful, noting = self.stateful, self.noting
        if stateful is None:
            return {}
        reached = self._rebuilt | self._done
        needed = {place: stateful.needed_from(place) for place in reached}
        notes = {place: "" if noting is None else noting.note(place, at) for place, at in reached.items()}
        return {place: Rewind(reached[place] if at is None else at, notes[place]) for place, at in needed.items()}

    def forget(self, places: Sequence[Place]) -> None:
        """Partitions went to another worker."""
        self._gone.update(places)
        for one in self._on_way:
            one.gone.update(places)
        for place in places:
            self._done.pop(place, None)
            self._rebuilt.pop(place, None)
        if self.stateful is not None:
            self.stateful.forget(places)
        if self.copies is not None:
            self.copies.forget(places)
        if self.lane is not None:
            self.lane.forget(places)

    def _measure(self, messages: Sequence[Message], outcome: Outcome, seconds: float) -> None:
        flow = self.flow
        self.metrics.count("anpr_consumed_total", len(messages), flow=flow)
        self.metrics.observe("anpr_batch_messages", len(messages), flow=flow)
        self.metrics.observe("anpr_batch_seconds", seconds, flow=flow)
        now = self.clock.now()
        self.metrics.observe("anpr_age_seconds", max(0.0, now.timestamp() - messages[0].timestamp_ms / 1000), flow=flow)
        measure_age(self.metrics, flow, messages[0], now)
        for reason, count in outcome.dropped.items():
            self.metrics.count("anpr_dropped_total", count, flow=flow, reason=reason)
        per_topic: dict[str, int] = {}
        for emit in outcome.emitted:
            per_topic[emit.topic] = per_topic.get(emit.topic, 0) + 1
        for block in outcome.blocks:
            per_topic[block.topic] = per_topic.get(block.topic, 0) + block.count
        for topic, count in per_topic.items():
            self.metrics.count("anpr_emitted_total", count, flow=flow, topic=topic)
