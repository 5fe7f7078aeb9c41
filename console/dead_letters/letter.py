"""One dead letter, and the message that it was."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from pipeline.identity import fact_id
from pipeline.messages import Message
from pipeline.runtime.dead_letters import CUT, HEADER, REPLAY_OF, Headers, own_headers
from schemas.codec import Refused, decoder
from schemas.dead_letter import DeadLetter

__all__ = ["Letter", "LetterRefused", "letter_of", "replayed_letter"]

_decode: Callable[[bytes], DeadLetter] = decoder(DeadLetter)


class LetterRefused(ValueError):
    """No such letter, or not so; the message says what would do."""


@dataclass(frozen=True, slots=True)
class Letter:
    """Why a message was refused, and the message."""

    about: DeadLetter
    message: Message
    """As it lies in the topic of dead letters: key and value are those of the message that was refused."""

    @property
    def replay_id(self) -> UUID:
        """Of the message that was refused: two stages may have refused it, and it is put back once."""
        about = self.about
        place = (about.source_topic, about.source_log, about.source_partition, about.source_offset)
        return fact_id("letter_replay", *place)

    @property
    def headers(self) -> Headers:
        """Those that the message had, without what a replay added to it."""
        return tuple(pair for pair in own_headers(self.message.headers) if pair[0] != REPLAY_OF)

    @property
    def cut(self) -> str:
        """How much of the message it holds; empty: all."""
        return dict(self.message.headers).get(CUT, b"").decode("utf-8", "replace")

    @property
    def ancestor(self) -> UUID | None:
        """The letter that this message was before it was put back."""
        return replayed_letter(own_headers(self.message.headers))


def letter_of(message: Message) -> Letter | None:
    """The letter in a message of the topic; None: it does not say where it comes from, so it is none of ours."""
    header = dict(message.headers).get(HEADER)
    try:
        return None if header is None else Letter(_decode(header), message)
    except Refused:
        return None


def replayed_letter(headers: Headers) -> UUID | None:
    """The letter that a message was before it was put back; None: it never was one. Whoever sends may claim any."""
    told = dict(headers).get(REPLAY_OF)
    try:
        return None if told is None else UUID(told.decode("ascii"))
    except ValueError:
        return None
