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
from dataclasses import dataclass, field
from datetime import timedelta
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeAlias, cast

from anpr.settings import Settings
from anpr.snapshot_keeper import SnapshotKeeper
from anpr.store_archive import StoreArchive
from anpr.store_forecast import StoreForecast
from pipeline.flows.case_parts import CaseParts
from pipeline.flows.health_parts import HealthParts
from pipeline.flows.notice_parts import NoticeParts
from pipeline.hotlist.entries import decode_listed
from pipeline.hotlist.index import HotlistIndex
from pipeline.hotlist.snapshot import kept as hotlist_kept
from pipeline.lez.loading import load_law, zones
from pipeline.lez.registry.passes import PassBook
from pipeline.lez.registry.permits import PermitBook
from pipeline.lez.registry.snapshot import kept as vehicles_kept
from pipeline.lez.registry.vehicles import VehicleRegistry
from pipeline.runtime.clock import Clock
from pipeline.runtime.dead_letters import TOPIC as DEAD_LETTERS
from pipeline.runtime.kafka import KafkaConfig, admin_client
from pipeline.runtime.lane_reader import LaneReader
from pipeline.runtime.live_lane import Lane, LaneRules, LaneStage, Telling, bytes_of
from pipeline.runtime.log_identity import log_ids
from pipeline.runtime.loop import Limits, Loop, PictureStore, Stage, StatefulStage
from pipeline.runtime.metrics import Metrics
from pipeline.runtime.output import KafkaOutput, Output
from pipeline.runtime.reference import Reference, ReferenceReader
from pipeline.runtime.service import Heartbeat
from pipeline.runtime.source import KafkaSource, Place
from pipeline.runtime.state_copies import Copied, StateCopies
from pipeline.runtime.waiting import Waiting
from pipeline.stages.assess_lez import AssessLez
from pipeline.stages.consolidate import Consolidate
from pipeline.stages.look_back import LookBack
from pipeline.stages.match import Match
from pipeline.stages.match_from_middle import MatchFromMiddle, telling_of
from pipeline.stages.read_plates import ReadPlates
from pipeline.stages.tally import Tally
from pipeline.stages.tracks_from_middle import TracksFromMiddle
from pipeline.stages.watch import Watch
from pipeline.vision.engines import load_engine
from schemas.camera import Camera, PatrolPosition
from schemas.codec import decoder
from schemas.lez import LezPass, LezPermits, Vehicle
from sinks.clickhouse.client import connect
from sinks.clickhouse.controllers import LEZ, POLICE, Controller
from sinks.clickhouse.held import HeldOffsets, read_back
from sinks.clickhouse.outage import through_outages
from sinks.clickhouse.writer import ClickHouseOutput
from sinks.evidence import EvidenceStore

if TYPE_CHECKING:
    from pipeline.flows.worker import FaustWorker
    from sinks.clickhouse.rows import ToRows

__all__ = ["FLOWS", "Flow", "OwnLoop", "Parts", "Worker", "build_worker", "drain_order", "source_topics"]

CASE_TOPICS = ("hits", "anomalies", "case-inputs", "case-files", "cases")
STORE_LIMITS = Limits(batch_messages=60_000, gather_s=0.4, gather_most_s=2.0, much=20_000)
NOTICE_SOURCES = ("lez-verdicts", "lez-passes", "lez-permits", "lez-inputs")
NOTICE_TOPICS = (*NOTICE_SOURCES, "lez-files", "lez-notices")
HEALTH_TOPICS = ("camera-tallies", "health-files", "camera-health", "anomalies")


@dataclass(frozen=True, slots=True)
class Parts:
    """What every flow is built from."""

    settings: Settings
    kafka: KafkaConfig
    clock: Clock
    metrics: Metrics
    waiting: Waiting
    """Where it is told that the flow waits."""


@dataclass(frozen=True, slots=True)
class LaneParts:
    """What a flow does at once with what has just come, while it works off a backlog."""

    stage: LaneStage
    telling: Telling
    """What makes one of its messages the same as another."""


