"""Dead letters: the original key and bytes, with a header that says where they came from and why they failed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from pipeline.identity import fact_id
from pipeline.messages import Message
from pipeline.outcome import Emit, Rejection
from schemas.codec import compiled, encode
from schemas.dead_letter import DeadLetter

__all__ = ["CUT", "HEADER", "ORIGINAL", "REPLAY_OF", "TOPIC", "letter_header", "letters", "own_headers"]

HEADER = "dead_letter"
ORIGINAL = "original_"
"""Stands before the names of the headers that a message had when it was refused."""
REPLAY_OF = "replay_of"
"""Header of a message that was put back: the letter that it was. So a letter about it names its ancestor."""
CUT = "letter_cut"
"""Header of a letter that does not hold all of its message: how much of it."""
MOST_BYTES = 8_700_000
"""Of a letter, before compression: with our header a little less than its topic takes."""
TOPIC = "dead-letters"
Letter = compiled(DeadLetter)
Headers = tuple[tuple[str, bytes], ...]


def letter_header(flow: str, log: str, rejection: Rejection, now: datetime) -> bytes:
    """The header of one letter: JSON of the contract `dead_letter`."""
    message = rejection.message
    identity = (flow, message.topic, log, message.partition, message.offset)
    return encode(
        Letter(
            dead_letter_id=fact_id("dead_letter", *identity),
            reason=rejection.reason,
            detail=rejection.detail[:1000],
            stage=flow,
            source_topic=message.topic,
            source_partition=message.partition,
            source_offset=message.offset,
            source_log=log,
            failed_at=now,
            value_size=len(message.value),
        )
    )


def letters(
    flow: str, logs: Mapping[str, str], rejections: Iterable[Rejection], now: datetime
) -> Iterable[tuple[Emit, Headers]]:
    """One message per rejection; the sender's own headers are kept behind ours.

    What is larger than any letter is cut, and says so in the header CUT: a topic's limit counts compressed bytes, so a
    message may be many times as large, and one that nobody can bury would end every worker that takes it.
    """
    for rejection in rejections:
        message = rejection.message
        header = letter_header(flow, logs.get(message.topic, ""), rejection, now)
        key, value, kept = _fitting(message)
        yield Emit(TOPIC, key, value), ((HEADER, header), *kept)


def _fitting(message: Message) -> tuple[bytes, bytes, Headers]:
    key, value = message.key or b"", message.value
    if len(key) + len(value) + _size(message.headers) <= MOST_BYTES:
        return key, value, tuple((f"{ORIGINAL}{name}", told) for name, told in message.headers)
    kept = tuple(_first(message.headers, MOST_BYTES // 10))
    short_key = key[: MOST_BYTES // 10]
    short = value[: MOST_BYTES - len(short_key) - _size(kept)]
    said = (
        f"key {len(short_key)} of {len(key)} bytes, value {len(short)} of {len(value)} bytes, "
        f"headers {len(kept)} of {len(message.headers)}"
    )
    return short_key, short, (*((f"{ORIGINAL}{name}", told) for name, told in kept), (CUT, said.encode()))


def _first(headers: Headers, room: int) -> Iterator[tuple[str, bytes]]:
    for header in headers:
        room -= _size((header,))
        if room < 0:
            return
        yield header


def _size(headers: Headers) -> int:
    """As they are sent, under their longer names; a character takes four bytes at most."""
    return sum(4 * len(name) + len(value) + len(ORIGINAL) + 10 for name, value in headers)


def own_headers(letter: Headers) -> Headers:
    """The headers that a message had when it was refused, of those of its letter."""
    return tuple((name.removeprefix(ORIGINAL), value) for name, value in letter if name.startswith(ORIGINAL))
