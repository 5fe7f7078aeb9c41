"""Letters: whole where they fit their topic, cut and said so where they do not."""

from __future__ import annotations

import pytest

from pipeline.messages import Message
from pipeline.outcome import Rejection
from pipeline.runtime.dead_letters import CUT, MOST_BYTES, TOPIC, Headers, letters, own_headers
from tests.pipeline.builders import T0
from topics.spec import all_topics


def letter(key: bytes = b"k", value: bytes = b"v", headers: Headers = ()) -> tuple[bytes, bytes, Headers]:
    message = Message("reads", 0, 1, 0, key, value, headers)
    ((emit, told),) = letters("consolidate", {}, [Rejection(message, "not_json", "x")], T0)
    return emit.key, emit.value, told


@pytest.mark.parametrize(
    ("key", "value", "headers"),
    [
        (b"k" * 9_000_000, b"v", ()),
        (b"k", b"v" * 200_000_000, ()),
        (b"k", b"v" * 8_000_000, (("h", b"x" * 20_000_000),)),
        (b"k", b"v", (("", b""),) * 2_000_000),
        (b"k" * 5_000_000, b"v" * 5_000_000, (("n" * 1_000_000, b""),) * 9),
        (b"k", b"v", (("🚗" * 1_000_000, b""),) * 9),
    ],
    ids=["key", "value", "one header", "millions of headers", "all", "names of many bytes"],
)
def test_no_letter_is_larger_than_its_topic_takes(key: bytes, value: bytes, headers: Headers) -> None:
    got_key, got_value, told = letter(key, value, headers)
    size = len(got_key) + len(got_value) + sum(len(name.encode()) + len(text) + 10 for name, text in told)
    assert size < all_topics()[TOPIC].max_message_bytes
    assert key.startswith(got_key)
    assert value.startswith(got_value)
    assert f"value {len(got_value)} of {len(value)} bytes" in dict(told)[CUT].decode()
    assert own_headers(told) == headers[: len(own_headers(told))]


def test_the_largest_message_of_any_topic_is_kept_whole() -> None:
    largest = max(spec.max_message_bytes for name, spec in all_topics().items() if name != TOPIC)
    assert largest < MOST_BYTES
    key, value, told = letter(b"key", b"v" * (largest - 1_000), (("frame", b"{}"),))
    assert (key, len(value), CUT in dict(told)) == (b"key", largest - 1_000, False)
    assert own_headers(told) == (("frame", b"{}"),)
