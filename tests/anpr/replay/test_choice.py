"""Which topics of a recording are played."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from anpr.replay.choice import chosen_topics
from anpr.replay.faults import ReplayRefused
from replay.recording.format import RecordedPartition, RecordedTopic, RecordingInfo
from topics.spec import all_topics

NOW = datetime(2026, 11, 26, tzinfo=UTC)


def info(*topics: str, version: int = 1) -> RecordingInfo:
    parts = (RecordedPartition(partition=0, messages=5, first_offset=0, last_offset=4),)
    recorded = tuple(
        RecordedTopic(
            topic=topic,
            log="c/1",
            contract=all_topics()[topic].contract.name if topic in all_topics() else "read",
            version=1,
            versions={version: 5},
            partitions=parts,
        )
        for topic in topics
    )
    return RecordingInfo(recorded_at=NOW, topics=recorded, messages=5 * len(topics), value_bytes=0)


def test_what_workers_make_of_the_others_is_left_out() -> None:
    everything = info("cameras", "reads", "passages", "hits", "lez-verdicts", "cases", "case-files", "dead-letters")
    assert chosen_topics(everything, None) == ("cameras", "reads")
    assert chosen_topics(info("frames", "reads"), None) == ("frames", "reads"), "smart cameras send reads too"
    assert chosen_topics(info("passages", "hits"), None) == ("passages",)
    assert chosen_topics(info("hits"), None) == ("hits",)
    assert chosen_topics(info("hotlist", "hits"), None) == ("hits", "hotlist"), "a list alone makes no hits again"


def test_named_topics_are_taken_as_named() -> None:
    assert chosen_topics(info("reads", "hits"), ["hits"]) == ("hits",)


@pytest.mark.parametrize(
    ("recorded", "wanted", "words"),
    [
        (("reads",), ["hits"], "does not hold the topic hits, but reads"),
        (("searches",), ["searches"], "the record of searches is written by searching alone"),
        (("case-files",), ["case-files"], "the memory of the worker cases"),
        (("searches", "dead-letters"), None, "nothing to play"),
        (("gone",), ["gone"], "no topic gone any more"),
    ],
)
def test_what_cannot_be_played_is_told(recorded: tuple[str, ...], wanted: list[str] | None, words: str) -> None:
    with pytest.raises(ReplayRefused, match=words):
        chosen_topics(info(*recorded), wanted)


def test_messages_of_a_newer_program_are_refused_before_anything_is_sent() -> None:
    with pytest.raises(ReplayRefused, match="topic reads: messages are read version 2, this program knows 1"):
        chosen_topics(info("reads", version=2), None)
