"""An answer without end: cut off where nobody takes it, tidied up after however it ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from typing import Any

from console.event_stream import EventStream


async def _run(stalls_at: int, ends_at: int = 10**6) -> tuple[list[str], int]:
    """Notes of what happened, and how much was sent to somebody who stops taking."""
    notes: list[str] = []
    sent = 0

    async def events() -> AsyncGenerator[bytes, None]:
        try:
            for _ in range(ends_at):
                yield b"data: x\n\n"
        finally:
            notes.append("events ended")

    async def send(message: Any) -> None:
        nonlocal sent
        if message["type"] == "http.response.body":
            sent += 1
            if sent == stalls_at:
                await asyncio.Event().wait()

    async def receive() -> Any:
        await asyncio.Event().wait()

    stream = EventStream(
        events(),
        stalled_s=0.05,
        on_stalled=lambda: notes.append("stalled"),
        on_close=lambda: notes.append("closed"),
    )
    scope = {"type": "http", "asgi": {"spec_version": "2.3"}}
    await asyncio.wait_for(stream(scope, receive, send), 5)
    return notes, sent


def test_who_takes_nothing_any_more_is_cut_off() -> None:
    assert asyncio.run(_run(stalls_at=3)) == (["stalled", "events ended", "closed"], 3)


def test_an_end_of_ours_is_an_end_of_the_answer() -> None:
    assert asyncio.run(_run(stalls_at=0, ends_at=5)) == (["events ended", "closed"], 6)


def test_who_hangs_up_before_the_first_event_is_tidied_up_after() -> None:
    closed: list[int] = []

    async def events() -> AsyncGenerator[bytes, None]:
        yield b""

    async def gone(_message: Any) -> None:
        raise ConnectionError

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    stream = EventStream(events(), stalled_s=1, on_stalled=lambda: None, on_close=lambda: closed.append(1))

    async def run() -> None:
        try:
            await stream({"type": "http", "asgi": {"spec_version": "2.3"}}, receive, gone)
        except* ConnectionError:
            pass

    asyncio.run(run())
    assert closed == [1]
