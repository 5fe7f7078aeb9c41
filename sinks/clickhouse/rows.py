"""to_rows: from messages to rows, without building a row.

Where many messages of a topic come at once they become columns: one block, parsed and checked in C++. Any other
message, and each of a block in which one is in doubt, is checked against its contract, then its own bytes become the
row: a JSON object to which the place in the log is added in front. docs/decisions/0030.
"""

from __future__ import annotations

import base64
import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from pipeline.hotlist.digest import digest_of
from pipeline.messages import Batch, Message
from pipeline.outcome import Block, Emit, Outcome, Rejection
from pipeline.runtime.dead_letters import HEADER, TOPIC
from schemas.codec import Refused, compiled, current_form, decoder, encode
from schemas.dead_letter import DeadLetter
from schemas.passage import Passage
from schemas.read import Read
from sinks.clickhouse.columns.block import Columns
from sinks.clickhouse.controllers import POLICE, Controller, keeps
from sinks.clickhouse.held import HeldOffsets
from sinks.clickhouse.tables import Stored

__all__ = ["ToRows"]

LETTER_BYTES = 65_536
FEWEST = 100
"""Messages of a topic from which columns pay: a block takes two milliseconds however small it is."""
ReadRecord = compiled(Read)


class ToRows:
    """Messages of a controller's topics in, rows out: JSON each, or many as columns; the topic of either is the table.

    With `reads="best"` a passage also gives a row of `reads`: the read that it shows.
    """

    def __init__(
        self, held: HeldOffsets, logs: Mapping[str, str], reads: str = "all", controller: Controller = POLICE
    ) -> None:
        self._held, self._controller = held, controller
        self._best_reads = reads == "best"
        self._stored = {stored.topic: stored for stored in controller.stored}
        self._decoders = {stored.topic: _check(stored, full=reads == "best") for stored in controller.stored}
        self._current = {stored.topic: current_form(stored.model) for stored in controller.stored}
        self._columns = {
            stored.topic: Columns(stored.model)
            for stored in controller.stored
            if stored.columns and not (self._best_reads and stored.topic == "passages")
        }
        self._logs = logs
        self._decode_letter = decoder(DeadLetter)
        self._prefixes = {topic: f'{{"_log":"{log}","_partition":'.encode() for topic, log in logs.items()}

    def __call__(self, batch: Batch) -> Outcome:
        """Rows in log order. Dropped: `already_stored` (found by the read-back), `removed` (null value, of topics whose
        table does not tell what is gone), `not_ours` (a dead letter that another controller stores).

        Rows of `reads` that come from passages stand first: the read-back after a crash looks at the passages alone,
        so a passage may be stored only after its read.
        """
        outcome = Outcome()
        fresh = [message for message in batch.messages if not self._held_already(message)]
        if len(fresh) < len(batch.messages):
            outcome.dropped["already_stored"] = len(batch.messages) - len(fresh)
        rest = self._take_columns(fresh, outcome)
        self._take_rows(rest, outcome)
        return outcome

    def _held_already(self, message: Message) -> bool:
        return self._held.holds((message.topic, message.partition), message.offset)

    def _take_columns(self, messages: Sequence[Message], outcome: Outcome) -> Iterable[Message]:
        """Add what can go as columns; returns the others, those of one topic in their order."""
        by_topic: dict[str, list[Message]] = defaultdict(list)
        for message in messages:
            by_topic[message.topic].append(message)
        for topic, many in by_topic.items():
            block = self._block(topic, many) if len(many) >= FEWEST and topic in self._columns else None
            if block is None:
                yield from many
            else:
                outcome.blocks.append(block)

    def _block(self, topic: str, messages: Sequence[Message]) -> Block | None:
        value = self._columns[topic].block(messages, self._logs[topic])
        if value is None:
            return None
        return Block(self._stored[topic].goes_into, value, len(messages), partial(self._one_by_one, messages))

    def _one_by_one(self, messages: Sequence[Message]) -> Outcome:
        outcome = Outcome()
        self._take_rows(messages, outcome)
        return outcome

    def _take_rows(self, messages: Iterable[Message], outcome: Outcome) -> None:
        best_reads: list[Emit] = []
        for message in messages:
            if message.topic == TOPIC:
                self._add_letter(message, outcome)
            elif not message.value:
                self._add_removal(message, self._stored[message.topic], outcome)
            else:
                self._add(message, outcome, best_reads)
        if best_reads:
            outcome.emitted[:0] = best_reads

    def _add(self, message: Message, outcome: Outcome, best_reads: list[Emit]) -> None:
        try:
            value = self._current[message.topic](message.value)
            record = self._decoders[message.topic](value)
        except Refused as refused:
            outcome.rejected.append(Rejection(message, refused.reason, refused.detail))
            return
        body = _inside(value)
        if message.topic == "hotlist":
            body = b'"_digest":%d,%b' % (digest_of(record), body)
        stored = self._stored[message.topic]
        outcome.emitted.append(self._row(message, stored.goes_into, body, stamped=stored.stamped))
        if self._best_reads and message.topic == "passages" and not getattr(record, "withdrawn", False):
            best_reads.append(self._row(message, "reads", encode(_best_read(record))[1:]))

    def _add_removal(self, message: Message, stored: Stored, outcome: Outcome) -> None:
        if not stored.removed_by:
            outcome.dropped["removed"] += 1
            return
        key = (message.key or b"").decode("utf-8", "replace")
        gone = json.dumps({stored.removed_by: key, "removed": True}).encode()[1:]
        outcome.emitted.append(self._row(message, stored.goes_into, gone, stamped=stored.stamped))

    def _add_letter(self, message: Message, outcome: Outcome) -> None:
        """One that does not say where it comes from is the police's, who refuse it: nobody else does so too."""
        try:
            letter, body = self._letter(message)
        except Refused as refused:
            if self._controller is POLICE:
                outcome.rejected.append(Rejection(message, refused.reason, refused.detail))
            else:
                outcome.dropped["not_ours"] += 1
            return
        if keeps(self._controller, letter.source_topic):
            outcome.emitted.append(self._row(message, "dead_letters", body))
        else:
            outcome.dropped["not_ours"] += 1

    def _row(self, message: Message, table: str, body: bytes, *, stamped: bool = False) -> Emit:
        stamp = b'"_stamp_ms":%d,' % message.timestamp_ms if stamped else b""
        prefix = self._prefixes[message.topic]
        row = b'%b%d,"_offset":%d,%b%b' % (prefix, message.partition, message.offset, stamp, body)
        return Emit(table, b"", row, message)

    def _letter(self, message: Message) -> tuple[DeadLetter, bytes]:
        header = dict(message.headers).get(HEADER)
        if header is None:
            raise Refused("header_missing", f"a dead letter needs the header {HEADER}")
        letter = self._decode_letter(header)
        key = base64.b64encode(message.key or b"")
        value = base64.b64encode(message.value[:LETTER_BYTES])
        return letter, b'%b,"key_base64":"%b","value_base64":"%b"}' % (header[1:-1], key, value)


def _check(stored: Stored, *, full: bool) -> Callable[[bytes], Any]:
    """What a message must pass to become a row.

    The store itself refuses a wrong value in the fields that are not looked at.
    """
    required = frozenset(name for name, field in stored.model.model_fields.items() if field.is_required())
    return decoder(stored.model) if stored.whole or full else decoder(stored.model, required)


def _inside(value: bytes) -> bytes:
    """A JSON object on one line, without its opening brace."""
    value = value.strip()
    return value.replace(b"\n", b" ")[1:] if b"\n" in value else value[1:]


def _best_read(passage: Passage) -> Read:
    """The read that a passage shows."""
    return ReadRecord(
        read_id=passage.best_read_id,
        camera_id=passage.camera_id,
        captured_at=passage.best_captured_at,
        received_at=passage.received_at,
        plate_raw=passage.plate_raw,
        confidence=passage.confidence,
        candidates=passage.candidates,
        country=passage.country,
        box=passage.box,
        frame_id=passage.frame_id,
        evidence=passage.evidence,
        vehicle_class=passage.vehicle_class,
        direction=passage.direction,
        lane=passage.lane,
        position=passage.position,
        reader=passage.reader,
    )
