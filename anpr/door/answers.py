"""What the door answers, and what each refusal is called."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, Literal

from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from anpr.door.arrived import Refusal
from anpr.door.intake import Busy
from console.problems import MEDIA_TYPE, Problem, ProblemFound

__all__ = [
    "PROBLEMS",
    "Outcome",
    "RefusedRead",
    "UploadAnswer",
    "all_refused",
    "busy",
    "full",
    "not_reads",
    "not_ready",
    "other_content",
    "too_fast",
    "too_large",
    "too_slow",
    "unknown_token",
    "wrong_type",
]

Outcome = Literal[
    "taken",
    "repeated",
    "refused",
    "unknown_token",
    "not_reads",
    "too_large",
    "too_fast",
    "too_slow",
    "other_content",
    "full",
    "broker_slow",
    "starting",
]
"""Of requests, for the metric `anpr_door_requests_total`."""
AGAIN_S = 5
PROBLEMS: dict[int | str, dict[str, Any]] = {
    400: {"model": Problem, "description": "Not JSON"},
    401: {"model": Problem, "description": "No token, or one that no longer holds"},
    403: {"model": Problem, "description": "Of cameras that this token may not upload for; nothing was taken"},
    408: {"model": Problem, "description": "Nothing of the body came for half a minute, or not all of it in five"},
    409: {"model": Problem, "description": "This number of the spool was used for something else: begin a new spool"},
    413: {"model": Problem, "description": "Too large: send less at once"},
    415: {"model": Problem, "description": "Neither JPEG nor PNG"},
    422: {"model": Problem, "description": "Nothing of it can be used"},
    429: {"model": Problem, "description": "Too fast: see Retry-After"},
    503: {"model": Problem, "description": "The broker is slow or away: see Retry-After, send it again"},
}


class RefusedRead(BaseModel):
    """A read that cannot be used: sending it again does not help."""

    index: int = Field(ge=0)
    """Its place in the upload, from 0."""
    reason: str
    """`camera_not_yours`, `not_json`, `wrong_schema`, `unknown_version`."""
    detail: str
    """Where and why, for a person."""


class UploadAnswer(BaseModel):
    """All that is not refused is in the log, on as many disks as the platform keeps."""

    accepted: int = Field(ge=0)
    """Reads, or 1 frame."""
    refused: list[RefusedRead] = []
    repeated: bool = False
    """It was all there before: nothing has changed."""
    clock_skew_s: float | None = None
    """The device's clock less ours, s; null: it does not tell its own."""


def all_refused(refused: Sequence[Refusal]) -> JSONResponse:
    """403 where it is all of other cameras, else 422; with each refusal under `refused`."""
    foreign = all(one.reason == "camera_not_yours" for one in refused)
    status = HTTPStatus.FORBIDDEN if foreign else HTTPStatus.UNPROCESSABLE_ENTITY
    detail = "this token may not upload for these cameras" if foreign else "none of the reads can be used"
    code = "camera_not_yours" if foreign else "reads_unusable"
    problem = Problem(title=status.phrase, status=status, detail=detail, code=code)
    told = [RefusedRead(index=one.index, reason=one.reason, detail=one.detail).model_dump() for one in refused]
    return JSONResponse({**problem.model_dump(exclude_none=True), "refused": told}, status, media_type=MEDIA_TYPE)


def unknown_token(why: str) -> ProblemFound:
    """401."""
    headers = {"WWW-Authenticate": "Bearer"}
    return ProblemFound(HTTPStatus.UNAUTHORIZED, why, headers, code="unknown_token")


def not_reads(why: str) -> ProblemFound:
    """400."""
    return ProblemFound(HTTPStatus.BAD_REQUEST, why, code="not_reads")


def too_large(most: int) -> ProblemFound:
    """413."""
    why = f"{most} bytes are taken at once"
    return ProblemFound(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, why, code="too_large")


def wrong_type() -> ProblemFound:
    """415."""
    why = "a frame is image/jpeg or image/png: say which in Content-Type"
    return ProblemFound(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, why, code="not_reads")


def too_slow() -> ProblemFound:
    """408."""
    return ProblemFound(HTTPStatus.REQUEST_TIMEOUT, "the body did not come in time", code="too_slow")


def too_fast(wait_s: int) -> ProblemFound:
    """429."""
    why = "this device uploads faster than it may"
    return ProblemFound(HTTPStatus.TOO_MANY_REQUESTS, why, {"Retry-After": str(wait_s)}, code="too_fast")


def other_content() -> ProblemFound:
    """409."""
    why = "this number of this spool was used for something else: begin a new spool"
    return ProblemFound(HTTPStatus.CONFLICT, why, code="other_content")


def busy(why: Busy) -> ProblemFound:
    """503."""
    return _later(str(why), why.after_s, "broker_slow")


def full() -> ProblemFound:
    """503."""
    return _later("too much is under way: come again", AGAIN_S, "full")


def not_ready(why: str) -> ProblemFound:
    """503."""
    return _later(why or "the door is starting", AGAIN_S, "starting")


def _later(why: str, after_s: int, code: str) -> ProblemFound:
    return ProblemFound(HTTPStatus.SERVICE_UNAVAILABLE, why, {"Retry-After": str(after_s)}, code=code)
