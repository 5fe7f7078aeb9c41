"""Put back once: whoever dies where, whoever else is at it, and what is better left."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing, suppress
from uuid import uuid4

import pytest

from anpr.embedded.broker import start_broker
from console.dead_letters.chain import Family
from console.dead_letters.letter import letter_of
from console.dead_letters.reading import Reading
from console.dead_letters.replay_log import ReplayLog
from console.dead_letters.replaying import MOST, Replayer, chunks
from console.dead_letters.target import Target, Wanted
from pipeline.runtime.dead_letters import TOPIC
from schemas.codec import encode
from tests.console.dead_letters.post import Killed, Post, Run, read_of, turned
from tests.pipeline.builders import entry

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A broker whose topics have the real names."""
    broker = start_broker(log_path=tmp_path_factory.mktemp("broker") / "broker.log")
    yield broker.bootstrap
    broker.kill()


@pytest.fixture(scope="module", params=["embedded", pytest.param("kafka", marks=pytest.mark.kafka)])
def post(request: pytest.FixtureRequest) -> Post:
    """On the embedded broker and on Apache Kafka."""
    post = Post(str(request.getfixturevalue(request.param)))
    post.make_topics()
    return post


def test_a_message_comes_back_as_it_was_to_where_it_was_and_once(post: Post) -> None:
    letter = post.bury(post.send("reads", b"cam-1", read_of(b"cam-1"), (("trace", b"\x00\xff"),), partition=1))
    run = Run(post, turned())
    (told,) = run.replay(letter)
    (copy,) = post.copies(letter)
    assert (told.fate, told.place, told.offset) == ("put_back", ("reads", 1), copy.offset)
    assert (copy.partition, copy.key, copy.value) == (1, b"cam-1", letter.message.value)
    assert copy.headers == (("trace", b"\x00\xff"), ("replay_of", str(letter.about.dead_letter_id).encode()))
    (again,) = Run(post, turned()).replay(letter)
    assert (again.fate, again.place, again.offset) == ("already", ("reads", 1), copy.offset)
    assert len(post.copies(letter)) == 1


@pytest.mark.parametrize(("step", "then"), [("begun", "put_back"), ("sent", "found"), ("done", "already")])
def test_whoever_dies_at_a_step_leaves_one_copy(post: Post, step: str, then: str) -> None:
    letter, clock = post.refused(), turned()
    with pytest.raises(Killed):
        Run(post, clock, killed_after=step).replay(letter)
    at_once = Run(post, clock).fate(letter)
    assert at_once == ("already" if step == "done" else "taken")
    clock.sleep(31)
    assert Run(post, clock).fate(letter, dry=True) == then
    assert Run(post, clock).fate(letter) == then
    assert Run(post, clock).fate(letter) == "already"
    assert len(post.copies(letter)) == 1


def test_whoever_dies_again_and_again_leaves_one_copy(post: Post) -> None:
    letter, clock = post.refused(), turned()
    for step in ("begun", "begun", "sent", "begun", "done"):
        with suppress(Killed):  # once it was found, there is no such step
            Run(post, clock, killed_after=step).replay(letter)
        clock.sleep(31)
    assert Run(post, clock).fate(letter) == "already"
    assert len(post.copies(letter)) == 1


def test_of_two_runs_at_once_one_goes_on(post: Post) -> None:
    letter, clock = post.refused(), turned()
    other: list[str] = []

    class Beside(Run):
        def _step(self, step: str) -> None:
            if step == "begun":
                other.append(Run(post, clock).fate(letter))

    assert Beside(post, clock).fate(letter) == "put_back"
    assert other == ["taken"]
    assert len(post.copies(letter)) == 1


def test_two_that_look_before_either_begins_send_once(post: Post) -> None:
    """Both have seen that nobody began it; the log says who was first."""
    letter, clock = post.refused(), turned()
    other: list[str] = []

    def looked_meanwhile(_: object) -> None:
        other.append(Run(post, clock).fate(letter))

    with closing(Reading(post.kafka)) as reading:
        log, target = ReplayLog(post.kafka, reading), Target(post.kafka, reading)
        replayer = Replayer(log, target, clock, uuid4(), record=looked_meanwhile)
        (told,) = replayer.replay([Wanted(letter, letter.message.key, letter.message.value)])
    assert (told.fate, other) == ("already", ["put_back"])
    assert len(post.copies(letter)) == 1


def test_letters_of_two_stages_about_one_message_put_back_one(post: Post) -> None:
    first = post.refused()
    source = first.about
    message = first.message._replace(
        topic="reads", partition=source.source_partition, offset=source.source_offset, headers=()
    )
    second, clock = post.bury(message, stage="store"), turned()
    assert list(Run(post, clock).fates(first, second).values()) == ["twin", "put_back"]
    assert Run(post, clock).fate(second) == "already"
    assert len(post.copies(first)) == 1


