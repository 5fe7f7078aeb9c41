"""Messages for tests: a test names what matters to it, the rest is ordinary."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from pipeline.hotlist.entries import decode_listed
from pipeline.hotlist.index import HotlistIndex
from pipeline.identity import fact_id
from pipeline.messages import Batch, Message
from pipeline.outcome import Outcome
from schemas.camera import Camera
from schemas.codec import compiled, decoder, encode
from schemas.frame import Frame
from schemas.hotlist import HotlistEntry
from schemas.passage import Passage
from schemas.read import Candidate, Read

T0 = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
CAMERA = "cam-1"
ReadRecord, PassageRecord, FrameRecord = compiled(Read), compiled(Passage), compiled(Frame)
CameraRecord, EntryRecord, CandidateRecord = compiled(Camera), compiled(HotlistEntry), compiled(Candidate)
decode_passage = decoder(Passage)


def at(seconds: float) -> datetime:
    """A moment, in seconds after T0."""
    return T0 + timedelta(seconds=seconds)


def ms(moment: datetime) -> int:
    """Epoch milliseconds."""
    return round(moment.timestamp() * 1000)


def read(plate: str = "1ABC234", seconds: float = 0.0, **changes: Any) -> Read:
    """A read of a plate at so many seconds; its id follows from camera, plate and time unless given."""
    camera = changes.get("camera_id", CAMERA)
    fields: dict[str, Any] = {
        "read_id": fact_id("test", camera, plate, int(seconds * 1000)),
        "camera_id": camera,
        "captured_at": at(seconds),
        "received_at": at(seconds),
        "plate_raw": plate or "-",
        "confidence": 0.9,
    }
    return ReadRecord(**fields | changes)


def passage(plate: str = "1ABC234", seconds: float = 0.0, **changes: Any) -> Passage:
    """A sure passage of one read."""
    fields: dict[str, Any] = {
        "passage_id": fact_id("test-passage", plate, int(seconds * 1000)),
        "revision": 1,
        "camera_id": CAMERA,
        "captured_at": at(seconds),
        "last_captured_at": at(seconds),
        "received_at": at(seconds),
        "plate_raw": plate,
        "plate": plate,
        "plate_key": plate,
        "plate_display": plate,
        "country": "BE",
        "confidence": 0.95,
        "certainty": "sure",
        "read_count": 1,
        "best_read_id": fact_id("test", plate, int(seconds * 1000)),
        "best_captured_at": at(seconds),
    }
    return PassageRecord(**fields | changes)


def frame(**changes: Any) -> Frame:
    """The header of a still picture."""
    fields: dict[str, Any] = {
        "frame_id": fact_id("test-frame", CAMERA),
        "camera_id": CAMERA,
        "captured_at": T0,
        "received_at": T0,
    }
    return FrameRecord(**fields | changes)


def camera(camera_id: str = CAMERA, **changes: Any) -> Camera:
    """A fixed camera that watches the Brussels zone."""
    fields: dict[str, Any] = {"name": camera_id, "kind": "fixed", "lez_zones": ("brussels",)}
    return CameraRecord(camera_id=camera_id, **fields | changes)


def entry(plate: str = "1ABC234", **changes: Any) -> HotlistEntry:
    """A stolen car, wanted since an hour before T0, without end."""
    fields: dict[str, Any] = {
        "entry_id": f"entry-{plate.replace('?', '.').replace('*', '_')}",
        "list_kind": "stolen_vehicle",
        "plate": plate,
        "owner": "federal",
        "priority": 10,
        "reason": "reported stolen",
        "valid_from": at(-3600),
    }
    return EntryRecord(**fields | changes)


def hotlist(*entries: HotlistEntry) -> HotlistIndex:
    """A list of these entries, ready to be asked."""
    index = HotlistIndex()
    for one in entries:
        value = one.model_dump_json().encode() if isinstance(one, HotlistEntry) else encode(one)
        index.put(one.entry_id.encode(), decode_listed(value))
    index.settle()
    return index


def message(value: bytes, offset: int = 0, **changes: Any) -> Message:
    """A message of a camera, stamped at T0."""
    return Message("reads", 0, offset, ms(T0), CAMERA.encode(), value)._replace(**changes)


def read_message(record: Read, offset: int = 0, **changes: Any) -> Message:
    """A read in the topic, stamped when it was captured."""
    stamp = {"timestamp_ms": ms(record.captured_at), "key": record.camera_id.encode()}
    return message(encode(record), offset, **stamp | changes)


def passage_message(record: Passage, offset: int = 0, **changes: Any) -> Message:
    """A passage in the topic."""
    return message(encode(record), offset, **{"topic": "passages", "key": record.plate.encode()} | changes)


def log(records: Iterable[Read]) -> list[Message]:
    """Reads as one partition holds them."""
    return [read_message(record, offset) for offset, record in enumerate(records)]


def batch(messages: Sequence[Message], now: datetime | None = None, **changes: Any) -> Batch:
    """A batch that is taken when its last message was stamped, unless told otherwise."""
    latest = max((m.timestamp_ms for m in messages), default=ms(T0))
    taken = now or datetime.fromtimestamp(latest / 1000, UTC)
    return dataclasses.replace(Batch(messages, taken), **changes)


def passages(outcome: Outcome) -> list[Passage]:
    """The passages that an outcome emits, in order."""
    return [decode_passage(emit.value) for emit in outcome.emitted]
