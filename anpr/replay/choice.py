"""Which topics of a recording are played, and whether their messages can still be read."""

from __future__ import annotations

from collections.abc import Sequence

from anpr.replay.faults import ReplayRefused
from anpr.wiring import FLOWS
from replay.recording.format import RecordingInfo
from schemas.registry import CONTRACTS
from schemas.upgrade import NoUpgrade, check_way
from topics.spec import all_topics

__all__ = ["chosen_topics"]

LETTERS = ("dead-letters", "webhook-dead-letters")
"""Come of themselves where there is reason to."""
LOOKS_BACK = "lookback"
"""Makes hits of what the store holds, not of what is played."""


def chosen_topics(info: RecordingInfo, wanted: Sequence[str] | None) -> tuple[str, ...]:
    """The topics to play. wanted: None, those that our own workers do not make from others of the recording.

    Raises ReplayRefused for one that the recording does not hold or that is never played, and for messages in a
    version that this program cannot read.
    """
    recorded = {topic.topic for topic in info.topics if topic.messages}
    if wanted is None:
        chosen = {topic for topic in recorded if topic in all_topics() and not _follows(topic, recorded)}
    else:
        chosen = set(wanted)
    _check_wanted(chosen, recorded)
    _check_versions(info, chosen)
    if not chosen:
        raise ReplayRefused("there is nothing to play: the recording holds no message of a topic that is played")
    return tuple(sorted(chosen))


def _follows(topic: str, recorded: set[str]) -> bool:
    """Whether workers make it anew from what is played; smart cameras send reads too, so these are played as well."""
    if _never(topic) or topic in LETTERS:
        return True
    producers = all_topics()[topic].producers
    return "replay" not in producers and any(
        flow in FLOWS and recorded & set(FLOWS[flow].topics) - {topic} for flow in set(producers) - {LOOKS_BACK}
    )


def _never(topic: str) -> str:
    """Why a topic is not played at all; empty: it is."""
    spec = all_topics()[topic]
    if topic == "searches":
        return "the record of searches is written by searching alone"
    own = set(spec.producers) == set(spec.consumers)
    return f"it is the memory of the worker {', '.join(spec.producers)}" if own else ""


def _check_wanted(chosen: set[str], recorded: set[str]) -> None:
    for topic in sorted(chosen):
        if topic not in recorded:
            held = ", ".join(sorted(recorded)) or "no message"
            raise ReplayRefused(f"the recording does not hold the topic {topic}, but {held}")
        if topic not in all_topics():
            raise ReplayRefused(f"there is no topic {topic} any more: name others with --topics")
        if why := _never(topic):
            raise ReplayRefused(f"the topic {topic} is not played: {why}")


def _check_versions(info: RecordingInfo, chosen: set[str]) -> None:
    for topic in info.topics:
        for version in topic.versions if topic.topic in chosen else ():
            try:
                check_way(topic.contract, version, CONTRACTS[topic.contract].version)
            except NoUpgrade as refusal:
                raise ReplayRefused(f"topic {topic.topic}: {refusal}") from refusal
