"""Why messages are refused, in words, and what usually helps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from schemas.dead_letter import Reason

__all__ = ["WORDS", "Words", "words_of"]


class Words(NamedTuple):
    """Of one reason."""

    why: str
    mend: str


_SENDER = "the sender is at fault: mend it there; a repaired value can be put back"
_FRAME = "the picture is lost as it is: look at the camera, there is nothing to put back"
_AGAIN = "put it back once that is mended"
WORDS: Mapping[Reason, Words] = {
    "not_json": Words("its bytes are no JSON", _SENDER),
    "wrong_schema": Words("it is not what the contract of its topic says", _SENDER),
    "unknown_version": Words(
        "it is of a version that this program does not know", f"update this program, or: {_AGAIN}"
    ),
    "too_large": Words("it is larger than anybody takes", _SENDER),
    "empty": Words("it has no bytes", _SENDER),
    "key_missing": Words("it has no key, which decides about its partition", "put it back with --key"),
    "key_mismatch": Words("its key is not what its content says", "put it back with --key"),
    "header_missing": Words("it lacks the header that says what it is", _SENDER),
    "no_plate_text": Words("no plate can have such a text", "nothing to mend: the reader read something else"),
    "captured_in_future": Words("it was captured later than it was sent", "set the camera's clock; repair the time"),
    "captured_too_old": Words("it was captured longer ago than passages are kept", "set the camera's clock"),
    "unknown_camera": Words("nobody has registered its camera", f"register the camera; {_AGAIN}"),
    "pattern_wide": Words("its pattern would match a part of all traffic", "give more characters of the plate"),
    "not_an_image": Words("its bytes are no picture", _FRAME),
    "image_truncated": Words("a part of the picture is missing", _FRAME),
    "image_empty": Words("the picture has no pixels", _FRAME),
    "image_too_large": Words("the picture has more pixels than are read", f"ANPR_VISION_MAX_MEGAPIXELS; {_AGAIN}"),
    "image_unsupported": Words("such a kind of picture is not read", _FRAME),
    "unknown_case": Words("there is no such case for somebody to act on", "nothing to mend: the case has gone"),
    "unknown_zone": Words("there is no law of such a zone here", f"add the zone's law; {_AGAIN}"),
    "unknown_notice": Words("there is no such notice to decide on", "nothing to mend: the notice has gone"),
    "notice_refused": Words("the notice could not be decided so", "decide again, as it stands now"),
    "refused_by_store": Words("the database does not take it", f"see its detail; {_AGAIN}"),
    "webhook_refused": Words("the subscriber's system refused it", "`anpr subscribers dead-letters NAME --replay`"),
    "webhook_unreachable": Words("the subscriber's system did not answer", "`anpr subscribers dead-letters NAME`"),
    "webhook_gone": Words("the subscriber has no webhook any more", "nothing to mend"),
}


def words_of(reason: str) -> Words:
    """Of any reason: a newer program may have told one that is not known here."""
    found: Words | None = {str(name): words for name, words in WORDS.items()}.get(reason)
    return found or Words("a reason that this program does not know", "update this program")
