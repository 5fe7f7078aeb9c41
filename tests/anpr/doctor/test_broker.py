"""The doctor on partitions: without a leader, short of copies."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from anpr.doctor.broker import _partitions


def _cluster(*partitions: tuple[int, list[int], list[int]]) -> Any:
    found = {
        number: SimpleNamespace(id=number, leader=leader, replicas=replicas, isrs=isrs)
        for number, (leader, replicas, isrs) in enumerate(partitions)
    }
    return SimpleNamespace(topics={"reads": SimpleNamespace(partitions=found)})


def test_partitions_that_are_as_they_should_be_are_not_told() -> None:
    assert list(_partitions(_cluster((1, [1, 2, 3], [1, 2, 3]), (2, [1, 2, 3], [3, 1, 2])))) == []


def test_who_is_missing_is_named() -> None:
    headless, short = _partitions(_cluster((-1, [2], [2]), (1, [1, 2, 3], [1, 3]), (1, [1, 3], [1, 3])))
    assert (headless.state, short.state) == ("fault", "warning")
    assert "1 partitions (first reads-0) without a leader" in headless.words
    assert "broker 2" in headless.words
    assert "1 partitions (first reads-1)" in short.words
    assert "broker 2 is away or behind" in short.words
