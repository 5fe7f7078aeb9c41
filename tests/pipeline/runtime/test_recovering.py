"""What a table gets of its changelog: every record, once, wherever it begins and whatever is thrown away on the way."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Sequence
from typing import Any

import pytest
from faust.types import TP

from pipeline.runtime.faust_app import faust_app, raw_topic
from tests.brokers import fresh_topic
from tests.pipeline.runtime.test_seeking import at_work
from tests.pipeline.runtime.workers import plain, send, static, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]
RECORDS, IN_HAND = 10, 6


class Recovers:
    """An app with a table, whose records it hears."""

    def __init__(self, broker: str, changelog: str) -> None:
        self.app = faust_app(static(broker), changelog)
        self.heard: list[int] = []
        self.app.Table(
            changelog,
            key_type=bytes,
            value_type=bytes,
            changelog_topic=raw_topic(self.app, changelog, acks=False),
            on_changelog_event=self._hear,
        )
        self.consumer: Any = self.app.consumer
        self.handed_on: list[int] = []
        self._hand_on, self.consumer.callback = self.consumer.callback, self._handed_on

    def work(self) -> Sequence[Awaitable[Any]]:
        """Nothing beside it."""
        return ()

    async def _handed_on(self, message: Any) -> None:
        self.handed_on.append(message.offset)
        await self._hand_on(message)

    async def _hear(self, event: Any) -> None:
        self.heard.append(event.message.offset)


class ShareAnew(Recovers):
    """The group shares out anew once, when it was asked to, and the table stays here."""

    def __init__(self, broker: str, changelog: str) -> None:
        super().__init__(broker, changelog)
        self.shall = asyncio.Event()

    def work(self) -> Sequence[Awaitable[Any]]:
        """As the client does when the group has a new member."""
        return (self._share(),)

    async def _share(self) -> None:
        await self.shall.wait()
        ours = self.consumer.assignment()
        await self.consumer.on_partitions_revoked(ours)
        await self.consumer.perform_seek()  # as the fetcher does with what comes now
        await self.consumer.on_partitions_assigned(ours, self.app.consumer_generation_id)
        await asyncio.Event().wait()  # the end of a work is the worker's


def test_a_table_that_stays_goes_on_where_it_was(embedded_broker: str) -> None:
    changelog = fresh_topic(embedded_broker, 1)
    send(embedded_broker, changelog, plain([b"%d" % n for n in range(RECORDS)]))

    with at_work(lambda: ShareAnew(embedded_broker, changelog)) as (program, meanwhile):
        until(lambda: program.heard == list(range(RECORDS)), meanwhile, "the table recovered")
        until(lambda: program.consumer.flow_active, meanwhile, "all at work")
        send(embedded_broker, changelog, plain([b"%d" % RECORDS]))
        program.app.loop.call_soon_threadsafe(program.shall.set)
        until(lambda: program.heard[-1] == RECORDS, meanwhile, "what was written meanwhile")
    assert program.heard == list(range(RECORDS + 1))


class SeeksAmid(Recovers):
    """Streams are sought amid a fetch of the changelog: what that brings is thrown away."""

    def __init__(self, broker: str, changelog: str) -> None:
        super().__init__(broker, changelog)
        self.place = TP(changelog, 0)
        self._fetch, self.consumer._getmany = self.consumer._getmany, self._fetched
        self.has_sought = False

    async def _fetched(self, **asked: Any) -> Any:
        found = await self._fetch(**asked)
        records = found.get(self.place, [])
        if self.heard and not self.has_sought:
            self.has_sought = True
            await self.consumer.perform_seek()
            self.app.flow_control.resume()
            self.consumer.resume_flow()
            return found
        return found if self.has_sought else {self.place: records[:IN_HAND]}


def test_what_is_thrown_away_of_a_changelog_comes_again(embedded_broker: str) -> None:
    changelog = fresh_topic(embedded_broker, 1)
    send(embedded_broker, changelog, plain([b"%d" % n for n in range(RECORDS)]))

    with at_work(lambda: SeeksAmid(embedded_broker, changelog)) as (program, meanwhile):
        until(lambda: RECORDS - 1 in program.heard, meanwhile, "the table recovered")
    assert program.has_sought
    assert program.heard == program.handed_on == list(range(RECORDS))
