"""Workers of `notices` that die between any two steps, all else being as it should: every state is told, in order."""

from __future__ import annotations

import asyncio
import random
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.flows.notice_parts import NoticeParts
from pipeline.flows.notices import DECODERS, Notices
from pipeline.messages import Message
from pipeline.outcome import Emit, Rejection
from pipeline.runtime.clock import SystemClock
from pipeline.runtime.kafka import KafkaConfig
from pipeline.runtime.metrics import Metrics
from schemas.codec import decoder, encode
from schemas.lez import LezPass, LezVerdict
from schemas.lez_file import LezFile
from schemas.lez_notice import LezNotice
from tests.pipeline.flows.notice_desk import ago, pass_of, verdict_of
from tests.pipeline.notices import builders

Logs = Mapping[str, Sequence[Message]]
Kept = Mapping[bytes, tuple[int, LezFile | None]]
MOST_DEATHS = 6
decode_file, decode_notice = decoder(LezFile), decoder(LezNotice)


class Died(Exception):
    """The worker was killed here."""


@dataclass
class World:
    """What outlives a worker."""

    rng: random.Random
    deaths_left: int = MOST_DEATHS
    files: dict[bytes, bytes] = field(default_factory=dict)
    told: list[LezNotice] = field(default_factory=list)
    committed: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def lived_through(self, steps: int) -> int:
        """How many of these steps are done; fewer than all where the worker dies at that."""
        if not self.deaths_left or not steps or self.rng.random() < 0.7:
            return steps
        self.deaths_left -= 1
        return self.rng.randrange(steps)


class KeptFiles:
    """As `Files`: what is kept is read again by the next worker, who may find only some of a batch."""

    def __init__(self, world: World) -> None:
        self._world, self._held, self._ours = world, dict(world.files), set[bytes]()

    def get(self, key: bytes) -> LezFile | None:
        return decode_file(self._held[key]) if key in self._held else None

    def is_inherited(self, key: bytes) -> bool:
        return key in self._held and key not in self._ours

    def adopt(self, keys: Iterable[bytes]) -> None:
        self._ours |= set(keys)

    async def save(self, changes: Kept) -> None:
        files = [(key, None if file is None else encode(file)) for key, (_, file) in changes.items()]
        self._world.rng.shuffle(files)
        done = self._world.lived_through(len(files))
        for held in (self._world.files, self._held):
            for key, value in files[:done]:
                held.pop(key, None) if value is None else held.update({key: value})
        if done < len(files):
            raise Died
        self._ours |= changes.keys()


class Told:
    """As `Delivery`."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def send(self, emitted: Sequence[Emit], rejected: Iterable[Rejection] = ()) -> None:
        assert not list(rejected)
        done = self._world.lived_through(len(emitted))
        self._world.told += [decode_notice(emit.value) for emit in emitted[:done]]
        if done < len(emitted):
            raise Died


def _log_of(said: Iterable[LezVerdict | LezPass]) -> Logs:
    logs: defaultdict[str, list[Message]] = defaultdict(list)
    for one in said:
        topic = "lez-passes" if hasattr(one, "pass_id") else "lez-verdicts"
        logs[topic].append(Message(topic, 0, len(logs[topic]), 0, one.plate.encode(), encode(one), ()))
    return logs


def _traffic(rng: random.Random) -> Iterable[LezVerdict | LezPass]:
    """Of three vehicles, in the days before and at the age at which nothing can follow any more."""
    for _ in range(rng.randrange(5, 30)):
        plate = f"1ABC00{rng.randrange(3)}"
        at = ago(rng.choice([1, 2, 3, 95, 96, 200]), minutes=rng.randrange(600))
        name = uuid.UUID(int=rng.getrandbits(128)).hex
        yield verdict_of(plate, at, name=name)
        if rng.random() < 0.3:
            yield verdict_of(plate, at, name=name, revision=2, withdrawn=rng.random() < 0.5)
        if rng.random() < 0.2:
            yield pass_of(plate, at)


async def _live(world: World, logs: Logs, most_at_once: int) -> None:
    """One worker, from what is committed to the end of all logs, or to its death."""
    kafka = KafkaConfig("127.0.0.1:9")
    worker: Any = Notices(NoticeParts(kafka, SystemClock(), Metrics(), {one: one for one in DECODERS}, builders.LAWS))
    worker._files, worker._delivery = KeptFiles(world), Told(world)
    at = dict(world.committed)
    while ahead := [topic for topic, log in logs.items() if at.get(topic, 0) < len(log)]:
        batch = []
        for topic in world.rng.choices(ahead, k=world.rng.randrange(1, most_at_once)):
            place = at.get(topic, 0)
            batch += logs[topic][place : place + 1]
            at[topic] = min(place + 1, len(logs[topic]))
        await worker._keep(batch)
        if world.rng.random() < 0.3:
            world.committed.update(at)


def _lived(seed: int, said: Iterable[LezVerdict | LezPass] | None = None, most_at_once: int = 20) -> World:
    world = World(random.Random(seed))
    logs = _log_of(_traffic(world.rng) if said is None else said)
    while True:
        try:
            asyncio.run(_live(world, logs, most_at_once))
        except Died:
            continue
        return world


def _revisions(told: Iterable[LezNotice]) -> Mapping[uuid.UUID, Sequence[int]]:
    """Of each notice, each once, as they were told first."""
    found: defaultdict[uuid.UUID, dict[int, None]] = defaultdict(dict)
    for one in told:
        found[one.notice_id].setdefault(one.revision)
    return {name: list(revisions) for name, revisions in found.items()}


@given(st.integers(0, 2**32))
@settings(max_examples=60, deadline=None)
def test_whenever_workers_die_each_state_is_told_in_order(seed: int) -> None:
    world = _lived(seed)
    for revisions in _revisions(world.told).values():
        assert revisions == list(range(1, len(revisions) + 1))
    latest = {one.notice_id: one for one in world.told}
    kept = [one for file in world.files.values() for one in decode_file(file).notices]
    assert {one.notice_id: one for one in kept} == latest


def _taken_back_and_given_again(days: Sequence[int], times: int) -> Iterable[LezVerdict | LezPass]:
    """A vehicle that was seen on some days; the verdict of the first is withdrawn and comes again, often."""
    plate = "1ABC000"
    for day in days:
        yield verdict_of(plate, ago(day), name=f"day {day}")
    for n in range(times):
        yield verdict_of(plate, ago(days[0]), name=f"day {days[0]}", revision=n + 2, withdrawn=n % 2 == 0)


@pytest.mark.parametrize("seed", range(3))
def test_a_file_holds_all_that_is_still_to_be_told_of_it(seed: int) -> None:
    """A batch in which one plate leads to more states than its file has room for is worked off in parts."""
    said = list(_taken_back_and_given_again(days=[200, 100, 3], times=300))
    world = _lived(seed, said, most_at_once=250)
    revisions = _revisions(world.told)
    assert max(map(len, revisions.values())) == 301
    assert all(found == list(range(1, len(found) + 1)) for found in revisions.values())
    assert all(len(decode_file(file).telling) <= 400 for file in world.files.values())