@dataclass(slots=True)
class Assembly:
    """One flow's own parts."""

    stage: Stage
    references: Sequence[Reference] = ()
    stateful: StatefulStage | None = None
    copied: Copied | None = None
    """The stage again, if it remembers so much that a worker which starts must not read it all again."""
    pictures: PictureStore | None = None
    output: Output | None = None
    """None: the flow's results go to Kafka topics; else to the store."""
    lane: LaneParts | None = None
    """None: what has just come waits for what came before."""
    assigned: Callable[[Mapping[Place, int]], None] = field(default=lambda _: None)
    revoked: Callable[[Sequence[Place]], None] = field(default=lambda _: None)


@dataclass(frozen=True, slots=True)
class Flow:
    """One worker: the topics it reads, and how its stage is put together."""

    topics: tuple[str, ...]
    assemble: Callable[[Parts, Mapping[str, str]], Assembly]
    """Parts, log identities → assembly."""
    limits: Limits | None = None
    """None: as the settings say."""
    patient: bool = False
    """True: a few tens of milliseconds more do not matter, larger batches do."""


@dataclass(frozen=True, slots=True)
class OwnLoop:
    """A worker that brings a loop of its own: what it shares with a flow is its topics, its pages and its end."""

    topics: tuple[str, ...]
    """In the order in which they are worked off."""
    build: Callable[[Parts, Heartbeat], FaustWorker]


Worker: TypeAlias = "Loop | FaustWorker"
"""What runs a flow: both call `on_ready` once, `run` until `stop`."""


def _read(parts: Parts, _logs: Mapping[str, str]) -> Assembly:
    settings, cameras = parts.settings, _Table()
    engine = load_engine(settings.vision_engine, threads=settings.vision_threads, models=settings.vision_models)
    stage = ReadPlates(
        engine,
        cameras.records,
        reader=engine.name,
        max_megapixels=settings.vision_max_megapixels,
        keep_not_plates=settings.vision_keep_not_plates,
        keep_frames=settings.vision_keep_frames,
    )
    pictures = EvidenceStore.at(settings.evidence_place, parts.clock)
    return Assembly(stage, references=[_cameras(cameras)], pictures=pictures)


def _consolidate(_parts: Parts, logs: Mapping[str, str]) -> Assembly:
    cameras = _Table()
    stage = Consolidate(cameras.records, tally=Tally(logs))
    lane = LaneParts(Consolidate(cameras.records, tracks=TracksFromMiddle), bytes_of)
    return Assembly(stage, references=[_cameras(cameras)], stateful=stage, lane=lane)


def _match(parts: Parts, _logs: Mapping[str, str]) -> Assembly:
    hotlist, cameras, patrols = HotlistIndex(), _Table(), _Table()
    log = log_ids(admin_client(parts.kafka), ("hotlist",))["hotlist"]
    snapshots = SnapshotKeeper(parts.settings.data_dir / "hotlist", hotlist_kept(hotlist), log, parts.clock)
    stage = Match(hotlist, cameras.records, patrols.records)
    return Assembly(
        stage,
        lane=LaneParts(MatchFromMiddle(Match(hotlist, cameras.records, patrols.records)), telling_of),
        references=[
            _cameras(cameras),
            _patrols(patrols),
            Reference(
                "hotlist",
                decode_listed,
                hotlist.put,
                hotlist.remove,
                hotlist.__len__,
                settle=hotlist.settle,
                begin=snapshots.begin,
                reached=snapshots.reached,
                snapshot_at=snapshots.held_at,
            ),
        ],
        stateful=stage,
        copied=stage,
    )


def _lookback(parts: Parts, _logs: Mapping[str, str]) -> Assembly:
    cameras, settings = _Table(), parts.settings
    archive = StoreArchive(connect(settings.dsn()), parts.kafka, parts.clock, partial(parts.waiting.note, "store"))
    stage = LookBack(archive, cameras.records, timedelta(hours=settings.lookback_hours))
    return Assembly(stage, references=[_cameras(cameras)], stateful=stage)


