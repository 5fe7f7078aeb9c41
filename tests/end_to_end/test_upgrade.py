"""Two releases side by side in one consumer group, exchanged worker by worker under load: as if nothing had been.

The old one is the program as it is, the next one is `next_release.py`: the same with a changed contract.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from anpr.chaos.traffic import Traffic
from anpr.topic_versions import look_at_versions
from pipeline.runtime.kafka import KafkaConfig
from tests.anpr.program import wait_until
from tests.end_to_end.fleet import Fleet, assert_whole, messages, ready_fleet
from tests.end_to_end.next_release import ADDED, MADE_BY, as_this_release
from topics.spec import Topics, all_topics

WORKERS = ("consolidate-1", "consolidate-2", "match-1", "match-2")
PER_S, BETWEEN = 3_000, 9_000
"""Reads a second, and how many at least between two exchanges."""
pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]
# Each on one broker: what differs between them, how a group shares partitions, is in the same half of a minute.
EMBEDDED = pytest.mark.parametrize("own_broker", ["embedded"], indirect=True)
APACHE = pytest.mark.parametrize("own_broker", [pytest.param("kafka", marks=pytest.mark.kafka)], indirect=True)


@pytest.fixture
def fleet(own_broker: str, tmp_path: Path) -> Iterator[Fleet]:
    """Two workers each of two flows, of the old release."""
    yield from ready_fleet(own_broker, tmp_path / "data", WORKERS, partitions=4)


def _exchange_under_load(fleet: Fleet, order: Sequence[str], kind: str) -> Traffic:
    """One worker after the other, with traffic before, between and behind; returns when all is worked off."""
    traffic = Traffic(fleet.settings.kafka(), seed=3, rate_per_s=PER_S)
    traffic.start()
    _let_pass(traffic)
    for name in order:
        fleet.end(name)
        fleet.start([name], ("tests.end_to_end.next_release", kind))
        _let_pass(traffic)
    traffic.finish()
    fleet.work_off()
    return traffic


def _let_pass(traffic: Traffic) -> None:
    wanted = traffic.sent + BETWEEN
    wait_until(lambda: traffic.sent >= wanted, what=f"{BETWEEN} reads more")


def _pairs(kafka: KafkaConfig) -> Mapping[tuple[str, str], int]:
    """Release that told a passage, release that made a hit of it → hits."""
    by: dict[tuple[Any, ...], str] = {}
    for value in messages(kafka, "passages"):
        told = msgspec.json.decode(value)
        by[told["passage_id"], told["plate"], told["revision"]] = "next" if ADDED in told else "old"
    hits = [msgspec.json.decode(value) for value in messages(kafka, "hits")]
    return Counter(
        (by[hit["passage_id"], hit["plate"], hit["revision"]], "next" if MADE_BY in hit else "old") for hit in hits
    )


@EMBEDDED
def test_a_field_comes_while_old_and_new_workers_share_their_groups(fleet: Fleet) -> None:
    """In any order: each release reads what the other one writes."""
    traffic = _exchange_under_load(fleet, ("consolidate-1", "match-1", "match-2", "consolidate-2"), "added")
    kafka = fleet.settings.kafka()
    assert_whole(kafka, traffic, as_this_release)
    assert set(_pairs(kafka)) == {("old", "old"), ("next", "old"), ("old", "next"), ("next", "next")}


@APACHE
def test_a_version_comes_while_old_and_new_workers_share_their_groups(fleet: Fleet) -> None:
    """Readers first: the new ones read both versions, and nobody writes the new one before all do."""
    traffic = _exchange_under_load(fleet, ("match-1", "match-2", "consolidate-1", "consolidate-2"), "breaking")
    kafka = fleet.settings.kafka()
    assert_whole(kafka, traffic, as_this_release)
    assert set(_pairs(kafka)) == {("old", "old"), ("old", "next"), ("next", "next")}
    (seen,) = look_at_versions(kafka, Topics({"passages": all_topics()["passages"]}), None)
    assert [(one.version, one.standing) for one in seen.seen] == [(1, "read"), (2, "not readable")]
    assert sum(one.messages for one in seen.seen) == seen.looked_at == seen.of
    assert not seen.readable
