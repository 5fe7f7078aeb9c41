"""`anpr ingest`: pictures in through the topic `frames`, and back from the store what became of them."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from clickhouse_connect.driver.client import Client
from confluent_kafka import KafkaError
from confluent_kafka import Message as RawMessage
from pydantic import ValidationError

from anpr.known_cameras import known_cameras
from anpr.pictures import FoundFrame, Unreadable, find_sources, frames_of, shown_name
from anpr.platform import Platform
from anpr.registering import register
from anpr.settings import Settings, SettingsFault
from anpr.working_off import Progress, work_off
from pipeline.identity import fact_id
from pipeline.runtime.clock import SystemClock
from pipeline.runtime.kafka import admin_client, producer_client
from pipeline.runtime.log_identity import log_ids
from pipeline.stages.read_plates import FRAME_HEADER
from schemas.camera import Camera
from schemas.frame import Frame
from sinks.clickhouse.client import connect
from topics.spec import all_topics

__all__ = ["INGEST_FLOWS", "AtOnce", "IngestReport", "Timing", "ingest"]

INGEST_FLOWS = ("read", "consolidate", "match", "judge", "store", "store-lez")
PASSAGES_OF_FRAMES = """SELECT frame_id, plate, confidence, passage_id, read_count, certainty
FROM passages_unpacked WHERE frame_id IN {frames:Array(UUID)} AND NOT withdrawn ORDER BY captured_at, box.x"""
DEAD_OF_FRAMES = """SELECT source_partition, source_offset, reason, detail FROM dead_letters FINAL
WHERE source_topic = 'frames' AND source_log = {log:String}
AND (source_partition, source_offset) IN {places:Array(Tuple(UInt16, UInt64))}"""
ROWS_OF_PASSAGES = """SELECT
    (SELECT count() FROM passages FINAL WHERE passage_id IN {ids:Array(UUID)} AND NOT withdrawn)
  + (SELECT count() FROM reads FINAL WHERE frame_id IN {frames:Array(UUID)})
  + (SELECT count() FROM hits FINAL WHERE passage_id IN {ids:Array(UUID)})"""
LEZ_ROWS_OF_PASSAGES = "SELECT count() FROM verdicts_last FINAL WHERE passage_id IN {ids:Array(UUID)}"
DEAD_READS_OF_FRAMES = """SELECT toUUIDOrZero(JSONExtractString(base64Decode(value_base64), 'frame_id')) AS frame,
    reason, detail
FROM dead_letters FINAL WHERE source_topic = 'reads' AND failed_at >= {since:DateTime64(3)} - INTERVAL 1 MINUTE
AND frame IN {frames:Array(UUID)}"""
REFERENCE_SETTLES_S = 1.0
"""Workers see a new camera within half a second; a frame that is faster than its camera would be refused."""


class Timing(Protocol):
    """When pictures were taken, and when they are sent."""

    def in_order(self, sources: Sequence[Path]) -> Sequence[Path]:
        """The files in the order in which they are sent."""
        ...

    def taken_at(self, source: Path) -> datetime:
        """Capture time of a picture, or of a video's first frame."""
        ...

    def wait(self, captured_at: datetime, meanwhile: Callable[[], object]) -> bool:
        """Return when a frame is due; `meanwhile` is called now and then. False: send no more."""
        ...


@dataclass(frozen=True, slots=True)
class AtOnce:
    """All as fast as they are read, taken at one moment; None: as they are sent."""

    captured_at: datetime | None

    def in_order(self, sources: Sequence[Path]) -> Sequence[Path]:
        """By name."""
        return sources

    def taken_at(self, source: Path) -> datetime:  # noqa: ARG002
        """The moment."""
        return self.captured_at or datetime.now(UTC)

    def wait(self, captured_at: datetime, meanwhile: Callable[[], object]) -> bool:  # noqa: ARG002
        """Not at all."""
        return True


@dataclass(slots=True)
class IngestReport:
    """What became of the pictures, as read back from the store."""

    frames: int = 0
    reads: int = 0
    passages: int = 0
    rows_stored: int = 0
    dead_letters: int = 0
    plates: list[dict[str, Any]] = field(default_factory=list)
    refused: list[dict[str, str]] = field(default_factory=list)
    """Files that could not be used: file, reason, detail."""
    passed_over: int = 0
    """Files in the folder that are neither picture nor video."""
    stopped: bool = False
    """True: told to send no more before all was sent."""


@dataclass(slots=True)
class _Sent:
    """Frames on their way, by id and by place in the log."""

    files: dict[UUID, str] = field(default_factory=dict)
    places: dict[tuple[int, int], str] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)


def ingest(
    platform: Platform,
    path: Path,
    camera_id: str,
    *,
    timing: Timing,
    fps: float,
    timeout_s: float,
    progress: Progress,
    say: Callable[[str], None],
) -> IngestReport:
    """Send the pictures at `path` as frames of a camera and wait until all that follows is stored."""
    started = datetime.now(UTC)
    sources, passed_over = find_sources(path)
    _register_camera(platform.settings, camera_id, say)
    report = IngestReport(passed_over=passed_over)
    sent = _send(platform, timing.in_order(sources), path, camera_id, timing, fps, report, progress)
    work_off(platform, INGEST_FLOWS, timeout_s, platform.tend, progress)
    _read_back(connect(platform.settings.dsn()), platform.settings, sent, started, report)
    return report


