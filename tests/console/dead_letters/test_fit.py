"""What every reader of a topic would refuse is not put back."""

from __future__ import annotations

import pytest

from console.dead_letters.fit import why_unfit
from pipeline.runtime.dead_letters import Headers
from schemas.codec import encode
from tests.console.dead_letters.post import read_of
from tests.pipeline.builders import entry, frame

FRAME = (("frame", encode(frame())),)


@pytest.mark.parametrize(
    ("topic", "key", "value", "headers"),
    [
        ("reads", b"cam-1", read_of(b"cam-1"), ()),
        ("hotlist", b"entry-1ABC234", encode(entry()), ()),
        ("hotlist", b"gone", b"", ()),
        ("frames", b"cam-1", b"no picture", FRAME),
    ],
)
def test_what_fits_has_nothing_against_it(topic: str, key: bytes, value: bytes, headers: Headers) -> None:
    assert why_unfit(topic, key, value, headers) == ""


@pytest.mark.parametrize(
    ("topic", "key", "value", "headers", "why"),
    [
        ("reads", b"cam-1", b"{", (), "not_json"),
        ("reads", b"cam-1", b"", (), "empty"),
        ("reads", b"cam-2", read_of(b"cam-1"), (), "key_mismatch: key is not the camera_id"),
        ("reads", None, read_of(b"cam-1"), (), "key_missing"),
        ("reads", b"cam-1", read_of(b"cam-1", schema_version=9), (), "unknown_version"),
        ("hotlist", b"e", encode(entry("1*", entry_id="e")), (), "pattern_wide"),
        ("hotlist", None, b"", (), "key_missing"),
        ("frames", b"cam-1", b"x", (), "header_missing"),
        ("frames", b"cam-1", b"x", (("frame", b"{}"),), "wrong_schema"),
        ("frames", None, b"x", FRAME, "key_missing"),
        ("gone", b"k", b"{}", (), "there is no topic gone any more"),
    ],
)
def test_what_does_not_says_why(topic: str, key: bytes | None, value: bytes, headers: Headers, why: str) -> None:
    assert why_unfit(topic, key, value, headers).startswith(why)
