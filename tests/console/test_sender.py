"""One sender on a real broker: how long it tries, what it gives up, what a successor finds, how two share the work."""

from __future__ import annotations

import functools
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from console.accounts import Account
from console.credentials import Credentials
from console.webhooks.letters import LetterBox, bury
from console.webhooks.poster import Poster
from console.webhooks.sender import LONGEST_BACKOFF_S, Sender, backoff_s, group_of
from pipeline.messages import Message
from pipeline.runtime.kafka import KafkaConfig
from pipeline.runtime.metrics import Metrics
from pipeline.runtime.output import KafkaOutput
from pipeline.runtime.source import KafkaSource, Polled
from sinks.clickhouse.officers import FOREVER
from sinks.clickhouse.subscribers import Subscriber
from tests.console.hits import CAMERAS, hit, make_topics, tell_hits
from tests.console.targets import Target, hanging, target
from tests.console.world import until

ZONES = {camera.camera_id: camera.police_zone for camera in CAMERAS}
RETRY = timedelta(minutes=20)
"""Apache Kafka takes no stamp more than an hour ahead."""


class ShiftedClock:
    """The machine's clock, that a test puts forward."""

    def __init__(self) -> None:
        self.shift = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.shift

    def monotonic(self) -> float:
        return time.monotonic() + self.shift.total_seconds()

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


@pytest.fixture
def address(broker: str) -> str:
    """A broker with our topics."""
    make_topics(broker)
    return broker


@pytest.fixture
def subscriber() -> Subscriber:
    """Somebody of a zone that no other test knows, told from now on."""
    name = f"p-{uuid.uuid4().hex[:8]}"
    since = datetime.now(UTC) - timedelta(seconds=1)
    return Subscriber(name, 1, zones=(name,), valid_from=since, valid_until=FOREVER, rotated_at=since)


Start = Callable[..., Sender]


@pytest.fixture
def start(address: str) -> Iterator[Start]:
    """Starts senders; those that still run at the end are stopped."""
    running: list[tuple[Sender, threading.Thread]] = []
    letters = KafkaOutput(KafkaConfig(address))

    def begin(subscriber: Subscriber, url: str, *, clock: ShiftedClock | None = None, group: bool = False) -> Sender:
        clock = clock or ShiftedClock()
        kafka = KafkaConfig(address, "group" if group else "static", 20)
        sender = Sender(
            subscriber=replace(subscriber, webhook_url=url),
            log="log",
            source=KafkaSource(kafka, group_of(subscriber.name), ("hits",)),
            poster=Poster(total_s=0.3),
            credentials=Credentials(b"a key of these tests, long enough"),
            zones=ZONES,
            bury=lambda name, rejection: bury(letters, "log", clock.now(), name, rejection),
            account=Account(subscriber, "webhook", clock.now()),
            clock=clock,
            metrics=Metrics(),
            retry_for=RETRY,
            on_gone=lambda _: None,
            backoff=lambda _: 0.1,
        )
        thread = threading.Thread(target=sender.run, daemon=True)
        thread.start()
        running.append((sender, thread))
        return sender

    def end(sender: Sender) -> None:
        sender.stop()
        next(thread for one, thread in running if one is sender).join(30)

    begin.end = end  # type: ignore[attr-defined]
    yield begin
    for sender, _ in running:
        end(sender)


@contextmanager
def nobody() -> Iterator[str]:
    """An address at which nobody listens."""
    with hanging() as url:
        pass
    yield url


def _letters(address: str, subscriber: Subscriber) -> list[tuple[str, int]]:
    """Reason and revision of what was given up."""
    from schemas.hit import Hit

    found = LetterBox(KafkaConfig(address), subscriber.name).pending()
    return [(one.about.reason, Hit.model_validate_json(one.message.value).revision) for one in found]


@pytest.mark.slow
def test_what_is_not_taken_in_time_is_given_up_in_order_and_what_is_new_is_not(
    address: str, subscriber: Subscriber, start: Start
) -> None:
    clock = ShiftedClock()
    tell = functools.partial(tell_hits, address)
    tell(*(hit(1, owner=subscriber.name, revision=n) for n in range(1, 4)))
    with nobody() as url:
        sender = start(subscriber, url, clock=clock)
        until(lambda: sender.failures >= 2, "some attempts in vain")
        assert _letters(address, subscriber) == []
        clock.shift = RETRY + timedelta(minutes=1)
        until(lambda: len(_letters(address, subscriber)) == 3, "three letters")
        tell(hit(1, owner=subscriber.name, revision=4), stamp_ms=int(clock.now().timestamp() * 1000))
        state = Target(port=int(url.split(":")[2].split("/")[0]))
        with target(state) as here:
            until(lambda: here.came, "the new one")
            assert [one.hit.revision for one in here.came] == [4]
    assert _letters(address, subscriber) == [("webhook_unreachable", n) for n in (1, 2, 3)]


