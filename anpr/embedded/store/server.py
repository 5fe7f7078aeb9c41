"""HTTP in front of the engine: guard, body, pool, answer.

    /         ClickHouse's protocol        /ping     "Ok.\\n"
    /health   JSON for people and probes   /metrics  Prometheus

A request holds nothing of the engine until its body is complete, so a client that dies in the middle of an
upload leaves no trace. Once complete, an insert runs to its end even if the client is gone; a query is
cancelled.
"""

import asyncio
import contextlib
import math
import shutil
import time
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass

from aiohttp import web

from anpr.embedded.store.engine import Answer, Engine
from anpr.embedded.store.errors import (
    BAD_ARGUMENTS,
    NOT_ENOUGH_SPACE,
    NOT_IMPLEMENTED,
    QUERY_IS_TOO_LARGE,
    QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING,
    TOO_MANY_SIMULTANEOUS_QUERIES,
    StoreError,
    store_error,
)
from anpr.embedded.store.guard import Guard, read_role_tokens, read_token
from anpr.embedded.store.metrics import StoreMetrics, resident_bytes
from anpr.embedded.store.options import StoreOptions
from anpr.embedded.store.pipe import ChunkPipe
from anpr.embedded.store.pools import ByteBudget, WorkerPool, awaitable
from anpr.embedded.store.protocol import Request, content_type, parse_request
from anpr.embedded.store.sql import first_word
from sinks.clickhouse.controllers import LIMITED

_CANCEL_EVERY_S = 0.1
_GATHERING_EVERY_S = 0.02
_INSERTS_END_S = 30.0
"""How long a BACKUP waits for running inserts; after that it is refused, rather than keep the others waiting."""
_RETRY_AFTER_S = "1"
_NO_ROOM_FOR_S = 30.0
"""How long /health tells of an insert that found no room; the sink tries again within 5 s."""
_FORMS = ("multipart/form-data", "application/x-www-form-urlencoded")
_CLIENT_GONE = 499  # for nobody to see: the connection is closed


@dataclass(frozen=True)
class Pools:
    """Threads by what they run; KILL has its own, or it would wait behind what it should end.

    Analysts have their own too: an officer's search must not wait until a study of last year is through.
    """

    query: WorkerPool
    analyst: WorkerPool
    insert: WorkerPool
    control: WorkerPool

    def all(self) -> list[WorkerPool]:
        """Every pool."""
        return [self.query, self.analyst, self.insert, self.control]

    def of(self, request: Request) -> WorkerPool:
        """The pool for a request. Compressed bodies are inserts: nobody compresses a question."""
        if request.role in LIMITED:
            return self.analyst
        word = first_word(request.query or request.body)
        if request.content_encoding or word == "INSERT":
            return self.insert
        return self.control if word == "KILL" else self.query


