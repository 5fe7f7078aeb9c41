"""The wiring: which stage stands between which topics. The only place that knows both.

frames ──read──▶ reads ──consolidate──▶ passages ──match──▶ hits
                                            ├──────judge──▶ lez-verdicts
                                            └──────watch──▶ anomalies
hotlist ──lookback──▶ hits                     (what a change of the lists means for what has passed)
reads ──consolidate──▶ camera-tallies ──health──▶ anomalies, camera-health
hits, anomalies ──cases──▶ case-inputs ──cases──▶ cases          people ──▶ case-inputs
lez-verdicts, lez-passes, lez-permits ──notices──▶ lez-notices          people ──▶ lez-inputs
everything kept ──store──▶ ClickHouse, the police's database         any flow ──▶ dead-letters
lez-verdicts, -notices, -passes, -permits ──store-lez──▶ ClickHouse, the database of the zones' controller
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, TypeAlias, cast

from anpr.assembly.parts import Assembly, LaneParts, Parts, readers
from anpr.settings import Settings
from pipeline.runtime.commits import Rewind
from pipeline.runtime.kafka import admin_client
from pipeline.runtime.lane_reader import LaneReader
from pipeline.runtime.live_lane import Lane, LaneRules
from pipeline.runtime.log_identity import log_ids
from pipeline.runtime.loop import Limits, Loop
from pipeline.runtime.output import KafkaOutput
from pipeline.runtime.service import Heartbeat
from pipeline.runtime.source import KafkaSource, Place
from pipeline.runtime.state_copies import Copied, StateCopies

if TYPE_CHECKING:
    from pipeline.flows.worker import FaustWorker

__all__ = ["FLOWS", "Flow", "OwnLoop", "Parts", "Worker", "build_worker", "drain_order", "source_topics"]

STORE_LIMITS = Limits(batch_messages=60_000, gather_s=0.4, gather_most_s=2.0, much=20_000)


@dataclass(frozen=True, slots=True)
class Flow:
    """One worker: the topics it reads, and how its stage is put together."""

    topics: tuple[str, ...]
    module: str
    """Of `anpr.assembly`, with a function `assemble`; loaded by whoever runs the flow."""
    limits: Limits | None = None
    """None: as the settings say."""
    patient: bool = False
    """True: a few tens of milliseconds more do not matter, larger batches do."""

    def assemble(self, parts: Parts, logs: Mapping[str, str]) -> Assembly:
        """The flow's own parts. logs: topic → log identity."""
        return cast("Assembly", import_module(f"anpr.assembly.{self.module}").assemble(parts, logs))


@dataclass(frozen=True, slots=True)
class OwnLoop:
    """A worker that brings a loop of its own: what it shares with a flow is its topics, its pages and its end."""

    topics: tuple[str, ...]
    """In the order in which they are worked off."""
    module: str
    """Of `anpr.assembly`, with a function `build`; loaded by whoever runs the flow."""

    def build(self, parts: Parts, heart: Heartbeat) -> FaustWorker:
        """The worker."""
        return cast("FaustWorker", import_module(f"anpr.assembly.{self.module}").build(parts, heart))


Worker: TypeAlias = "Loop | FaustWorker"
"""What runs a flow: both call `on_ready` once, `run` until `stop`."""

FLOWS: Mapping[str, Flow | OwnLoop] = {
    "read": Flow(("frames",), "read", Limits(batch_messages=4)),
    "consolidate": Flow(("reads",), "consolidate"),
    "match": Flow(("passages",), "match"),
    # A list of millions is looked for in a few turns, each through all plates of the day.
    "lookback": Flow(("hotlist",), "lookback", Limits(batch_messages=500_000, gather_s=0.2), patient=True),
    "judge": Flow(("passages",), "judge", patient=True),
    "watch": Flow(("passages",), "watch", patient=True),
    "health": OwnLoop(("camera-tallies",), "health"),
    "cases": OwnLoop(("hits", "anomalies", "case-inputs"), "cases"),
    "notices": OwnLoop(("lez-verdicts", "lez-passes", "lez-permits", "lez-inputs"), "notices"),
    # Larger blocks cost ClickHouse a third less per row. While little comes in, a passage is found at once. Each letter
    # is stored by one of the two: by the controller of the topic that it comes from.
    "store": Flow(
        (
            *("reads", "passages", "hits", "anomalies", "cameras", "camera-health", "patrols", "cases", "hotlist"),
            "dead-letters",
        ),
        "store",
        STORE_LIMITS,
        patient=True,
    ),
    "store-lez": Flow(
        ("lez-verdicts", "lez-notices", "lez-passes", "lez-permits", "dead-letters"),
        "store_lez",
        STORE_LIMITS,
        patient=True,
    ),
}
"""Worker name → flow, upstream first."""


