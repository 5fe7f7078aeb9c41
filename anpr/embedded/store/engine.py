"""The chdb engine of one folder: runs one statement at a time on a connection of its own.

Opening a connection to an open engine takes 0.1 ms, so each request gets a fresh one: settings, parameters,
database and temporary tables of one request cannot leak into another, and no connection is ever used by two
threads. An anchor connection keeps the engine itself open. A request in a role runs with its rights only: access.py.

Data of an INSERT are a file in memory, which FROM INFILE reads: twice as fast as data in the statement's text. Not
chdb's `send_insert`, which says "done" even when the table did not take the rows (disk full, a constraint, a view
behind it that fails). Data that turn out malformed leave nothing behind as long as they are one block:
`min_insert_block_size_rows` and `…_bytes`, as in ClickHouse.
"""

import contextlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import chdb

from anpr.embedded.store.access import (
    check_names,
    check_plain_names,
    check_settings,
    check_words,
    database_of,
    limits_of,
    write_access,
)
from anpr.embedded.store.compression import compress_answer, decompress_body
from anpr.embedded.store.errors import (
    ACCESS_DENIED,
    SYNTAX_ERROR,
    StoreError,
    StoreUnavailable,
    engine_error,
    store_error,
)
from anpr.embedded.store.options import StoreOptions
from anpr.embedded.store.protocol import Request, Summary
from anpr.embedded.store.sql import FILE_MARK, Kind, Statement, insert_from_file, parse_statement, quote, quote_name

# Formats whose chunks can be joined: they have no header, footer or file structure around the rows.
_STREAMED_FORMATS = {"Native", "TabSeparated", "TSV", "CSV", "RowBinary", "JSONEachRow"}


@dataclass(frozen=True)
class Answer:
    """The result of one statement.

    format: "" when the statement has no output. encoding: Content-Encoding of the body, "" for plain bytes.
    """

    body: bytes
    format: str
    encoding: str
    summary: Summary
    kind: Kind


MERGES_AT_ONCE = 4
Emit = Callable[[str, bytes], None]
"""Takes the format and one chunk of a streamed result; raises to end the query."""


