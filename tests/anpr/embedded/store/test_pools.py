"""The bounded hand-over to threads, without an engine."""

import asyncio
import threading

import pytest

from anpr.embedded.store.errors import StoreError
from anpr.embedded.store.pools import WorkerPool


def test_nothing_runs_while_a_pool_is_held_and_what_came_in_runs_afterwards() -> None:
    async def scenario() -> list[str]:
        pool, seen = WorkerPool("insert", 2, 10), []
        first = pool.submit(lambda: seen.append("before"))
        async with pool.held(10):
            assert first.done()
            waiting = [asyncio.ensure_future(pool.run(seen.append, "after")) for _ in range(3)]
            await asyncio.sleep(0)  # they are in the queue now
            seen.append("held")
        await asyncio.gather(*waiting)
        pool.close()
        return seen

    assert asyncio.run(scenario()) == ["before", "held", "after", "after", "after"]


def test_a_pool_whose_work_does_not_end_is_not_held_for_ever() -> None:
    async def scenario() -> str:
        pool, end = WorkerPool("insert", 2, 10), threading.Event()
        pool.submit(end.wait)
        with pytest.raises(StoreError, match="insert queue takes too long; try again") as refused:
            async with pool.held(0.05):
                raise AssertionError("it runs still")
        assert refused.value.status == 503
        other = await pool.run(lambda: "served")
        end.set()
        await pool.idle()
        pool.close()
        return other

    assert asyncio.run(scenario()) == "served"


def test_what_fails_while_a_pool_is_held_frees_it() -> None:
    async def scenario() -> str:
        pool = WorkerPool("insert", 2, 10)
        with pytest.raises(KeyError):
            async with pool.held(10):
                raise KeyError
        done = await pool.run(lambda: "served")
        pool.close()
        return done

    assert asyncio.run(scenario()) == "served"


def test_more_than_may_wait_is_refused_at_once() -> None:
    async def scenario() -> None:
        pool, end = WorkerPool("query", 1, 1), threading.Event()
        pool.submit(end.wait)
        pool.submit(end.wait)
        with pytest.raises(StoreError, match="1 requests wait already in the query queue"):
            pool.submit(end.wait)
        assert (pool.running, pool.waiting) == (1, 1)
        end.set()
        await pool.idle()
        pool.close()

    asyncio.run(scenario())