def _judge(parts: Parts, _logs: Mapping[str, str]) -> Assembly:
    cameras, vehicles, passes, permits = _Table(), VehicleRegistry(), PassBook(), PermitBook()
    log = log_ids(admin_client(parts.kafka), ("vehicles",))["vehicles"]
    snapshots = SnapshotKeeper(parts.settings.data_dir / "vehicles", vehicles_kept(vehicles), log, parts.clock)
    stage = AssessLez({zone: load_law(zone) for zone in zones()}, cameras.records, vehicles, passes, permits)
    return Assembly(
        stage,
        references=[
            _cameras(cameras),
            Reference(
                "vehicles",
                decoder(Vehicle),
                vehicles.put,
                vehicles.remove,
                vehicles.__len__,
                settle=vehicles.settle,
                begin=snapshots.begin,
                reached=snapshots.reached,
                snapshot_at=snapshots.held_at,
            ),
            Reference("lez-passes", decoder(LezPass), passes.put, passes.remove, passes.__len__),
            Reference("lez-permits", decoder(LezPermits), permits.put, permits.remove, permits.__len__),
        ],
    )


def _watch(_parts: Parts, _logs: Mapping[str, str]) -> Assembly:
    cameras = _Table()
    stage = Watch(cameras.records)
    return Assembly(stage, references=[_cameras(cameras)], stateful=stage, copied=stage)


def _cases(parts: Parts, heart: Heartbeat) -> FaustWorker:
    cameras, patrols, settings = _Table(), _Table(), parts.settings
    references = _readers(parts.kafka, (_cameras(cameras), _patrols(patrols)))
    own = CaseParts(
        kafka=parts.kafka,
        clock=parts.clock,
        metrics=parts.metrics,
        logs=log_ids(admin_client(parts.kafka), CASE_TOPICS),
        cameras=cameras.records,
        patrols=patrols.records,
        references=references,
        forecast=StoreForecast(settings.dsn()) if settings.store_dsn else None,
        beat=heart.beat,
        waiting=parts.waiting,
    )

    # By name: of all workers only this one pays for Faust, a quarter of a second and 25 MB.
    return cast("FaustWorker", import_module("pipeline.flows.cases").worker(own))


def _notices(parts: Parts, heart: Heartbeat) -> FaustWorker:
    own = NoticeParts(
        kafka=parts.kafka,
        clock=parts.clock,
        metrics=parts.metrics,
        logs=log_ids(admin_client(parts.kafka), NOTICE_TOPICS),
        laws={zone: load_law(zone) for zone in zones()},
        beat=heart.beat,
        waiting=parts.waiting,
    )
    return cast("FaustWorker", import_module("pipeline.flows.notices").worker(own))


def _health(parts: Parts, heart: Heartbeat) -> FaustWorker:
    cameras = _Table()
    own = HealthParts(
        kafka=parts.kafka,
        clock=parts.clock,
        metrics=parts.metrics,
        logs=log_ids(admin_client(parts.kafka), HEALTH_TOPICS),
        cameras=cameras.records,
        references=_readers(parts.kafka, (_cameras(cameras),)),
        beat=heart.beat,
        waiting=parts.waiting,
    )
    return cast("FaustWorker", import_module("pipeline.flows.health").worker(own))


def _store(parts: Parts, logs: Mapping[str, str]) -> Assembly:
    return _storing(POLICE, parts.settings.dsn(), parts, logs)


def _store_lez(parts: Parts, logs: Mapping[str, str]) -> Assembly:
    return _storing(LEZ, parts.settings.lez(), parts, logs)