class StoreServer:
    """Handlers of one store."""

    def __init__(self, engine: Engine, options: StoreOptions) -> None:
        self._engine = engine
        self._options = options
        token = read_token(options.token_file)
        self._guard = Guard(token, read_role_tokens(options.role_token, token))
        self._pools = Pools(
            WorkerPool("query", options.query_threads, options.max_waiting),
            WorkerPool("analyst", options.analyst_threads, options.max_waiting),
            WorkerPool("insert", options.insert_threads, options.max_waiting),
            WorkerPool("control", 1, options.max_waiting),
        )
        self._budget = ByteBudget(options.max_bodies_bytes)
        self._metrics = StoreMetrics()
        self._metrics.watch(self._pools.all(), self._budget)
        self._started = time.time()
        self._running: set[str] = set()
        self._cancels: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._no_room_at = -math.inf

    def app(self) -> web.Application:
        """The routes. Serve them with `auto_decompress=False` and `handler_cancellation=True`."""
        app = web.Application(client_max_size=self._options.max_body_bytes)
        app.router.add_route("GET", "/ping", self._ping)
        app.router.add_route("GET", "/health", self._health)
        app.router.add_route("GET", "/metrics", self._show_metrics)
        for method in ("GET", "POST"):
            app.router.add_route(method, "/", self._answer)
        return app

    async def _ping(self, _: web.Request) -> web.Response:
        return web.Response(text="Ok.\n")

    async def _show_metrics(self, _: web.Request) -> web.Response:
        return web.Response(body=self._metrics.text(), content_type="text/plain")

    async def _health(self, _: web.Request) -> web.Response:
        free = shutil.disk_usage(self._options.path).free
        state = {
            "status": self._status(free),
            "version": self._engine.version,
            "uptime_s": round(time.time() - self._started, 3),
            "resident_bytes": int(resident_bytes()),
            "free_bytes": free,
            "waiting": {pool.name: pool.waiting for pool in self._pools.all()},
            "running": {pool.name: pool.running for pool in self._pools.all()},
        }
        return web.json_response(state, status=200 if state["status"] == "ok" else 503)

    def _status(self, free_bytes: int) -> str:
        """ok, stopping, or disk_full: below the limit, or an insert found no room lately and none has since."""
        if self._stopping:
            return "stopping"
        lately = time.monotonic() - self._no_room_at < _NO_ROOM_FOR_S
        return "disk_full" if lately or free_bytes < self._options.min_free_bytes else "ok"

    async def _answer(self, http: web.Request) -> web.StreamResponse:
        try:
            return await self._take_body(http, self._guard.check(http.headers))
        except StoreError as err:
            return self._failure(err)
        except ConnectionResetError:  # noticed at a write, not by cancellation: what ran for the client is cancelled
            return web.Response(status=_CLIENT_GONE)

    async def _take_body(self, http: web.Request, token_role: str) -> web.StreamResponse:
        """Read the body under the byte budget, then run the request."""
        with self._budget.reserve() as take:
            body, form = await _read_body(http, take, self._options.max_body_bytes)
            self._metrics.received(len(body))
            request = parse_request(http.method, http.query.items(), http.headers, body, form, token_role)
            return await self._run(http, request)

    async def _run(self, http: web.Request, request: Request) -> web.StreamResponse:
        if self._stopping:  # asked after the body was read: an upload may outlast the order to stop
            raise store_error(TOO_MANY_SIMULTANEOUS_QUERIES, "The store is stopping")
        if request.query_id in self._running:
            raise store_error(QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING, f"Query {request.query_id} runs already")
        self._running.add(request.query_id)
        pool, started = self._pools.of(request), time.perf_counter()
        outcome, rows = "cancelled", 0
        try:
            async with self._moment_of(request):
                response, rows = await self._execute(http, request, pool)
            outcome = "ok"
            if pool is self._pools.insert:
                self._no_room_at = -math.inf
            return response
        except StoreError as err:
            if err.code == NOT_ENOUGH_SPACE:
                self._no_room_at = time.monotonic()
            outcome = "busy" if err.status == 503 else "error"
            return self._failure(err, request.query_id)
        finally:
            self._running.discard(request.query_id)
            self._metrics.ended(pool.name, outcome, time.perf_counter() - started, rows)

    @contextlib.asynccontextmanager
    async def _moment_of(self, request: Request) -> AsyncIterator[None]:
        """A BACKUP is of one moment: no insert runs until the engine knows which parts belong to it.

        Else it would hold a block in one of the tables that it fills and not in the next. ASYNC makes that a fraction
        of a second. Only the owner may back up: nobody else can hold anybody up.
        """
        if request.role or first_word(request.query or request.body) != "BACKUP":
            yield
            return
        async with self._pools.insert.held(_INSERTS_END_S):
            yield
            while await self._pools.control.run(self._engine.is_gathering):
                await asyncio.sleep(_GATHERING_EVERY_S)

    async def _execute(self, http: web.Request, request: Request, pool: WorkerPool) -> tuple[web.StreamResponse, int]:
        reads = pool in (self._pools.query, self._pools.analyst)
        pipe = ChunkPipe() if reads and not request.wait_end else None
        future = pool.submit(lambda: self._engine.execute(request, pipe.put if pipe else None))
        try:
            if pipe and await self._streams(pipe, future):
                return await self._send_stream(http, request, pipe, future), 0
            answer = await asyncio.shield(awaitable(future))
        except BaseException:
            self._abandon(request, pool, pipe, future)
            raise
        return self._success(answer, request.query_id), answer.summary.written_rows

    async def _streams(self, pipe: ChunkPipe, future: "Future[Answer]") -> bool:
        pipe.end_with(future)
        return await pipe.has_chunk()

    async def _send_stream(
        self, http: web.Request, request: Request, pipe: ChunkPipe, future: "Future[Answer]"
    ) -> web.StreamResponse:
        """Send chunks as the engine makes them.

        An error in the middle breaks the connection off: no client may take half a result for a whole one.
        """
        headers = self._headers(request.query_id, pipe.format)
        response = web.StreamResponse(headers={**headers, "Content-Type": content_type(pipe.format)})
        await response.prepare(http)
        async for chunk in pipe.chunks():
            await response.write(chunk)
        try:
            future.result()
        except StoreError:
            if http.transport is not None:
                http.transport.abort()
            raise
        await response.write_eof()
        return response

    def _abandon(self, request: Request, pool: WorkerPool, pipe: ChunkPipe | None, future: "Future[Answer]") -> None:
        """The client is gone: drop what waits, cancel what reads, let an insert finish."""
        if pipe is not None:
            pipe.close()
        if future.cancel() or future.done() or pool is self._pools.insert:
            return
        task = asyncio.create_task(self._cancel(request.query_id, future))
        self._cancels.add(task)
        task.add_done_callback(self._cancels.discard)

    async def _cancel(self, query_id: str, future: "Future[Answer]") -> None:
        """Repeat until it has ended: the first KILL may come before the engine knows the query."""
        while not future.done():
            await self._pools.control.run(self._engine.cancel, query_id)
            await asyncio.wait([awaitable(future)], timeout=_CANCEL_EVERY_S)

    def _success(self, answer: Answer, query_id: str) -> web.Response:
        headers = self._headers(query_id, answer.format)
        headers["X-ClickHouse-Summary"] = answer.summary.header()
        headers["Content-Type"] = content_type(answer.format)
        if answer.encoding:
            headers["Content-Encoding"] = answer.encoding
        return web.Response(body=answer.body, headers=headers)

    def _headers(self, query_id: str, output_format: str) -> dict[str, str]:
        headers = {"X-ClickHouse-Query-Id": query_id, "X-ClickHouse-Timezone": self._engine.timezone}
        return {**headers, "X-ClickHouse-Format": output_format} if output_format else headers

    def _failure(self, err: StoreError, query_id: str = "") -> web.Response:
        headers = {
            "X-ClickHouse-Exception-Code": str(err.code),
            "X-ClickHouse-Timezone": self._engine.timezone,
        }
        if query_id:
            headers["X-ClickHouse-Query-Id"] = query_id
        if err.status == 503:
            headers["Retry-After"] = _RETRY_AFTER_S
        text = err.text if "(version " in err.text else f"{err.text} (version {self._engine.version})"
        return web.Response(text=text + "\n", status=err.status, headers=headers)

    async def stop(self) -> None:
        """Refuse new requests, let running ones end; cancel what takes longer than the stop timeout."""
        self._stopping = True
        finished = asyncio.gather(*(pool.idle() for pool in self._pools.all()))
        await asyncio.wait([finished], timeout=self._options.stop_timeout_s)
        while not finished.done():
            for query_id in list(self._running):
                await asyncio.to_thread(self._engine.cancel, query_id)
            await asyncio.wait([finished], timeout=_CANCEL_EVERY_S)
        for pool in self._pools.all():
            pool.close()


