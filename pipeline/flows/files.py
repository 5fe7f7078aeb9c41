"""Files that a Faust app keeps by key: a table with its changelog, and when time will change one of them next."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar

from pipeline.flows.due import Due
from pipeline.flows.lane import unpacked
from pipeline.messages import Message
from pipeline.outcome import Rejection
from pipeline.runtime.faust_app import raw_topic
from pipeline.runtime.partitions import partition_of
from schemas.base import Contract
from schemas.codec import Refused, decoder, encode
from schemas.dead_letter import Reason
from topics.spec import all_topics

__all__ = ["Files"]

F = TypeVar("F", bound=Contract)
MOST_TICKS = 500
NEVER = datetime.max.replace(tzinfo=UTC)
TICK_AGAIN = timedelta(seconds=30)
"""A tick that has not come back by then is sent again."""


class Files(Generic[F]):
    """The table. Its topic, and the topic of inputs that it goes with, have equal partitions and keys."""

    def __init__(
        self,
        app: Any,
        topic: str,
        inputs: str,
        model: type[F],
        due_at: Callable[[F], datetime | None],
        recovered: Callable[[], None] = lambda: None,
    ) -> None:
        """due_at: when time alone changes a file next; None: never. recovered: called when they may all be others."""
        self._app, self._inputs, self._due_at, self._on_recovered = app, inputs, due_at, recovered
        self._decode, self._due = decoder(model), Due()
        self._ours: set[bytes] = set()
        self._key_field = all_topics()[topic].key.field
        self._unreadable: set[bytes | None] = set()
        self._refused: list[Rejection] = []
        changelog = raw_topic(app, topic, acks=False)
        self._table = app.Table(
            topic, key_type=bytes, value_type=bytes, changelog_topic=changelog, on_changelog_event=self._heard
        )
        self._table.on_recover(self._recovered)

    def __len__(self) -> int:
        return len(self._due)

    def get(self, key: bytes) -> F | None:
        """The file of a key."""
        value = self._table.data.get(key)
        return self._decode(value) if value else None

    def held(self) -> AbstractSet[bytes]:
        """Keys of all files, those of others too."""
        return self._table.data.keys()  # type: ignore[no-any-return]

    def is_inherited(self, key: bytes) -> bool:
        """Whether its file was last kept by somebody before us, who may have died before the rest was done."""
        return key not in self._ours and key in self._table.data

    def adopt(self, keys: Iterable[bytes]) -> None:
        """What somebody before us may have left undone with these files is done."""
        self._ours.update(keys)

    async def save(self, changes: Mapping[bytes, tuple[int, F | None]]) -> None:
        """Keep files; key → partition, file. None: it goes.

        The changelog first: what is only in memory would be lost, and its messages be acknowledged. Raises Expelled
        where these files may be another worker's by now.
        """
        if not changes:
            return
        await self._app.lease.confirm()
        values = {key: None if file is None else encode(file) for key, (_, file) in changes.items()}
        await asyncio.gather(*(self._table.send_changelog(at, key, values[key]) for key, (at, _) in changes.items()))
        for key, (_, file) in changes.items():
            self._remember(key, values[key], file)
        self._ours |= changes.keys()

    def _remember(self, key: bytes, value: bytes | None, file: F | None) -> None:
        if value is None or file is None:
            self._table.data.pop(key, None)
            self._due.drop(key)
        else:
            self._table.data[key] = value
            self._note_due(key, file)

    def _note_due(self, key: bytes, file: F) -> None:
        self._due.set(key, self._due_at(file) or NEVER)

    def due(self, now: datetime) -> list[bytes]:
        """Keys whose file time changes by now, some hundred at most. They are due again if nothing comes of it."""
        found = self._due.take(now, MOST_TICKS)
        for key in found:  # before a tick is sent: what comes back sets the true moment
            self._due.set(key, now + TICK_AGAIN)
        return found

    def take_refused(self) -> list[Rejection]:
        """Records of the changelog that are no files, once: they are left out, or no worker could ever start again."""
        refused, self._refused = self._refused, []
        return refused

    async def _heard(self, event: Any) -> None:
        """One record of the changelog, before it goes into the table."""
        key, message = event.message.key, unpacked(event.message)
        self._unreadable.discard(key)
        fault = self._fault(message)
        if fault is not None:
            self._unreadable.add(key)
            self._refused.append(Rejection(message, *fault))

    def _fault(self, message: Message) -> tuple[Reason, str] | None:
        if message.key is None:
            return "key_missing", "a file needs its key"
        if not message.value:
            return None
        try:
            file = self._decode(message.value)
        except Refused as refused:
            return refused.reason, refused.detail
        if getattr(file, self._key_field).encode() != message.key:
            return "key_mismatch", f"key is not the {self._key_field} of the file"
        return None

    async def _recovered(self) -> None:
        """The table is as its changelog says: find out what is due, of the files that are ours."""
        mine = {place.partition for place in self._app.consumer.assignment() if place.topic == self._inputs}
        count = self._app.consumer.topic_partitions(self._inputs) or 1
        for unreadable in self._unreadable:
            self._table.data.pop(unreadable, None)
        self._unreadable.clear()
        self._due.clear()
        self._ours.clear()
        self._on_recovered()
        for key in list(self._table.data):
            file = self.get(key)
            if file is not None and partition_of(key, count) in mine:
                self._note_due(key, file)