def source_topics(name: str, settings: Settings) -> tuple[str, ...]:
    """Topics that a flow reads under these settings."""
    topics = FLOWS[name].topics
    if name == "store" and settings.store_reads != "all":
        return tuple(topic for topic in topics if topic != "reads")
    return topics


def drain_order(names: Iterable[str], settings: Settings) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Groups to wait for, in this order, until all that was sent is worked off; `names` upstream first.

    `consolidate.rewind` at the end of the log means that no passage is still open, `lookback.rewind` that no change of
    the lists is to be looked at again.
    """
    for name in names:
        yield name, source_topics(name, settings)
        if name in {"consolidate", "lookback"}:
            yield f"{name}.rewind", source_topics(name, settings)


def build_worker(name: str, parts: Parts, heart: Heartbeat) -> Worker:
    """A flow ready to run. Connects to Kafka (and the store); raises what they raise when they refuse."""
    flow = FLOWS[name]
    if isinstance(flow, OwnLoop):
        return flow.build(parts, heart)
    return _build_loop(name, flow, parts, heart.beat)


def _build_loop(name: str, flow: Flow, parts: Parts, beat: Callable[[], None]) -> Loop:
    topics = source_topics(name, parts.settings)
    kafka = parts.kafka.patient() if flow.patient else parts.kafka
    logs = log_ids(admin_client(kafka), topics)
    own = flow.assemble(parts, logs)
    output, lane, copies = KafkaOutput(kafka), _lane(name, parts, own.lane), _copies(name, parts, own.copied, logs)

    def assigned(starts: Mapping[Place, int]) -> None:
        parts.metrics.count("anpr_rebalances_total", flow=name, change="assigned")
        own.assigned(starts)
        if lane is not None:
            lane.assigned(starts)

    def resume(place: Place, rewind: Rewind, live: int) -> int:
        if own.noting is not None:
            own.noting.heed(place, rewind.note, live)
        return rewind.offset if copies is None else copies.resume(place, rewind.offset, live)

    source = KafkaSource(kafka, name, topics, stateful=own.stateful is not None, assigned=assigned, resume=resume)
    loop = Loop(
        flow=name,
        source=source,
        stage=own.stage,
        output=own.output or output,
        ahead=output if own.output is None else None,
        dead_letters=output,
        metrics=parts.metrics,
        clock=parts.clock,
        limits=flow.limits or Limits(batch_messages=parts.settings.batch_messages),
        references=readers(parts.kafka, own.references),
        pictures=own.pictures,
        waits_for="broker" if own.output is None else "store",
        waiting=parts.waiting,
        logs=logs,
        stateful=own.stateful,
        noting=own.noting,
        copies=copies,
        lane=lane,
        on_progress=beat,
    )

    def forget(places: Sequence[Place]) -> None:
        parts.metrics.count("anpr_rebalances_total", flow=name, change="taken_away")
        loop.forget(places)
        own.revoked(places)

    source.on_revoke(loop.commit, forget)
    return loop


def _lane(name: str, parts: Parts, own: LaneParts | None) -> Lane | None:
    settings = parts.settings
    if own is None or not settings.lane_behind_s:
        return None
    rules = LaneRules(behind_s=settings.lane_behind_s, backlog_per_s=settings.lane_backlog_per_s)
    return Lane(LaneReader(parts.kafka, name), own.stage, own.telling, parts.clock, rules)


def _copies(name: str, parts: Parts, stage: Copied | None, logs: Mapping[str, str]) -> StateCopies | None:
    if stage is None:
        return None
    return StateCopies(parts.settings.data_dir / "state" / name, stage, name, logs, parts.clock, parts.metrics)
