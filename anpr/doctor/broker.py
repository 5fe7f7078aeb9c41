"""The brokers: whether they answer, whether all partitions have their copies, whether topics are as they should be."""

from __future__ import annotations

from collections.abc import Iterator

from confluent_kafka import KafkaException
from confluent_kafka.admin import ClusterMetadata, PartitionMetadata

from anpr.doctor.finding import Finding
from anpr.platform import topic_drifts
from anpr.settings import Settings, SettingsFault
from pipeline.runtime.kafka import cause
from pipeline.runtime.reach import BrokerSilent, ask_broker

__all__ = ["NONE_SET", "look_at_broker"]

BROKER_ANSWER_S = 5.0
NONE_SET = "none set, an embedded one is started when needed"


def look_at_broker(settings: Settings) -> Iterator[Finding]:
    """Ask them."""
    if settings.kafka_bootstrap is None:
        yield Finding("broker", "ok", f"{NONE_SET} (ANPR_KAFKA_BOOTSTRAP names another)")
        return
    try:
        cluster = ask_broker(settings.kafka(), BROKER_ANSWER_S)
        yield from _partitions(cluster)
        yield _topics(settings, len(cluster.brokers))
    except (BrokerSilent, SettingsFault) as fault:
        words = f"{fault} Workers wait, the door tells devices to come again, and all goes on by itself when it is back"
        yield Finding("broker", "fault", words if isinstance(fault, BrokerSilent) else str(fault))
    except KafkaException as error:
        words = f"no Kafka at {settings.kafka_bootstrap} ({cause(error).str()}): start it or set ANPR_KAFKA_BOOTSTRAP"
        yield Finding("broker", "fault", words)


def _partitions(cluster: ClusterMetadata) -> Iterator[Finding]:
    found = [(name, one) for name, topic in cluster.topics.items() for one in topic.partitions.values()]
    headless = [(name, one) for name, one in found if one.leader < 0]
    short = [(name, one) for name, one in found if one.leader >= 0 and len(one.isrs) < len(one.replicas)]
    if headless:
        words = (
            f"{_some(headless)} without a leader: nothing is read from them or written to them until {_whose(headless)}"
        )
        yield Finding("partitions", "fault", f"{words} is back; look at its log and its disk")
    if short:
        words = f"{_some(short)} with fewer copies than they should have: {_whose(short)} is away or behind"
        yield Finding("partitions", "warning", f"{words}; look at its log and its disk before another one fails")


def _some(found: list[tuple[str, PartitionMetadata]]) -> str:
    name, first = found[0]
    return f"{len(found)} partitions (first {name}-{first.id})"


def _whose(found: list[tuple[str, PartitionMetadata]]) -> str:
    missing = sorted(
        {node for _name, one in found for node in set(one.replicas) - set(one.isrs if one.leader >= 0 else ())}
    )
    return f"broker {', '.join(map(str, missing))}"


def _topics(settings: Settings, brokers: int) -> Finding:
    wrong = [drift for drift in topic_drifts(settings) if drift.kind != "cannot tell"]
    if wrong:
        first = wrong[0]
        words = f"{len(wrong)} differences, first {first.topic}.{first.field} {first.kind}: run `anpr topics check`"
        return Finding("broker", "warning", words)
    return Finding("broker", "ok", f"{settings.kafka_bootstrap}, {brokers} brokers, all topics as they should be")
