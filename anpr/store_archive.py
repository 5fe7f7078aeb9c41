"""What passed and was told, out of the store, and how far it and the matcher have come: for the flow `lookback`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from clickhouse_connect.driver.client import Client
from confluent_kafka import Consumer, TopicPartition

from pipeline.hotlist.patterns import is_pattern
from pipeline.plates.misread import misread_keys
from pipeline.plates.text import plate_key
from pipeline.runtime.clock import Clock
from pipeline.runtime.kafka import KafkaConfig, consumer_client
from schemas.hit import Hit
from schemas.hotlist import HotlistEntry
from schemas.passage import Passage
from sinks.clickhouse.outage import through_outages
from sinks.clickhouse.queries import listed, passed_since

__all__ = ["StoreArchive"]

AT_ONCE = 200
"""Plates or identifiers in one question: its parameters travel in the address of the request."""
CALL_TIMEOUT_S = 30.0
Answer = TypeVar("Answer")


class StoreArchive:
    """`pipeline.stages.look_back.Archive` on ClickHouse and Kafka. Waits for the store for as long as it is away."""

    def __init__(
        self, client: Client, kafka: KafkaConfig, clock: Clock, while_waiting: Callable[[], None] = lambda: None
    ) -> None:
        """while_waiting: called about every second while the store is away."""
        self._client, self._clock, self._while_waiting = client, clock, while_waiting
        self._matched, self._stored = consumer_client(kafka, "match"), consumer_client(kafka, "store")

    def plates_near(self, entry: HotlistEntry, since: datetime) -> Sequence[str]:
        """See `Archive`."""
        if is_pattern(entry.plate):
            expression = plate_key(entry.plate).replace("?", ".").replace("*", ".*")
            return self._ask(passed_since.plates_fitting_any, since, [expression])
        keys = misread_keys(entry.plate)
        return [one for part in _parts(keys) for one in self._ask(passed_since.plates_with_keys, since, part)]

    def all_plates(self, since: datetime) -> Iterator[Sequence[str]]:
        """See `Archive`."""
        return self._ask(passed_since.all_plates, since)

    def passages(self, plates: Sequence[str], since: datetime) -> Iterator[Passage]:
        """See `Archive`."""
        for part in _parts(plates):
            yield from self._ask(passed_since.passages_of, since, part)

    def hits(self, entry_ids: Sequence[str], since: datetime) -> Sequence[Hit]:
        """See `Archive`. Of many entries those that were hit at all are found first."""
        if len(entry_ids) > AT_ONCE:
            entry_ids = sorted(self._ask(passed_since.entries_hit, since).intersection(entry_ids))
        return [one for part in _parts(entry_ids) for one in self._ask(passed_since.hits_of_entries, since, part)]

    def sizes(self) -> Mapping[str, int]:
        """See `Archive`."""
        return self._ask(listed.list_sizes)

    def matched(self) -> Mapping[int, int]:
        """See `Archive`."""
        return _committed(self._matched)

    def stored(self) -> Mapping[int, int]:
        """See `Archive`."""
        return _committed(self._stored)

    def _ask(self, question: Callable[..., Answer], *given: Any) -> Answer:
        return through_outages(partial(question, self._client, *given), self._while_waiting, self._clock)


def _committed(consumer: Consumer) -> dict[int, int]:
    """Partition of `passages` → offset up to which a group has done its work; partitions without one are left out."""
    known = consumer.list_topics("passages", timeout=CALL_TIMEOUT_S).topics["passages"].partitions
    places = consumer.committed([TopicPartition("passages", number) for number in known], timeout=CALL_TIMEOUT_S)
    return {place.partition: place.offset for place in places if place.offset >= 0}


def _parts(names: Sequence[str]) -> Iterator[Sequence[str]]:
    return (names[begin : begin + AT_ONCE] for begin in range(0, len(names), AT_ONCE))