def _storing(controller: Controller, dsn: str, parts: Parts, logs: Mapping[str, str]) -> Assembly:
    client, held = connect(dsn), HeldOffsets()
    # What feeds several tables is stored again after a crash, which changes nothing: one of them may lack it.
    tables = {stored.topic: stored.table for stored in controller.stored if not stored.inlet}
    tables[DEAD_LETTERS] = "dead_letters"

    def look_back(starts: Mapping[Place, int]) -> None:
        wait = partial(parts.waiting.note, "store")
        for (topic, partition), start in starts.items():
            if topic in tables:
                ask = partial(read_back, client, tables[topic], logs[topic], partition, start)
                held.note((topic, partition), through_outages(ask, wait, parts.clock))
        parts.waiting.over()

    # By name: of all workers only these pay for pyarrow, seventy megabytes.
    to_rows = cast("type[ToRows]", import_module("sinks.clickhouse.rows").ToRows)
    stage = to_rows(held, logs, reads=parts.settings.store_reads, controller=controller)
    output = ClickHouseOutput(client, parts.clock, parts.metrics)
    return Assembly(stage, output=output, assigned=look_back, revoked=held.forget)


def _stored_by(controller: Controller) -> tuple[str, ...]:
    """Its topics. Each letter is stored by one of the controllers: by the owner of the topic that it comes from."""
    return (*(stored.topic for stored in controller.stored), DEAD_LETTERS)


FLOWS: Mapping[str, Flow | OwnLoop] = {
    "read": Flow(("frames",), _read, Limits(batch_messages=4)),
    "consolidate": Flow(("reads",), _consolidate),
    "match": Flow(("passages",), _match),
    # A list of millions is looked for in a few turns, each through all plates of the day.
    "lookback": Flow(("hotlist",), _lookback, Limits(batch_messages=500_000, gather_s=0.2), patient=True),
    "judge": Flow(("passages",), _judge, patient=True),
    "watch": Flow(("passages",), _watch, patient=True),
    "health": OwnLoop(("camera-tallies",), _health),
    "cases": OwnLoop(("hits", "anomalies", "case-inputs"), _cases),
    "notices": OwnLoop(NOTICE_SOURCES, _notices),
    # Larger blocks cost ClickHouse a third less per row. While little comes in, a passage is found at once.
    "store": Flow(_stored_by(POLICE), _store, STORE_LIMITS, patient=True),
    "store-lez": Flow(_stored_by(LEZ), _store_lez, STORE_LIMITS, patient=True),
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

    def resume(place: Place, needed: int, live: int) -> int:
        return needed if copies is None else copies.resume(place, needed, live)

    source = KafkaSource(kafka, name, topics, stateful=own.stateful is not None, assigned=assigned, resume=resume)
    loop = Loop(
        flow=name,
        source=source,
        stage=own.stage,
        output=own.output or output,
        dead_letters=output,
        metrics=parts.metrics,
        clock=parts.clock,
        limits=flow.limits or Limits(batch_messages=parts.settings.batch_messages),
        references=_readers(parts.kafka, own.references),
        pictures=own.pictures,
        waits_for="broker" if own.output is None else "store",
        waiting=parts.waiting,
        logs=logs,
        stateful=own.stateful,
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


def _readers(kafka: KafkaConfig, references: Iterable[Reference]) -> list[ReferenceReader]:
    """Of topics that change seldom."""
    return [ReferenceReader(kafka.patient().patient(), reference) for reference in references]


class _Table:
    """Records of a reference topic by key, for stages that only look up."""

    def __init__(self) -> None:
        self.records: dict[str, Any] = {}

    def put(self, key: bytes, record: Any) -> None:
        self.records[key.decode("utf-8", "replace")] = record

    def remove(self, key: bytes) -> None:
        self.records.pop(key.decode("utf-8", "replace"), None)


def _cameras(table: _Table) -> Reference:
    return Reference("cameras", decoder(Camera), table.put, table.remove, table.records.__len__)


def _patrols(table: _Table) -> Reference:
    return Reference("patrols", decoder(PatrolPosition), table.put, table.remove, table.records.__len__)
