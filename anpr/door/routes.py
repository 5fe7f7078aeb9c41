"""`POST /api/v1/reads`, `POST /api/v1/frames`, `GET /health`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Header, Request
from fastapi.responses import JSONResponse, Response
from msgspec import json

from anpr.door import answers
from anpr.door.answers import PROBLEMS, Outcome, RefusedRead, UploadAnswer
from anpr.door.arrived import Arrived, Outgoing, Refusal, Spooled, Topic, digest_of
from anpr.door.asking import ClockOf, DeviceOf, Gone, SpooledOf, body_of, count_problem, skew_of
from anpr.door.budget import Full
from anpr.door.framing import MEDIA_TYPES, NotYourCamera, frame_of
from anpr.door.intake import Busy, OtherContent
from anpr.door.keys import Device
from anpr.door.parts import Parts, PartsOf
from anpr.door.reading import NotReads, reads_of
from console.problems import ProblemFound
from schemas.codec import Refused

__all__ = ["MOST_READ_BYTES", "router"]

MOST_READ_BYTES = 4_000_000
"""Of an upload of reads."""
COST_OF_A_FRAME = 20
"""In reads, for the rate of a device."""
router = APIRouter()
READS: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The contract `read` (docs/contracts.md): a JSON array, or one to a line. `read_id` may be "
        "absent, `received_at` is ours to say.",
        "content": {
            "application/json": {"schema": {"type": "array", "items": {"type": "object"}, "minItems": 1}},
            "application/x-ndjson": {"schema": {"type": "string"}},
        },
    }
}
FRAME: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "description": "The picture.",
        "content": {one: {"schema": {"type": "string", "format": "binary"}} for one in MEDIA_TYPES},
    }
}


@router.post("/api/v1/reads", response_model=UploadAnswer, responses=PROBLEMS, openapi_extra=READS, tags=["uploads"])
async def reads(request: Request, parts: PartsOf, device: DeviceOf, spooled: SpooledOf, clock: ClockOf = None) -> Any:
    """Take reads. Answered once the broker has acknowledged them; each refused one is told with its reason."""
    with _counted(parts), parts.budget.lease() as lease:
        body = await body_of(request, MOST_READ_BYTES, lease)
        now = parts.clock.now()
        try:
            messages, refused = reads_of(body, device.cameras, now)
        except NotReads as fault:
            raise answers.not_reads(str(fault)) from fault
        parts.buckets.owe(device.name, len(messages) + len(refused) - 1)
        arrived = _arrived(device, "reads", messages, refused, body, spooled, now, clock)
        return await _take(parts, arrived)


@router.post("/api/v1/frames", response_model=UploadAnswer, responses=PROBLEMS, openapi_extra=FRAME, tags=["uploads"])
async def frames(
    request: Request,
    parts: PartsOf,
    device: DeviceOf,
    spooled: SpooledOf,
    about: Annotated[
        str,
        Header(
            alias="Anpr-Frame",
            max_length=4_000,
            description="JSON of the contract `frame` without `frame_id`, `received_at` and `media_type`: "
            "`camera_id`, `captured_at`, and `position`, `source`, `sequence` where known.",
        ),
    ],
    clock: ClockOf = None,
) -> Any:
    """Take a picture. Answered once the broker has acknowledged it."""
    with _counted(parts), parts.budget.lease() as lease:
        media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        picture = await body_of(request, parts.most_frame_bytes, lease)
        if media_type not in MEDIA_TYPES:
            raise answers.wrong_type()
        now = parts.clock.now()
        messages, refused = _frame(picture, about, media_type, device, parts)
        parts.buckets.owe(device.name, COST_OF_A_FRAME - 1)
        arrived = _arrived(device, "frames", messages, refused, picture, spooled, now, clock)
        return await _take(parts, arrived)


def _frame(
    picture: bytes, about: str, media_type: str, device: Device, parts: Parts
) -> tuple[Sequence[Outgoing], Sequence[Refusal]]:
    """The frame, or why it is refused. Raises ProblemFound."""
    try:
        return [frame_of(picture, about, media_type, device.cameras, parts.clock.now())], ()
    except NotReads as fault:
        raise answers.not_reads(str(fault)) from fault
    except Refused as fault:
        return (), (Refusal(0, fault.reason, fault.detail),)
    except NotYourCamera:
        return (), (Refusal(0, "camera_not_yours", "this token may not upload for its camera"),)


def _arrived(
    device: Device,
    topic: Topic,
    messages: Sequence[Outgoing],
    refused: Sequence[Refusal],
    body: bytes,
    spooled: Spooled | None,
    now: datetime,
    clock: str | None,
) -> Arrived:
    digest, skew_s = digest_of(body), skew_of(clock, now)
    return Arrived(device.name, topic, tuple(messages), digest, spooled, now, skew_s, tuple(refused))


async def _take(parts: Parts, arrived: Arrived) -> Response:
    """Hand over what can be used. Raises ProblemFound."""
    if arrived.skew_s is not None:
        parts.metrics.observe("anpr_device_skew_seconds", arrived.skew_s)
    if (age_s := arrived.age_s) is not None:
        parts.metrics.observe("anpr_upload_age_seconds", age_s)
    _count(parts, arrived.topic, "refused", len(arrived.refused))
    if not arrived.messages:
        parts.metrics.count("anpr_door_requests_total", outcome="refused")
        return answers.all_refused(arrived.refused)
    repeated = await _handed_over(parts, arrived)
    _count(parts, arrived.topic, "repeated" if repeated else "accepted", len(arrived.messages))
    outcome: Outcome = "repeated" if repeated else "taken"
    parts.metrics.count("anpr_door_requests_total", outcome=outcome)
    return _answer(arrived, repeated)


async def _handed_over(parts: Parts, arrived: Arrived) -> bool:
    began_s = parts.clock.monotonic()
    try:
        repeated = await parts.intake.take(arrived)
    except Busy as later:
        raise answers.busy(later) from later
    except Full as full:
        raise answers.full() from full
    except OtherContent as clash:
        raise answers.other_content() from clash
    parts.metrics.observe("anpr_door_seconds", parts.clock.monotonic() - began_s)
    return repeated


def _answer(arrived: Arrived, repeated: bool) -> Response:
    refused = [RefusedRead(index=one.index, reason=one.reason, detail=one.detail) for one in arrived.refused]
    answer = UploadAnswer(
        accepted=len(arrived.messages), refused=refused, repeated=repeated, clock_skew_s=arrived.skew_s
    )
    return Response(json.encode(answer.model_dump()), media_type="application/json")


def _count(parts: Parts, topic: Topic, outcome: str, amount: int) -> None:
    if amount:
        parts.metrics.count("anpr_uploaded_total", amount, topic=topic, outcome=outcome)


@contextmanager
def _counted(parts: Parts) -> Iterator[None]:
    """Counts what is told as a problem, by its code."""
    try:
        yield
    except ProblemFound as problem:
        count_problem(parts, problem)
        raise
    except Gone:
        count_problem(parts, gone := answers.too_slow())
        raise gone from None


@router.get("/health", tags=["operation"])
async def health(parts: PartsOf) -> JSONResponse:
    """Open to everybody; holds no names. 503 while nothing can be taken."""
    report = parts.report()
    return JSONResponse(report, HTTPStatus.OK if report["ready"] else HTTPStatus.SERVICE_UNAVAILABLE)