def test_a_repaired_value_and_key_go_where_the_key_belongs(post: Post) -> None:
    letter = post.refused(key=None, value=b"{", reason="not_json")
    unfit = Wanted(letter, None, b"{", repaired=True)
    mended = Wanted(letter, b"cam-2", read_of(b"cam-2"), repaired=True)
    clock = turned()
    assert [Run(post, clock).fate(one) for one in (letter, unfit)] == ["unfit", "unfit"]
    assert post.copies(letter) == []
    assert Run(post, clock).fate(mended) == "put_back"
    (copy,) = post.copies(letter)
    assert (copy.key, copy.value) == (b"cam-2", read_of(b"cam-2"))
    (step,) = [
        one for one in post.messages("letter-replays") if json.loads(one.value).get("repaired") and b"done" in one.value
    ]
    assert json.loads(step.value)["dead_letter_id"] == str(letter.about.dead_letter_id)


def test_a_run_that_died_with_another_key_is_looked_for_where_it_sent(post: Post) -> None:
    letter, clock = post.refused(key=None, reason="key_missing"), turned()
    keyed = [Wanted(letter, key, read_of(key), repaired=True) for key in (b"cam-1", b"cam-2", b"cam-3", b"cam-4")]
    with pytest.raises(Killed):
        Run(post, clock, killed_after="sent").replay(keyed[0])
    for other in keyed[1:]:
        clock.sleep(31)
        assert Run(post, clock).fate(other) in ("found", "already")
    assert len(post.copies(letter)) == 1


def test_a_record_behind_which_its_key_lies_is_overtaken(post: Post) -> None:
    listed = encode(entry(entry_id="overtaken-1"))
    older = post.refused("hotlist", b"overtaken-1", listed, reason="pattern_wide")
    newer = post.refused("hotlist", b"overtaken-1", listed, reason="pattern_wide")
    clock = turned()
    assert Run(post, clock).fate(older) == "overtaken"
    assert sorted(Run(post, clock).fates(older, newer).values()) == ["overtaken", "put_back"]
    assert (len(post.copies(older)), len(post.copies(newer))) == (0, 1)
    removed = post.refused("hotlist", b"overtaken-2", encode(entry(entry_id="overtaken-2")))
    post.send("hotlist", b"overtaken-2", None)
    assert Run(post, clock).fate(removed) == "overtaken"


def test_a_record_that_lies_alone_is_put_back_and_found_after_a_kill(post: Post) -> None:
    letter, clock = post.refused("hotlist", b"alone-1", encode(entry(entry_id="alone-1"))), turned()
    with pytest.raises(Killed):
        Run(post, clock, killed_after="sent").replay(letter)
    clock.sleep(31)
    assert Run(post, clock).fate(letter) == "found"
    assert len(post.copies(letter)) == 1


def test_where_the_log_does_not_reach_back_nobody_is_sure(post: Post, monkeypatch: pytest.MonkeyPatch) -> None:
    letter, clock = post.refused(), turned()
    with pytest.raises(Killed):
        Run(post, clock, killed_after="begun").replay(letter)
    clock.sleep(31)
    monkeypatch.setattr(Target, "span", lambda _self, _place: (10**6, 10**6))
    assert Run(post, clock).fate(letter) == "unsure"
    assert post.copies(letter) == []


def test_what_is_refused_again_names_its_ancestor_and_tells_the_story(post: Post) -> None:
    first, clock = post.refused(), turned()
    Run(post, clock).replay(first)
    (copy,) = post.copies(first)
    second = post.bury(copy)
    assert second.ancestor == first.about.dead_letter_id
    assert Run(post, clock).fate(second) == "put_back"
    (copy,) = post.copies(second)
    assert [name for name, _ in copy.headers] == ["replay_of"]
    third = post.bury(copy, reason="captured_too_old")
    found = [letter for one in post.messages(TOPIC) if (letter := letter_of(one)) is not None]
    with closing(Reading(post.kafka)) as reading:
        log = ReplayLog(post.kafka, reading)
        log.catch_up()
        for asked in (first, second, third):
            chain = Family.of(found).chain(asked.about.dead_letter_id, log)
            assert [link.about.dead_letter_id for link in chain] == [
                one.about.dead_letter_id for one in (first, second, third)
            ]
            assert [link.put_back is not None and link.put_back.done for link in chain] == [True, True, False]


def test_nothing_is_sent_where_the_broker_was_too_slow(post: Post) -> None:
    letter, clock = post.refused(), turned()

    class Slow(Run):
        def _step(self, step: str) -> None:
            if step == "begun":
                clock.sleep(11)

    with pytest.raises(Exception, match="too slow"):
        Slow(post, clock).replay(letter)
    assert post.copies(letter) == []


def test_a_dry_run_leaves_nothing(post: Post) -> None:
    letter, clock = post.refused(), turned()
    before = len(post.messages("letter-replays"))
    assert Run(post, clock).fate(letter, dry=True) == "put_back"
    assert post.copies(letter) == []
    assert len(post.messages("letter-replays")) == before


def test_many_go_in_parts(post: Post) -> None:
    letter = post.refused()
    wanted = [Wanted(letter, b"k", b"v" * 100)] * (MOST * 2 + 1)
    assert [len(part) for part in chunks(wanted)] == [MOST, MOST, 1]
    large = [Wanted(letter, b"k", b"v" * 5_000_000)] * 3
    assert [len(part) for part in chunks(large)] == [1, 1, 1]