def _register_camera(settings: Settings, camera_id: str, say: Callable[[str], None]) -> None:
    if camera_id in known_cameras(settings.kafka()):
        return
    try:
        camera = Camera(camera_id=camera_id, name=f"Upload {camera_id}", kind="upload")
    except ValidationError as error:
        raise SettingsFault(f"'{camera_id}' is no camera id: use up to 64 of A-Z a-z 0-9 . _ : -") from error
    say(f"camera {camera_id} was not registered: it now is, as an upload without a place")
    register(settings.kafka(), [camera])
    SystemClock().sleep(REFERENCE_SETTLES_S)


def _send(
    platform: Platform,
    sources: Sequence[Path],
    root: Path,
    camera_id: str,
    timing: Timing,
    fps: float,
    report: IngestReport,
    progress: Progress,
) -> _Sent:
    sent, sender = _Sent(), _Sender(platform.settings, camera_id)
    for number, source in enumerate(sources):
        progress("sending", number, len(sources))
        platform.tend()
        try:
            for frame in frames_of(source, root, timing.taken_at(source), fps):
                if not sender.fits(frame):
                    report.refused.append(_too_large(frame))
                elif timing.wait(frame.captured_at, platform.tend):
                    sender.send(frame, sent)
                    report.frames += 1
                else:
                    report.stopped = True
                    break
        except Unreadable as fault:
            file = shown_name(source, root)
            report.refused.append({"file": file, "reason": fault.reason, "detail": fault.detail})
        if report.stopped:
            break
    sender.finish(sent, platform.tend)
    progress("sending", len(sources), len(sources))
    return sent


def _too_large(frame: FoundFrame) -> dict[str, str]:
    detail = f"{len(frame.data) / 1e6:.1f} MB, the topic frames takes {_frame_limit() / 1e6:.1f} MB"
    return {"file": frame.file, "reason": "too_large", "detail": detail}


def _frame_limit() -> int:
    return all_topics()["frames"].max_message_bytes - 4096  # room for key and header


class _Sender:
    """Produces frames and notes where in the log each one came to lie."""

    def __init__(self, settings: Settings, camera_id: str) -> None:
        self._producer = producer_client(settings.kafka())
        self._camera_id = camera_id

    @staticmethod
    def fits(frame: FoundFrame) -> bool:
        return len(frame.data) <= _frame_limit()

    def send(self, found: FoundFrame, sent: _Sent) -> None:
        digest = hashlib.blake2b(found.data, digest_size=16).hexdigest()
        frame = Frame(
            frame_id=fact_id("frame", self._camera_id, found.captured_at.isoformat(), found.file, digest),
            camera_id=self._camera_id,
            captured_at=found.captured_at,
            received_at=datetime.now(UTC),
            source=found.file[:1000],
            sequence=found.sequence,
        )
        sent.files[frame.frame_id] = found.file

        def arrived(error: KafkaError | None, raw: RawMessage) -> None:
            if error is not None:
                sent.failed.append(f"{found.file}: {error.str()}")
            else:
                sent.places[raw.partition() or 0, raw.offset() or 0] = found.file

        headers: list[tuple[str, str | bytes]] = [(FRAME_HEADER, frame.model_dump_json(exclude_none=True).encode())]
        while True:
            try:
                self._producer.produce(
                    "frames", found.data, self._camera_id.encode(), headers=headers, on_delivery=arrived
                )
                break
            except BufferError:
                self._producer.poll(1.0)
        self._producer.poll(0)

    def finish(self, sent: _Sent, while_waiting: Callable[[], object]) -> None:
        while self._producer.flush(1.0):
            while_waiting()
        if sent.failed:
            raise RuntimeError(f"{len(sent.failed)} frames were not taken by the broker, first {sent.failed[0]}")


def _read_back(client: Client, settings: Settings, sent: _Sent, started: datetime, report: IngestReport) -> None:
    frames = [str(frame) for frame in sent.files]
    passages = client.query(PASSAGES_OF_FRAMES, parameters={"frames": frames}).result_rows
    report.plates = [
        {"file": sent.files[frame], "plate": plate, "confidence": round(confidence, 4), "certainty": certainty}
        for frame, plate, confidence, _id, _count, certainty in passages
    ]
    report.passages = len(passages)
    report.reads = sum(row[4] for row in passages)
    ids = [str(row[3]) for row in passages]
    counted = client.query(ROWS_OF_PASSAGES, parameters={"ids": ids, "frames": frames}).result_rows
    report.rows_stored = int(counted[0][0])
    if settings.lez_dsn is not None:  # who ingests for the police on a server knows no database of the zones
        verdicts = connect(settings.lez()).query(LEZ_ROWS_OF_PASSAGES, parameters={"ids": ids}).result_rows
        report.rows_stored += int(verdicts[0][0])
    _read_dead_letters(client, settings, sent, report)
    _read_dead_reads(client, sent, started, report)


def _read_dead_letters(client: Client, settings: Settings, sent: _Sent, report: IngestReport) -> None:
    log = log_ids(admin_client(settings.kafka()), ["frames"])["frames"]
    places = list(sent.places)
    rows = client.query(DEAD_OF_FRAMES, parameters={"log": log, "places": places}).result_rows
    report.dead_letters += len(rows)
    for partition, offset, reason, detail in rows:
        report.refused.append({"file": sent.places[partition, offset], "reason": reason, "detail": detail})


def _read_dead_reads(client: Client, sent: _Sent, started: datetime, report: IngestReport) -> None:
    """Reads of these frames that could not be used: a capture time that cannot be, say."""
    parameters = {"frames": [str(frame) for frame in sent.files], "since": started}
    for frame, reason, detail in client.query(DEAD_READS_OF_FRAMES, parameters=parameters).result_rows:
        report.dead_letters += 1
        report.refused.append({"file": sent.files[frame], "reason": reason, "detail": detail})