class Engine:
    """Open chdb folder. All methods but `close` may be called from any thread. Raises StoreUnavailable."""

    def __init__(self, options: StoreOptions) -> None:
        self._options = options
        self._path = str(options.path.resolve())
        if set("?&") & set(self._path):
            raise StoreUnavailable(f"The store folder {self._path} has a ? or & in its name: give another --path.")
        self._anchor = self._open()
        version, self.timezone = _text(self._anchor.query("SELECT version(), timezone()", "TSV")).split("\t")
        self.version = version

    def _open(self) -> Any:
        server: dict[str, int | str] = {
            "config-file": str(self._write_access()),
            "max_server_memory_usage": self._options.max_server_memory_bytes,
            # Sixteen merges at once, as on a server, would leave inserts no memory once the parts are large.
            "background_pool_size": MERGES_AT_ONCE,
            "background_merges_mutations_concurrency_ratio": 1,
            "mark_cache_size": self._options.mark_cache_bytes,
        }
        try:
            return _connect(self._path, server)
        except RuntimeError as err:
            raise StoreUnavailable(
                f"The store folder {self._path} cannot be opened ({_first_line(err)}): "
                "restore it from a backup or give another --path."
            ) from err

    def _write_access(self) -> Path:
        try:
            return write_access(Path(self._path), self._options)
        except OSError as err:
            raise StoreUnavailable(
                f"The store folder {self._path} cannot be written ({err.strerror}): make room, change its permissions "
                "or give another --path."
            ) from err

    def execute(self, request: Request, emit: Emit | None = None) -> Answer:
        """Run one request to its end and return the answer. Raises StoreError.

        emit: takes the result in chunks when the format allows it; the answer's body is empty then.
        """
        started = time.perf_counter_ns()
        body = decompress_body(request.body, request.content_encoding, limit=self._options.max_body_bytes)
        statement = parse_statement(request.sql(body))
        try:
            if request.role:
                statement = self._permitted(request, statement)
            emit = emit if _can_stream(request, statement) else None
            with self._connection(request, streams=emit is not None) as connection:
                return _run(connection, request, statement, emit, started)
        except (RuntimeError, TypeError) as err:
            raise engine_error(err) from err
        except UnicodeDecodeError as err:  # chdb cannot tell its error, as that quotes bytes of a row that are no text
            raise engine_error(RuntimeError(err.object.decode("utf-8", "replace"))) from err

    def _permitted(self, request: Request, statement: Statement) -> Statement:
        """What a role's statement becomes: itself as the engine writes it. Raises StoreError for what it may not be."""
        own = database_of(request.role)
        if request.database != own:
            raise store_error(ACCESS_DENIED, f"Not enough privileges: the role {request.role} has {own} only")
        check_settings(request.settings, request.role, limits_of(request.role, self._options))
        if statement.kind is Kind.QUERY:
            with contextlib.closing(_connect(self._path, {})) as connection:
                statement = parse_statement(_canonical(connection, statement.sql))
        else:
            check_plain_names(statement.sql)
        check_words(statement.sql, request.role)
        check_names(statement.sql, request.params)
        return statement

    @contextlib.contextmanager
    def _connection(self, request: Request, *, streams: bool) -> Iterator[Any]:
        limits = {
            **limits_of(request.role, self._options),
            "max_result_bytes": 0 if streams else self._options.max_result_bytes,
        }
        with contextlib.closing(_connect(self._path, limits)) as connection:
            _prepare(connection, request)
            yield connection

    def cancel(self, query_id: str) -> None:
        """Ask the engine to end a running statement, if it runs. Raises StoreError."""
        with contextlib.closing(_connect(self._path, {})) as connection:
            try:
                connection.query(f"KILL QUERY WHERE Settings['log_comment'] = {quote(query_id)} ASYNC")
            except RuntimeError as err:
                raise engine_error(err) from err

    def is_gathering(self) -> bool:
        """True while a BACKUP has not yet noted all parts that belong to it. Raises StoreError."""
        query = "SELECT count() FROM system.backups WHERE status = 'CREATING_BACKUP' AND num_files = 0"
        with contextlib.closing(_connect(self._path, {})) as connection:
            try:
                return _text(connection.query(query, "TSV")) != "0"
            except RuntimeError as err:
                raise engine_error(err) from err

    def close(self) -> None:
        """Close the engine; call when no statement runs."""
        self._anchor.close()


def _can_stream(request: Request, statement: Statement) -> bool:
    """Whether the chunks of the result can be joined. An array around JSON rows would be one per chunk."""
    output_format = statement.format or request.default_format
    as_array = "output_format_json_array_of_rows"
    if as_array in request.settings or as_array.encode() in statement.sql:
        return False
    return statement.selects and output_format in _STREAMED_FORMATS


def _prepare(connection: Any, request: Request) -> None:
    """Bring a fresh connection to the request's state: settings, parameters, database, read-only for GET.

    Values travel as string literals, which the engine converts to the type of the setting or parameter, so
    nothing a caller sends becomes SQL. `log_comment` carries the query id, since chdb takes none.
    """
    values = {"log_comment": request.query_id, **request.settings}
    pairs = [f"{name} = {quote(value)}" for name, value in values.items()]
    pairs += [f"param_{name} = {quote(value)}" for name, value in request.params.items()]
    connection.query("SET " + ", ".join(pairs))
    if request.database != "default":
        connection.query("USE " + quote_name(request.database))
    if request.role:
        connection.query("SET ROLE " + quote_name(request.role))
    if request.read_only and request.settings.get("readonly", "0") == "0":
        connection.query("SET readonly = 2")


def _canonical(connection: Any, sql: bytes) -> bytes:
    """One statement in the engine's own spelling. Raises StoreError for bytes that are no text."""
    try:
        text = sql.decode().rstrip("; \t\r\n")
    except UnicodeDecodeError as err:
        raise store_error(SYNTAX_ERROR, "Syntax error: the query is not UTF-8") from err
    try:
        return bytes(connection.query(f"SELECT formatQuerySingleLine({quote(text)})", "TSVRaw").bytes()).rstrip(b"\n")
    except RuntimeError as err:
        said = engine_error(err).text.partition(": In scope SELECT formatQuery")[0]  # our own words, not the caller's
        raise StoreError(SYNTAX_ERROR, f"{said} (SYNTAX_ERROR)") from err


