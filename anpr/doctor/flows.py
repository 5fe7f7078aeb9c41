"""How far each flow is behind, and since when its oldest message waits."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from confluent_kafka import KafkaException

from anpr.doctor.finding import Finding, State
from anpr.settings import Settings, SettingsFault
from anpr.wiring import FLOWS, source_topics
from pipeline.runtime.backlog import Backlog, backlog
from pipeline.runtime.reach import BrokerSilent, ask_broker

__all__ = ["look_at_flows"]

ANSWER_S = 3.0
LATE_S, STUCK_S = 60.0, 600.0
"""The oldest message of a flow may wait so long before it is a warning, or a fault."""


def look_at_flows(settings: Settings) -> Iterator[Finding]:
    """Of all flows; nothing where no broker answers, which is told elsewhere."""
    if settings.kafka_bootstrap is None:
        return
    try:
        kafka = settings.kafka()
        ask_broker(kafka, ANSWER_S)
        found = {name: backlog(kafka, name, source_topics(name, settings)) for name in FLOWS}
    except (BrokerSilent, KafkaException, SettingsFault):
        return
    told = [one for name, left in found.items() if (one := _told(name, left, datetime.now(UTC))) is not None]
    yield from told
    if not told:
        waiting = sum(left.messages for left in found.values())
        yield Finding("flows", "ok", f"no flow is behind; {waiting} messages are on their way")


def _told(name: str, left: Backlog, now: datetime) -> Finding | None:
    what = f"flow {name}"
    if not left.ever:
        words = f"{left.messages} messages, and no worker has ever taken one: start it (`anpr worker {name}`)"
        return Finding(what, "warning", words) if left.messages else None
    if left.oldest_at is None:
        return None
    waits_s = (now - left.oldest_at).total_seconds()
    if waits_s < LATE_S:
        return None
    state: State = "fault" if waits_s > STUCK_S else "warning"
    words = (
        f"{left.messages:,} messages behind, the oldest waits for {_span(waits_s)}: look whether its worker runs and"
    )
    return Finding(what, state, f"{words} what its /health says it waits for; it catches up by itself")


def _span(seconds: float) -> str:
    return (
        f"{seconds:.0f} s"
        if seconds < 120
        else f"{seconds / 60:.0f} min"
        if seconds < 7200
        else f"{seconds / 3600:.0f} h"
    )
