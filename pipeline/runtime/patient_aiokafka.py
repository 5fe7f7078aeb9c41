"""A consumer that goes on when a broker gives an unexpected answer, for aiokafka under Faust.

Of its group: aiokafka hands such an error to whoever polls next, and waits for that. Faust takes messages past it, and
none at all while its group has no partitions: both then wait for ever, and the flow stands still without a sign. So
answers a broker that was frozen or has just come back ("unknown server error" to whoever joins).

Of where a partition begins: told that a broker leads it no more, aiokafka asks the same one again, ten times a second,
until it looks for leaders by itself after five minutes.

Of fetches: a broker holds one for which it has nothing, and answers what came behind it on the same connection only
then. Whoever shares out anew, asks where logs begin and end and then fetches from other places waited four times half a
second so: a group that grew by a worker a second came to nothing until it had grown.
"""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any, cast

from aiokafka import errors
from aiokafka.consumer import consumer
from aiokafka.consumer.fetcher import Fetcher
from aiokafka.consumer.group_coordinator import GroupCoordinator
from aiokafka.protocol.fetch import FetchRequest

__all__ = ["PatientCoordinator", "PatientFetcher", "be_patient", "failure_of"]

LOGGER = logging.getLogger(__name__)
AGAIN_S = 0.5
FETCHES = 2
"""A connection to a broker beside the two that aiokafka has: 0 for all that it asks, 1 for what concerns its group."""
OF_A_PERSON = (
    errors.GroupAuthorizationFailedError,
    errors.TopicAuthorizationFailedError,
    errors.InconsistentGroupProtocolError,
    errors.InvalidGroupIdError,
    errors.InvalidSessionTimeoutError,
)
"""What no waiting mends."""


class PatientCoordinator(GroupCoordinator):  # type: ignore[misc]  # aiokafka tells no types
    """Looks for the group's broker and joins anew after any error but those of a person."""

    confirmed_at = float("-inf")
    """Of the monotonic clock: when the last sign of life was sent that the group has taken."""

    @property
    def membership(self) -> tuple[str, int]:
        """By which the group knows us, as long as we are in it: another one after each time that it shares out anew."""
        return self.member_id, self.generation

    async def _do_heartbeat(self) -> bool:
        sent_at = time.monotonic()
        taken: bool = await super()._do_heartbeat()
        if taken:
            self.confirmed_at = sent_at
        return taken

    async def _push_error_to_user(self, exc: Any) -> None:
        if isinstance(exc, OF_A_PERSON):
            raise exc  # ends the coordination: see `failure_of`
        LOGGER.warning("the broker of group %s answers with an error, asking again: %r", self.group_id, exc)
        self.reset_generation()  # it may be that the group has shut out our old membership: aiokafka cannot tell
        self.coordinator_dead()
        await asyncio.sleep(AGAIN_S)


class _FetchesApart:
    """A client as its fetcher sees it: fetches have a connection of their own, which is given up with one of them."""

    def __init__(self, client: Any) -> None:
        self._client = client
        self._under_way: set[asyncio.Task[Any]] = set()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    async def send(self, node_id: int, request: Any) -> Any:
        """As the client does."""
        if not isinstance(request, FetchRequest):
            return await self._client.send(node_id, request)
        task = cast("asyncio.Task[Any]", asyncio.current_task())
        self._under_way.add(task)
        try:
            return await self._client.send(node_id, request, group=FETCHES)
        except asyncio.CancelledError:
            self._hang_up(node_id)
            raise
        finally:
            self._under_way.discard(task)

    def _hang_up(self, node_id: int) -> None:
        """The broker would answer what is given up before it looks at the next one."""
        connection = self._client._conns.get((node_id, FETCHES))
        if connection is not None:
            connection.close()

    def give_up_fetches(self) -> None:
        """Those under way."""
        for task in self._under_way:
            task.cancel()


class _Anew(Exception):  # no error
    """Something else is fetched."""


class PatientFetcher(Fetcher):  # type: ignore[misc]  # aiokafka tells no types
    """Asks who leads a partition after any answer that is none, and waits for nothing that is of no interest."""

    def __init__(self, client: Any, *args: Any, **kwargs: Any) -> None:
        self._apart = _FetchesApart(client)
        super().__init__(self._apart, *args, **kwargs)

    def fetch_anew(self) -> None:
        """From elsewhere than before: of no interest any more is what is under way, or here and not taken yet.

        aiokafka would fetch nothing of a broker for a fifth of a second because of what nobody takes, and let whoever
        waits wait on for what was of interest before.
        """
        self._apart.give_up_fetches()
        self._records.clear()
        self._notify(self._wait_consume_future)
        for waiter in self._fetch_waiters:
            if not waiter.done():
                waiter.set_exception(_Anew())
                waiter.exception()  # known: it may be that nobody looks at it any more

    async def fetched_records(self, *args: Any, **kwargs: Any) -> Any:
        """Nothing where something else is to be fetched meanwhile."""
        try:
            return await super().fetched_records(*args, **kwargs)
        except _Anew:
            return {}

    async def _proc_offset_request(self, node_id: Any, topic_data: Any) -> Any:
        try:
            return await super()._proc_offset_request(node_id, topic_data)
        except errors.KafkaError:
            self._client.force_metadata_update()
            raise


def failure_of(client: Any) -> BaseException | None:
    """Why a client has stopped coordinating with its group; None: it has not, or was told to."""
    task = getattr(getattr(client, "_coordinator", None), "_coordination_task", None)
    if task is None or not task.done() or task.cancelled():
        return None
    failure: BaseException | None = task.exception()
    return failure


def be_patient() -> None:
    """From now on every consumer of aiokafka in this process is such a one. There is no other way in."""
    consumer.GroupCoordinator, consumer.Fetcher = PatientCoordinator, PatientFetcher