def test_a_stamp_that_is_ahead_gives_no_time_more(address: str, subscriber: Subscriber, start: Start) -> None:
    clock = ShiftedClock()
    ahead = datetime.now(UTC) + timedelta(minutes=50)
    tell_hits(
        address,
        hit(1, owner=subscriber.name, captured_at=ahead + timedelta(days=1)),
        stamp_ms=int(ahead.timestamp() * 1000),
    )
    with nobody() as url:
        sender = start(subscriber, url, clock=clock)
        until(lambda: sender.failures >= 1, "an attempt in vain")
        clock.shift = RETRY + timedelta(minutes=1)
        until(lambda: _letters(address, subscriber) == [("webhook_unreachable", 1)], "a letter")


def test_who_is_stopped_while_it_tries_leaves_the_hit_to_its_successor(
    address: str, subscriber: Subscriber, start: Start
) -> None:
    tell_hits(address, *(hit(1, owner=subscriber.name, revision=n) for n in range(1, 4)))
    with target(Target(answers=lambda n: 200 if n == 1 else 503)) as here:
        first = start(subscriber, here.url)
        until(lambda: len(here.came) >= 3, "one delivery and attempts in vain")
        start.end(first)  # type: ignore[attr-defined]
        begun = len(here.came)
        here.answers = lambda _: 200
        start(subscriber, here.url)
        until(lambda: len(here.came) == begun + 2, "the rest")
        assert [one.hit.revision for one in here.came[begun:]] == [2, 3]


@pytest.mark.slow
def test_two_processes_share_a_subscriber_s_hits_and_lose_none_when_one_ends(
    address: str, subscriber: Subscriber, start: Start
) -> None:
    numbers = range(30)
    with target() as here:
        senders = [start(subscriber, here.url, group=True) for _ in range(2)]
        tell_hits(address, *(hit(n, owner=subscriber.name) for n in numbers))
        until(lambda: set(here.numbers()) == set(numbers), "all hits", timeout_s=60)
        start.end(senders[0])  # type: ignore[attr-defined]
        tell_hits(address, *(hit(n, owner=subscriber.name, revision=2) for n in numbers))
        until(lambda: _revised(here) == set(numbers), "all revisions", timeout_s=60)


def _revised(here: Target) -> set[int]:
    return {one.hit.hit_id.int for one in list(here.came) if one.hit.revision == 2}


def test_pauses_grow_to_a_limit_and_no_two_are_alike() -> None:
    for failures, most in ((1, 1.0), (4, 8.0), (9, 256.0), (10, 300.0), (10_000, LONGEST_BACKOFF_S)):
        pauses = {backoff_s(failures) for _ in range(50)}
        assert len(pauses) > 40
        assert all(most / 2 <= pause <= most for pause in pauses)


class ComesAndGoes:
    """In place of a source: its only partition is taken away and given back within the first look."""

    def __init__(self, *messages: Message) -> None:
        self._messages = messages
        self.committed: list[dict[tuple[str, int], int]] = []
        self._forget: Callable[[list[tuple[str, int]]], object] = lambda _: None

    def on_revoke(self, _before: object, after: Callable[[list[tuple[str, int]]], object]) -> None:
        self._forget = after

    def poll(self, _most: int, _wait_s: float) -> Polled:
        self._forget([("hits", 0)])
        messages, self._messages = self._messages, ()
        return Polled((), messages)

    def commit(self, offsets: dict[tuple[str, int], int], _rewinds: object) -> bool:
        self.committed.append(offsets)
        return True

    def lag(self) -> dict[tuple[str, int], int]:
        return {}


def test_what_comes_with_a_partition_that_went_and_came_back_is_not_passed_over(subscriber: Subscriber) -> None:
    value = hit(1, owner=subscriber.name).model_dump_json().encode()
    source = ComesAndGoes(Message("hits", 0, 7, int(time.time() * 1000), b"1ABC001", value))
    clock = ShiftedClock()
    with target() as here:
        sender = Sender(
            subscriber=replace(subscriber, webhook_url=here.url),
            log="log",
            source=source,  # type: ignore[arg-type]
            poster=Poster(total_s=2),
            credentials=Credentials(b"a key of these tests, long enough"),
            zones=ZONES,
            bury=lambda *_: None,
            account=Account(subscriber, "webhook", clock.now()),
            clock=clock,
            metrics=Metrics(),
            retry_for=RETRY,
            on_gone=lambda _: None,
        )
        sender.step()
        sender.commit()
        sender.poster.close()
        assert here.numbers() == [1]
    assert source.committed[-1] == {("hits", 0): 8}
