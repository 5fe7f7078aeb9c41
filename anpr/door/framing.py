"""A picture and what its header says of it → a frame for the topic."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, datetime

import msgspec

from anpr.door.arrived import Outgoing, digest_of
from anpr.door.reading import NOBODY, NotReads, instant_text
from pipeline.identity import fact_id
from pipeline.runtime.event_time import FRAME_HEADER
from schemas.codec import UNREADABLE, changed, decoder, encode
from schemas.frame import Frame
from topics.spec import all_topics

__all__ = ["MEDIA_TYPES", "NotYourCamera", "frame_of", "most_bytes"]


MEDIA_TYPES = ("image/jpeg", "image/png")
ROOM_BYTES = 8_192
"""For key and header, in the topic's largest message."""
_frame: Callable[[bytes], Frame] = decoder(Frame)


class NotYourCamera(Exception):
    """A picture of a camera that the device may not upload for."""


def most_bytes() -> int:
    """The largest picture that the topic takes."""
    return all_topics()["frames"].max_message_bytes - ROOM_BYTES


def frame_of(picture: bytes, about: str, media_type: str, cameras: Collection[str], received: datetime) -> Outgoing:
    """The message. Whether the bytes are a picture, the decoder looks for itself.

    about: JSON of the contract `frame`; `frame_id`, `received_at`, `media_type` in it are ours to say.
    Raises Refused, NotReads, NotYourCamera.
    """
    if not picture:
        raise NotReads("the body holds no picture")
    frame = _frame(_described(about, media_type, received))
    if frame.camera_id not in cameras:
        raise NotYourCamera
    captured = frame.captured_at.astimezone(UTC).isoformat()
    ident = fact_id("frame", frame.camera_id, captured, frame.source, digest_of(picture))
    header = encode(changed(frame, frame_id=ident))
    return Outgoing(ident, frame.camera_id.encode(), picture, ((FRAME_HEADER, header),), frame.captured_at)


def _described(about: str, media_type: str, received: datetime) -> bytes:
    try:
        document = msgspec.json.decode(about)
    except UNREADABLE as error:
        raise NotReads("the header Anpr-Frame is not JSON") from error
    if not isinstance(document, dict):
        raise NotReads("the header Anpr-Frame is a JSON object")
    ours = {"frame_id": str(NOBODY), "received_at": instant_text(received), "media_type": media_type}
    try:
        return msgspec.json.encode({**document, **ours})
    except (OverflowError, ValueError) as error:
        raise NotReads("a number in the header Anpr-Frame is too large") from error
