"""Many open consoles: is every hit told to each of them, how soon, and what does it cost?

    python bench/console_load.py [--consoles 200] [--rate 10] [--seconds 60] [--stream hits|cases] [--json]

Embedded broker and store, the worker `cases` and `anpr serve` as processes of their own; the consoles are connections
over real sockets that read server-sent events as a browser does, twenty officers between them. Hits of vehicles of
their own are published at the rate. With --stream cases a console waits for the case that the worker makes of the hit,
as the live page does. Exit code 1: a console missed one, was told one twice, or was cut off.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil

from anpr.bench.console_hits import fresh_hit
from anpr.bench.machine import busy_cores, machine
from anpr.cli.bench.group import end_in_order
from anpr.demo.console import DemoConsole
from anpr.hit_watch import quantile
from anpr.platform import Platform, open_platform
from anpr.registering import register
from anpr.settings import Settings
from anpr.subscriber_key import credentials_of
from console.officer_tokens import officer_token
from pipeline.runtime.kafka import producer_client
from schemas.camera import Camera
from schemas.codec import encode
from sinks.clickhouse.audit.chain import ChainFile
from sinks.clickhouse.client import connect
from sinks.clickhouse.officers import FOREVER, Officer, Register

OFFICERS = 20
CAMERA = Camera(camera_id="bench-1", name="Rue du Banc", kind="fixed", police_zone="5339")
SETTLE_S = 15.0
"""What was not told so long after the last hit is lost."""
PLATE = re.compile(rb'"plate":"(9[0-9A-F]{10})"')
"""Of the hits published here."""


@dataclass(slots=True)
class Console:
    """One open console: what it was told, and when."""

    told: Counter[str] = field(default_factory=Counter)
    delays_ms: list[float] = field(default_factory=list)
    ended: str = ""
    """Why the stream ended; empty: it did not."""


@dataclass(slots=True)
class Load:
    """What is going on."""

    port: int
    path: str
    sent: dict[str, float] = field(default_factory=dict)
    """Plate → when its hit was handed to the broker, s."""
    open: int = 0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--consoles", type=int, default=200)
    parser.add_argument("--rate", type=float, default=10.0, help="hits a second")
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--stream", choices=("hits", "cases"), default="hits")
    parser.add_argument("--json", action="store_true", help="one JSON object as the last line")
    args = parser.parse_args()
    end_in_order()
    load = busy_cores()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder) / "data", officer="bench", log_level="warning")
        with open_platform(settings, workers=("cases",)) as platform:
            found = _measure(platform, args)
    result = {"consoles": args.consoles, "rate": args.rate, "seconds": args.seconds, "stream": args.stream, **found}
    result["machine"] = machine(load)
    print(json.dumps(result) if args.json else _in_words(result))
    if result["lost"] or result["twice"] or result["cut_off"]:
        sys.exit(1)


def _measure(platform: Platform, args: argparse.Namespace) -> dict[str, Any]:
    register(platform.settings.kafka(), [CAMERA])
    api = DemoConsole(platform.settings, 0, {})
    try:
        api.start()
        return asyncio.run(_run(platform, api, args))
    finally:
        api.stop()


async def _run(platform: Platform, api: DemoConsole, args: argparse.Namespace) -> dict[str, Any]:
    """Open all consoles, publish, wait for the rest, count."""
    load, tokens = Load(api.port, f"/api/v1/{args.stream}/stream"), _tokens(platform.settings)
    consoles = [Console() for _ in range(args.consoles)]
    tasks = [asyncio.create_task(_listen(load, one, tokens[number % OFFICERS])) for number, one in enumerate(consoles)]
    await _until(lambda: load.open == args.consoles or any(one.ended for one in consoles), 60.0)
    assert api.child is not None
    watched = {"api": api.child.pid, "cases": platform.workers["cases"].pid, "consoles": os.getpid()}
    before = {name: _cpu_s(pid) for name, pid in watched.items()}
    await _publish(platform, load, args)
    await _until(lambda: all(len(one.told) >= len(load.sent) or one.ended for one in consoles), SETTLE_S)
    spent = {name: round(_cpu_s(pid) - before[name], 2) for name, pid in watched.items()}
    memory = round(psutil.Process(api.child.pid).memory_info().rss / 1e6)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    return {**_figures(load, consoles, args), "cpu_s": spent, "api_rss_mb": memory}


def _tokens(settings: Settings) -> list[str]:
    """Of officers who are registered here."""
    now, credentials = datetime.now(UTC), credentials_of(settings)
    registrar = Register(connect(settings.dsn()), lambda: datetime.now(UTC), "bench", ChainFile(settings.data_dir))
    names = [f"officer {number}" for number in range(OFFICERS)]
    for name in names:
        registrar.add(Officer(name, "officer", "", now, FOREVER))
    return [officer_token(credentials, name, now + timedelta(hours=1)) for name in names]


async def _listen(load: Load, console: Console, token: str) -> None:
    """Read one stream until it is cancelled; whatever else ends it is noted."""
    reader, writer = await asyncio.open_connection("127.0.0.1", load.port, limit=1 << 20)
    try:
        writer.write(
            f"GET {load.path} HTTP/1.1\r\nHost: 127.0.0.1:{load.port}\r\nAccept: text/event-stream\r\n"
            f"Authorization: Bearer {token}\r\n\r\n".encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            console.ended = (
                head.split(b"\r\n", 1)[0].decode() + " " + (await reader.read(500)).decode("utf-8", "replace")
            )
            return
        load.open += 1
        while event := await _next_event(reader):
            _note(load, console, event)
        console.ended = console.ended or "the server hung up"
    except (ConnectionError, asyncio.IncompleteReadError) as error:
        console.ended = console.ended or str(error)
    finally:
        writer.close()


async def _next_event(reader: asyncio.StreamReader) -> bytes:
    """Lines of the answer up to an empty one; sizes of its chunks are among them and do no harm."""
    return await reader.readuntil(b"\n\n")


def _note(load: Load, console: Console, event: bytes) -> None:
    now = time.monotonic()
    if b"event: end" in event:
        console.ended = event.decode("utf-8", "replace")
    for plate in PLATE.findall(event):
        name = plate.decode()
        if name not in console.told:
            console.delays_ms.append((now - load.sent[name]) * 1000)
        console.told[name] += 1


async def _publish(platform: Platform, load: Load, args: argparse.Namespace) -> None:
    """One hit after the other, each at its time."""
    producer = producer_client(platform.settings.kafka(), linger_ms=0)
    await asyncio.to_thread(producer.list_topics, "hits", 30)  # signed in before the first one counts
    refused: list[str] = []
    begun = time.monotonic()
    for number in range(int(args.rate * args.seconds)):
        await asyncio.sleep(max(0.0, begun + number / args.rate - time.monotonic()))
        hit = fresh_hit(CAMERA.camera_id)
        load.sent[hit.plate] = time.monotonic()
        producer.produce(
            "hits",
            encode(hit),
            hit.plate.encode(),
            on_delivery=lambda error, _message: refused.append(error.str()) if error else None,
        )
        producer.poll(0)
    left = await asyncio.to_thread(producer.flush, 30)
    if left or refused:
        raise RuntimeError(f"the broker did not take {left + len(refused)} hits: {refused[:1]}")


async def _until(true: Any, seconds: float) -> None:
    """Look until it is so, or until the time is over: what is missing then is counted by who asked."""
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        await asyncio.sleep(0.05)


def _cpu_s(pid: int) -> float:
    used = psutil.Process(pid).cpu_times()
    return used.user + used.system


def _figures(load: Load, consoles: Sequence[Console], args: argparse.Namespace) -> dict[str, Any]:
    """A case is told again whenever it changes, so `twice` counts for hits alone."""
    delays = [delay for one in consoles for delay in one.delays_ms]
    twice = sum(times - 1 for one in consoles for times in one.told.values()) if args.stream == "hits" else 0
    return {
        "opened": load.open,
        "hits": len(load.sent),
        "told": len(delays),
        "lost": len(load.sent) * args.consoles - len(delays),
        "twice": twice,
        "cut_off": sum(bool(one.ended) for one in consoles),
        "why_cut_off": sorted({one.ended for one in consoles if one.ended})[:3],
        "ms": {f"p{share}": quantile(delays, share / 100) for share in (50, 95, 99)},
    }


def _in_words(result: dict[str, Any]) -> str:
    about, ms, cpu = result["machine"], result["ms"], result["cpu_s"]
    busy = ", BUSY: figures are worth little" if about["busy"] else ""
    lines = [
        f"{about['at']}, {about['cpu']}, {about['cores']} cores, load {about['load_before']}{busy}",
        f"{result['consoles']} consoles, {result['hits']} hits at {result['rate']:g}/s: {result['told']:,} told, "
        f"{result['lost']} lost, {result['twice']} twice, {result['cut_off']} cut off",
        f"hit → console ({result['stream']}): p50 {ms['p50']}, p95 {ms['p95']}, p99 {ms['p99']} ms",
        f"processor time over {result['seconds']:g} s: API {cpu['api']} s, worker cases {cpu['cases']} s, "
        f"the consoles themselves {cpu['consoles']} s; the API holds {result['api_rss_mb']} MB",
    ]
    return "\n".join(lines + result["why_cut_off"])


if __name__ == "__main__":
    main()
