"""What an answer was waited for stands in its header, each request's own."""

from __future__ import annotations

import asyncio

import httpx
from fastapi import FastAPI

from console.timing import ServerTiming, timed


def _app() -> FastAPI:
    app = FastAPI()

    def work(part: str) -> None:
        with timed(part), timed("all"):
            pass

    @app.get("/{part}")
    async def ask(part: str) -> str:
        await asyncio.to_thread(work, part)
        await asyncio.to_thread(work, part)
        return part

    @app.get("/plain/nothing")
    async def plain() -> str:
        return ""

    return app


async def _headers(*paths: str) -> list[str | None]:
    transport = httpx.ASGITransport(ServerTiming(_app()))
    async with httpx.AsyncClient(transport=transport, base_url="http://console") as client:
        answers = await asyncio.gather(*(client.get(path) for path in paths))
    return [answer.headers.get("server-timing") for answer in answers]


def test_each_request_tells_its_own_parts() -> None:
    told = asyncio.run(_headers(*(f"/part{number}" for number in range(20))))
    for number, header in enumerate(told):
        assert header is not None
        assert [one.partition(";dur=")[0] for one in header.split(", ")] == ["all", f"part{number}"]


def test_where_nothing_was_timed_nothing_is_told() -> None:
    assert asyncio.run(_headers("/plain/nothing")) == [None]


def test_outside_of_a_request_it_is_just_done() -> None:
    with timed("store"):
        pass