async def _read_body(http: web.Request, take: Callable[[int], None], limit: int) -> tuple[bytes, Mapping[str, str]]:
    """The body, and the text fields of a form. Raises StoreError for file fields and above limit bytes."""
    if (http.content_length or 0) > limit:
        raise _too_large(limit)
    if http.body_exists and http.content_type in _FORMS:
        return b"", await _read_form(http, limit)
    body = bytearray()
    async for chunk in http.content.iter_any():
        take(len(chunk))
        body += chunk
        if len(body) > limit:
            raise _too_large(limit)
    return bytes(body), {}


async def _read_form(http: web.Request, limit: int) -> Mapping[str, str]:
    try:
        fields = await http.post()
    except web.HTTPRequestEntityTooLarge:
        raise _too_large(limit) from None
    except ValueError as err:
        raise store_error(BAD_ARGUMENTS, f"The form cannot be read: {err}") from err
    texts = {name: value for name, value in fields.items() if isinstance(value, str)}
    if len(texts) < len(fields):
        raise store_error(NOT_IMPLEMENTED, "External tables are not supported by the embedded store")
    return texts


def _too_large(limit: int) -> StoreError:
    return store_error(QUERY_IS_TOO_LARGE, f"The body is larger than {limit} bytes (--max-body-bytes)")