def _run(connection: Any, request: Request, statement: Statement, emit: Emit | None, started: int) -> Answer:
    match statement.kind:
        case Kind.INSERT_DATA:
            return _insert(connection, statement, started)
        case Kind.INSERT_INPUT:
            return _insert_input(connection, request, statement, started)
        case _:
            return _query(connection, request, statement, emit, started)


def _insert(connection: Any, statement: Statement, started: int) -> Answer:
    with _file_in_memory(statement.data) as path:
        done = connection.query(insert_from_file(statement, path))
    summary = Summary(
        written_rows=done.rows_written(),
        written_bytes=done.bytes_written(),
        elapsed_ns=time.perf_counter_ns() - started,
    )
    return Answer(b"", "", "", summary, statement.kind)


def _insert_input(connection: Any, request: Request, statement: Statement, started: int) -> Answer:
    """chdb cannot feed input(); a file in memory that file() reads gives the same."""
    with _file_in_memory(statement.data) as path:
        source = f"{quote(path)}, {quote(statement.format)}".encode()
        plain = Statement(statement.kind, statement.sql.replace(FILE_MARK, source, 1))
        return _query(connection, request, plain, None, started)


@contextlib.contextmanager
def _file_in_memory(data: bytes) -> Iterator[str]:
    """Path of a file with these bytes, for as long as the block lasts."""
    descriptor = os.memfd_create("store-input")
    try:
        with open(descriptor, "wb", closefd=False) as file:
            file.write(data)
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)


def _query(connection: Any, request: Request, statement: Statement, emit: Emit | None, started: int) -> Answer:
    reads = _check_one(connection, statement)
    output_format = statement.format or request.default_format
    if emit:
        return _stream(connection, statement, output_format, emit, started)
    result = connection.query(statement.sql, request.default_format)
    body = result.bytes() or b""
    data, encoding = compress_answer(body, request.accept_encoding)
    output = output_format if body or reads else ""
    return Answer(data, output, encoding, _summary(result, len(body), started), statement.kind)


def _check_one(connection: Any, statement: Statement) -> bool:
    """Refuse several statements in one request, as ClickHouse does. Returns whether the one only reads."""
    report = connection._conn.classify_query(statement.sql)
    if statement.several or report["statement_count"] > 1:
        raise store_error(SYNTAX_ERROR, "Syntax error: multi-statements are not allowed")
    return bool(report["query_class"].name == "READ_ONLY")


def _stream(connection: Any, statement: Statement, output_format: str, emit: Emit, started: int) -> Answer:
    rows = size = 0
    with contextlib.closing(connection.send_query(statement.sql, output_format)) as chunks:
        for chunk in chunks:
            data = chunk.bytes()
            rows, size = rows + chunk.rows_read(), size + len(data)
            emit(output_format, data)
    elapsed = time.perf_counter_ns() - started
    return Answer(
        b"",
        output_format,
        "",
        Summary(result_rows=rows, result_bytes=size, elapsed_ns=elapsed),
        statement.kind,
    )


def _summary(result: Any, size: int, started: int) -> Summary:
    return Summary(
        read_rows=result.storage_rows_read(),
        read_bytes=result.storage_bytes_read(),
        written_rows=result.rows_written(),
        written_bytes=result.bytes_written(),
        result_rows=result.rows_read(),
        result_bytes=size,
        elapsed_ns=time.perf_counter_ns() - started,
    )


def _connect(path: str, settings: Mapping[str, int | str]) -> Any:
    """A connection with these settings; the first one to a folder may set the server's as well."""
    pairs = "&".join(f"{name}={value}" for name, value in settings.items())
    return chdb.connect(f"{path}?{pairs}" if pairs else path)  # type: ignore[no-untyped-call]


def _text(result: Any) -> str:
    return bytes(result.bytes()).decode().strip()


def _first_line(err: Exception) -> str:
    return str(err).partition("\n")[0]
