"""Messages of a topic, most of them damaged: the same seed gives the same ones.

A message is a valid one, changed as a structure, then as bytes, then in what surrounds it; each of these only now and
then, so that many get far before somebody notices.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import schemas
from anpr.bench.fuzz.odd import VERSIONS, odd_moment, odd_value
from anpr.bench.fuzz.pictures import mutated_picture
from pipeline.hotlist.headers import SEEDED
from pipeline.messages import Message
from pipeline.runtime.dead_letters import CUT, HEADER, REPLAY_OF
from topics.model import ORIGINAL_KEY, TopicSpec
from topics.spec import all_topics

__all__ = ["NOW", "Mutator", "valid_documents"]

NOW = datetime(2026, 11, 26, 12, 0, tzinfo=UTC)
"""Our clock while messages are judged; examples are of the days before."""
NOW_MS = int(NOW.timestamp() * 1000)
IN_HEADER = {"frame": "frame", "dead_letter": HEADER}
"""Contracts that are told in a header."""
STAMPS = (-1, 0, 1, NOW_MS + 10**9, 2**62, 2**63 - 1, -(2**40), -(2**62))
Document = dict[str, Any]


def valid_documents(contract: str) -> list[Document]:
    """The valid examples of a contract."""
    folder = Path(schemas.__file__).parent / "examples" / contract
    return [json.loads(path.read_text("utf-8")) for path in sorted(folder.glob("*/valid/*.json"))]


@dataclass(frozen=True, slots=True)
class Draft:
    """A message on its way to being odd."""

    key: bytes | None
    value: bytes
    headers: tuple[tuple[str, bytes], ...]


class Mutator:
    """Gives messages of one topic, without end."""

    def __init__(self, topic: str, seed: int) -> None:
        self._spec: TopicSpec = all_topics()[topic]
        self._random = Random(f"{seed}/{topic}")
        self._valid = [json.dumps(one) for one in valid_documents(self._spec.contract.name)]

    def messages(self, count: int) -> Iterator[Message]:
        """So many; their offsets grow."""
        for number in range(count):
            yield self._message(number)

    def _message(self, number: int) -> Message:
        random, document = self._random, self._fresh()
        damage = random.random()
        if damage < 0.6:
            for _ in range(random.choice((1, 1, 1, 2, 5))):
                document = self._changed(document)
        told = _json(document)
        if damage > 0.85:
            told = _damaged(told, random)
        draft = self._draft(document, told)
        if random.random() < 0.15:
            draft = self._surrounded(draft)
        stamp_ms = NOW_MS - random.randrange(5_000) if random.random() < 0.95 else random.choice(STAMPS)
        return Message(self._spec.name, random.randrange(3), number, stamp_ms, draft.key, draft.value, draft.headers)

    # ---- structure ---------------------------------------------------------------------------------------------

    def _fresh(self) -> Document:
        """A valid document, most often of this moment and of a fact that nobody knows yet."""
        random = self._random
        document = self._example()
        for name, value in document.items():
            if isinstance(value, str) and name.endswith("_id") and len(value) == 36 and random.random() < 0.7:
                document[name] = str(UUID(int=random.getrandbits(128)))
            elif isinstance(value, str) and name.endswith("_at") and random.random() < 0.5:
                document[name] = datetime.fromtimestamp(NOW.timestamp() - random.randrange(100), UTC).isoformat()
        return document

    def _example(self) -> Document:
        """A copy: what is changed in it must not be in the next one."""
        document: Document = json.loads(self._random.choice(self._valid))
        return document

    def _changed(self, document: Document) -> Document:
        random = self._random
        kind = random.randrange(10)
        if kind == 0:
            return {**document, "schema_version": random.choice(VERSIONS)}
        if kind == 1:
            return {
                **document,
                random.choice(("", "plate", "x" * 300, "schema_version ", "__class__")): odd_value(random),
            }
        if kind == 2:
            other = self._example()
            return {**document, **dict(random.sample(sorted(other.items()), k=min(3, len(other))))}
        holder, place = self._place_in(document)
        if place is None:
            return document
        if kind == 3:
            del holder[place]
        elif kind == 4 and isinstance(holder[place], str):
            holder[place] = _text(holder[place], random)
        elif kind == 5:
            holder[place] = odd_moment(random)
        else:
            holder[place] = odd_value(random)
        return document

    def _place_in(self, document: Document) -> tuple[Any, Any]:
        """A container somewhere in it, and a place there; None: it is empty."""
        random = self._random
        holder: Any = document
        while True:
            places: list[Any] = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
            if not places:
                return holder, None
            place = random.choice(places)
            inside = holder[place]
            if not isinstance(inside, dict | list) or random.random() < 0.3:
                return holder, place
            holder = inside

    # ---- what surrounds it -------------------------------------------------------------------------------------

    def _draft(self, document: Document, told: bytes) -> Draft:
        """As a sender who knows the rules would send it."""
        contract, random = self._spec.contract.name, self._random
        if contract in IN_HEADER:
            key = str(document.get("camera_id", "1ABC234")).encode("utf-8", "replace")
            value = mutated_picture(random) if contract == "frame" else random.randbytes(random.randrange(60))
            return Draft(key or None, value, ((IN_HEADER[contract], told),))
        field = self._spec.key.field
        key = b"" if field == ORIGINAL_KEY else str(document.get(field, "")).encode("utf-8", "replace")
        return Draft(key[:1_000_000] or None, told, ())

    def _surrounded(self, draft: Draft) -> Draft:
        random = self._random
        kind = random.randrange(12)
        if kind < 4:
            keys = (None, b"", b"\xff\xfe", b"\x00", b"K" * 100_000, b"1ABC234", (draft.key or b"").lower(), b" ")
            return Draft(random.choice(keys) or None, draft.value, draft.headers)
        if kind < 7:
            return Draft(draft.key, b"", draft.headers)  # a null value and an empty one are the same to us
        return Draft(draft.key, draft.value, self._headers(draft.headers))

    def _headers(self, headers: tuple[tuple[str, bytes], ...]) -> tuple[tuple[str, bytes], ...]:
        random = self._random
        value = random.choice((b"", b"\xff", b"x" * 70_000, b"{}", b"[" * 5_000, *(told for _, told in headers)))
        name = random.choice(("", "frame", HEADER, REPLAY_OF, CUT, SEEDED, "original_frame", "é🚗", "n" * 5_000))
        more = ((name, value),)
        return random.choice(((), more, (*headers, *more), (*more, *headers), more * 300, headers * 2))


def _json(document: Document) -> bytes:
    return json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _text(text: str, random: Random) -> str:
    """A text with a slip in it."""
    at = random.randrange(len(text) + 1)
    slips = ("", "\x00", "é", "🚗", text, " ", "\n", "Z", "-", "9" * 30, "\ud800")
    return text[:at] + random.choice(slips) + text[at + random.randrange(3) :]


def _damaged(data: bytes, random: Random) -> bytes:
    """Bytes as a bad disk, a bad cable or a bad person leaves them."""
    return random.choice(DAMAGES)(data, random.randrange(len(data) + 1), random)


def _overwritten(data: bytes, at: int, random: Random) -> bytes:
    return data[:at] + random.randbytes(random.choice((1, 2, 8))) + data[at + random.randrange(3) :]


def _spliced(data: bytes, at: int, random: Random) -> bytes:
    return data[:at] + data[random.randrange(len(data) + 1) :]


def _begun_otherwise(data: bytes, _at: int, random: Random) -> bytes:
    return random.choice((b" ", b"\n", b"\xef\xbb\xbf", b"\x00")) + data


def _of_other_letters(data: bytes, _at: int, random: Random) -> bytes:
    code = random.choice(("utf-16", "utf-32", "latin-1", "utf-7"))
    return data.decode("utf-8", "replace").encode(code, "replace")


def _deep(_data: bytes, _at: int, random: Random) -> bytes:
    return random.choice((b"[", b'{"a":', b'{"schema_version":', b"[{")) * random.choice((10, 1_100, 60_000))


def _of_one_word(_data: bytes, _at: int, random: Random) -> bytes:
    words = (b"null", b"true", b"0", b'""', b"[]", b"{}", b"NaN", b"Infinity", b"-", b"1e999", b"\xff" * 50)
    return random.choice(words)


DAMAGES: tuple[Callable[[bytes, int, Random], bytes], ...] = (
    *(_overwritten, _overwritten, _overwritten, _spliced, _begun_otherwise, _of_other_letters, _deep, _of_one_word),
    lambda data, at, _: data[:at],
    lambda data, at, _: data[at:],
    lambda data, _at, _: data + data,
    lambda data, _at, _: data.replace(b'"', b"'", 2).replace(b":", b"=", 1),
)
