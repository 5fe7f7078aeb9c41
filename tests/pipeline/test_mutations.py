"""Damaged messages through everything that takes messages: an answer with a reason comes of each, and nothing else."""

from __future__ import annotations

from collections import Counter
from functools import cache
from random import Random

import pytest

from anpr.bench.fuzz.decoders import decoded
from anpr.bench.fuzz.guided_target import DECODERS, one_input
from anpr.bench.fuzz.mutate import Mutator
from anpr.bench.fuzz.pictures import KINDS, mutated_picture, whole_pictures
from anpr.bench.fuzz.run import Found, all_consumers, fuzz, fuzzed_topics
from anpr.bench.fuzz.taking import Consumer
from anpr.wiring import FLOWS
from pipeline.messages import Message
from pipeline.vision.decode import UNDECODABLE_REASONS
from topics.spec import all_topics

pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")  # of damaged pictures, before it refuses them
COUNT = 2_000
SEED = 9
REACHED = {"not_json", "wrong_schema", "unknown_version"}
"""Reasons that damage must reach in every topic whose contract is its value."""


@cache
def consumers() -> list[Consumer]:
    """Made once: to load the law takes longer than a topic."""
    return all_consumers()


def run(topic: str, count: int = COUNT) -> Found:
    return fuzz([topic], count, SEED, consumers)


@pytest.mark.parametrize("topic", fuzzed_topics())
def test_nothing_leaves_a_consumer_but_answers(topic: str) -> None:
    found = run(topic)
    assert found.faults == [], "\n".join(map(str, found.faults))
    assert found.messages[topic] % COUNT == 0
    assert found.taken(topic) > COUNT / 20, "so much is good that what lies behind the decoder is reached"
    if topic not in ("dead-letters", "webhook-dead-letters", "frames"):
        assert found.rejected[topic].keys() >= REACHED


def test_every_topic_and_every_flow_has_its_consumer() -> None:
    taken = {topic for consumer in consumers() for topic in consumer.topics}
    assert taken == set(all_topics())
    assert {consumer.name for consumer in consumers()} >= set(FLOWS)


def test_the_same_seed_gives_the_same_messages() -> None:
    first, second, other = (list(Mutator("reads", seed).messages(50)) for seed in (1, 1, 2))
    assert first == second
    assert first != other


def test_a_consumer_that_does_not_hold_is_found_with_its_message() -> None:
    class Fragile:
        name, topics = "fragile", ("reads",)

        def take(self, messages: list[Message]) -> object:
            if any(b"\xff" in message.value for message in messages):
                raise KeyError("plate")
            return consumers()[0].take([])

    found = fuzz(["reads"], 500, SEED, lambda: [Fragile()])  # type: ignore[list-item]
    assert found.faults
    assert all(b"\xff" in fault.message.value for fault in found.faults)
    assert "KeyError" in str(found.faults[0])


def test_pictures_of_every_kind_become_a_frame_or_a_reason() -> None:
    random, ends = Random(SEED), Counter[str]()
    for _ in range(COUNT):
        ends[decoded(mutated_picture(random))] += 1
    assert ends.keys() >= {"frame", *UNDECODABLE_REASONS} - {"too_large"}


def test_the_whole_ones_are_what_they_should_be() -> None:
    assert len(whole_pictures()) > 3 * len(KINDS)
    ends = Counter(decoded(data) for data in whole_pictures())
    assert ends["frame"] > len(whole_pictures()) / 2
    assert ends["animated"] == 3


def test_what_is_fed_by_coverage_is_the_same_decoders() -> None:
    random = Random(SEED)
    for number in range(len(DECODERS) * 20):
        one_input(bytes([number % len(DECODERS)]) + random.randbytes(random.randrange(40)))
    one_input(b"")
