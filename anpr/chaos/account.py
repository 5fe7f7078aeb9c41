"""What the topics and the tables hold when all is worked off, compared with the truth."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import numpy as np
from clickhouse_connect.driver.client import Client

from anpr.chaos.facts import Difference, Latest, differences, grouped
from anpr.chaos.log import batches_of, partitions_of
from anpr.chaos.traffic import Acknowledged, digest
from anpr.chaos.truth import Truth, add_hit, add_passage, add_verdict
from anpr.settings import Settings
from anpr.worker import calm_collector
from pipeline.messages import Message
from pipeline.runtime.kafka import KafkaConfig
from schemas.case import Case
from schemas.codec import decoder
from schemas.lez_notice import LezNotice
from sinks.clickhouse.client import connect

__all__ = ["settle_accounts"]

PASSAGES = "SELECT passage_id, plate, revision FROM passages FINAL WHERE NOT withdrawn"
HITS = "SELECT hit_id, passage_id, plate, entry_id FROM hits FINAL WHERE NOT withdrawn"
VERDICTS = "SELECT verdict_id, passage_id, plate, zone, toString(verdict) FROM verdicts_now"
CASES = "SELECT hit_ids FROM cases FINAL"
NOTICES = "SELECT verdict_ids FROM notices_now WHERE state != 'withdrawn'"
DOUBLES = """SELECT (SELECT count() - uniqExact({ident}) FROM {table} FINAL WHERE NOT withdrawn)
    + (SELECT count() - uniqExact(_log, _partition, _offset) FROM {table})"""
LETTERS = "SELECT count() FROM dead_letters FINAL"
_case = decoder(Case, frozenset({"case_id", "revision", "hit_ids"}))
_notice = decoder(LezNotice, frozenset({"notice_id", "revision", "state", "verdict_ids"}))
Add = Callable[[Latest, bytes], object]


def settle_accounts(settings: Settings, acknowledged: Acknowledged) -> dict[str, dict[str, Difference]]:
    """Kind (topics, tables) → name → how it differs from what must be there."""
    calm_collector()  # millions of facts are kept to the end, and none of them forms a cycle
    kafka, truth = settings.kafka(), Truth(datetime.now(UTC))
    topics = {"reads": _reads(kafka, acknowledged, truth)}
    truth.conclude()
    found = {name: _latest(kafka, name, add) for name, add in ADD.items()}
    for name, expected in (("passages", truth.passages), ("hits", truth.hits), ("lez-verdicts", truth.verdicts)):
        topics[name] = _compared(expected, found[name])
    hits = {key[0] for key in truth.hits.holding()}
    topics["cases"] = grouped(hits, _groups(kafka, "cases", _add_case))
    topics["lez-notices"] = _in_notices(truth, _groups(kafka, "lez-notices", _add_notice))
    topics["dead-letters"] = Difference(0, wrong=_count(kafka, "dead-letters"))
    return {"topics": topics, "tables": _tables(settings, truth, hits)}


def _reads(kafka: KafkaConfig, acknowledged: Acknowledged, truth: Truth) -> Difference:
    """Each read that was acknowledged lies where the broker said, and nothing else lies there."""
    places = np.frombuffer(acknowledged.partitions, np.uint8)
    offsets, digests = np.frombuffer(acknowledged.offsets, np.int64), np.frombuffer(acknowledged.digests, np.uint64)
    lost = more = 0
    for partition in partitions_of(kafka, "reads"):
        lying: list[int] = []
        truth.add(partition, _noting(batches_of(kafka, "reads", partition), lying))
        ours = places == partition
        lost += _missing(np.array(lying, np.uint64), offsets[ours], digests[ours])
        more += len(lying) - len(np.unique(offsets[ours]))
    return Difference(len(offsets), lost, more)


def _noting(batches: Iterable[list[Message]], lying: list[int]) -> Iterable[list[Message]]:
    for batch in batches:
        lying.extend(digest(message.value) for message in batch)
        yield batch


def _missing(lying: Any, offsets: Any, digests: Any) -> int:
    """Offsets count from 0 and leave nothing out: no transactions, no compaction."""
    there = offsets < len(lying)
    same = lying[offsets[there]] == digests[there]
    return int((~there).sum() + (~same).sum())


def _latest(kafka: KafkaConfig, topic: str, add: Add) -> Latest:
    found = Latest()
    for partition in partitions_of(kafka, topic):
        for batch in batches_of(kafka, topic, partition):
            for message in batch:
                add(found, message.value)
    return found


def _count(kafka: KafkaConfig, topic: str) -> int:
    return sum(len(batch) for number in partitions_of(kafka, topic) for batch in batches_of(kafka, topic, number))


def _groups(kafka: KafkaConfig, topic: str, add: Add) -> Iterable[Collection[Any]]:
    """What the last revision of each message of the topic holds together."""
    return _latest(kafka, topic, add).holding().values()


def _add_case(to: Latest, value: bytes) -> None:
    if value:  # a case that is old enough is taken out of the topic
        case = _case(value)
        to.add(case.case_id, case.revision, False, frozenset(case.hit_ids))


def _add_notice(to: Latest, value: bytes) -> None:
    notice = _notice(value)
    to.add(notice.notice_id, notice.revision, notice.state == "withdrawn", frozenset(notice.verdict_ids))


ADD: Mapping[str, Add] = {"passages": add_passage, "hits": add_hit, "lez-verdicts": add_verdict}


def _compared(truth: Latest, found: Latest) -> Difference:
    return differences(truth.holding(), found.holding(), duplicated=found.contradictions, told_again=found.told_again)


def _in_notices(truth: Truth, groups: Iterable[Collection[Any]]) -> Difference:
    told = list(groups)
    return grouped(truth.due({offence for group in told for offence in group}), told)


def _tables(settings: Settings, truth: Truth, hits: set[Any]) -> dict[str, Difference]:
    police, lez = connect(settings.dsn()), connect(settings.lez())
    held = {(passage, plate): revision for passage, plate, revision in _rows(police, PASSAGES)}
    stored = {(hit,): (passage, plate, entry) for hit, passage, plate, entry in _rows(police, HITS)}
    judged = {(verdict,): tuple(rest) for verdict, *rest in _rows(lez, VERDICTS)}
    letters = sum(int(_rows(client, LETTERS)[0][0]) for client in (police, lez))
    tables = {
        "passages": differences(
            truth.passages.revisions(), held, duplicated=_doubles(police, "passages", "(passage_id, plate)")
        ),
        "hits": differences(truth.hits.holding(), stored, duplicated=_doubles(police, "hits", "hit_id")),
        "verdicts": differences(
            truth.verdicts.holding(), judged, duplicated=_doubles(lez, "verdicts_last", "verdict_id")
        ),
        "cases": grouped(hits, (ids for (ids,) in _rows(police, CASES))),
        "notices": _in_notices(truth, (ids for (ids,) in _rows(lez, NOTICES))),
        "dead_letters": Difference(0, wrong=letters),
    }
    police.close()
    lez.close()
    return tables


def _rows(client: Client, query: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in client.query(query).result_rows]


def _doubles(client: Client, table: str, ident: str) -> int:
    """Under FINAL, and of one message before any merge."""
    return int(_rows(client, DOUBLES.format(table=table, ident=ident))[0][0])
