"""ClickHouse's HTTP protocol: from URL parameters, headers and body to a Request, and back to headers."""

import json
import re
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from anpr.embedded.store.access import database_of, role_of
from anpr.embedded.store.compression import choose_encoding
from anpr.embedded.store.errors import BAD_ARGUMENTS, NOT_IMPLEMENTED, store_error

DEFAULT_FORMAT = "TabSeparated"

# Parameters of the transport: they are answered by this front, or mean nothing to one process, and never
# reach the engine as settings.
_TRANSPORT = {
    *("query", "database", "default_format", "query_id", "session_id", "session_timeout", "session_check"),
    *("quota_key", "role", "user", "password", "buffer_size", "wait_end_of_query", "stacktrace"),
    *("enable_http_compression", "http_zlib_compression_level", "compress", "decompress"),
    *("client_protocol_version", "send_progress_in_http_headers", "http_headers_progress_interval_ms"),
    *("cancel_http_readonly_queries_on_client_close", "add_http_cors_header"),
}
_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_QUERY_ID = re.compile(r"[\x21-\x7e]{1,200}")  # it is sent back in a header
_CONTENT_TYPES = {
    "JSON": "application/json; charset=UTF-8",
    "JSONEachRow": "application/x-ndjson; charset=UTF-8",
    "JSONCompact": "application/json; charset=UTF-8",
    "CSV": "text/csv; charset=UTF-8; header=absent",
    "CSVWithNames": "text/csv; charset=UTF-8; header=present",
    "TabSeparated": "text/tab-separated-values; charset=UTF-8",
    "TSV": "text/tab-separated-values; charset=UTF-8",
}


@dataclass(frozen=True)
class Request:
    """One request, checked, but with its body as it came.

    settings and params: validated names, values untouched. read_only: came as GET. content_encoding: of the
    body. accept_encoding: chosen for the answer, "" for plain. wait_end: the client wants the whole result
    or an error.
    """

    query: bytes
    body: bytes
    database: str
    default_format: str
    query_id: str
    settings: Mapping[str, str]
    params: Mapping[str, str]
    content_encoding: str
    accept_encoding: str
    read_only: bool
    wait_end: bool
    role: str = ""
    """Role that it runs in; empty: all rights."""

    def sql(self, body: bytes) -> bytes:
        """The whole text as ClickHouse reads it: the query parameter, a line end, the (decompressed) body."""
        if self.query and body:
            return self.query + b"\n" + body
        return self.query or body


@dataclass(frozen=True)
class Summary:
    """Counts of one statement; written_rows includes those of materialised views, as ClickHouse counts."""

    read_rows: int = 0
    read_bytes: int = 0
    written_rows: int = 0
    written_bytes: int = 0
    result_rows: int = 0
    result_bytes: int = 0
    elapsed_ns: int = 0

    def header(self) -> str:
        """Value of X-ClickHouse-Summary: numbers as strings, as ClickHouse writes them."""
        return json.dumps({name: str(value) for name, value in vars(self).items()})


def parse_request(
    method: str,
    url: Iterable[tuple[str, str]],
    headers: Mapping[str, str],
    body: bytes,
    form: Mapping[str, str],
    token_role: str = "",
) -> Request:
    """Check one request. form: the text fields of a form body, which count like URL parameters.

    token_role: the only role of who presented this secret; empty: any role that the request names.
    Raises StoreError for an illegal setting or parameter name and for what this front does not speak.
    """
    given = {**dict(url), **form}
    for name in ("compress", "decompress"):
        if given.get(name, "0") not in ("0", ""):
            raise store_error(NOT_IMPLEMENTED, f"{name}=1 (block format) is not supported; use HTTP compression")
    wants_compression = given.get("enable_http_compression", "0") in ("1", "true")
    role = role_of(token_role, given.get("role", ""))
    own = database_of(role) if role else "default"  # as a server's user has one of its own
    return Request(
        query=given.get("query", "").encode("utf-8", "surrogateescape"),
        body=body,
        database=given.get("database") or headers.get("X-ClickHouse-Database") or own,
        default_format=given.get("default_format") or headers.get("X-ClickHouse-Format") or DEFAULT_FORMAT,
        query_id=_query_id(given.get("query_id", "")),
        settings={n: v for n, v in given.items() if n not in _TRANSPORT and not n.startswith("param_") and _legal(n)},
        params={n[6:]: v for n, v in given.items() if n.startswith("param_") and _legal(n[6:])},
        content_encoding=headers.get("Content-Encoding", "").strip().lower(),
        accept_encoding=choose_encoding(headers.get("Accept-Encoding", "")) if wants_compression else "",
        read_only=method == "GET",
        wait_end=given.get("wait_end_of_query", "0") in ("1", "true"),
        role=role,
    )


def _legal(name: str) -> bool:
    if not _IDENTIFIER.fullmatch(name):
        raise store_error(BAD_ARGUMENTS, f"{name[:64]!r} is no legal name of a setting or parameter")
    return True


def _query_id(given: str) -> str:
    if given and not _QUERY_ID.fullmatch(given):
        raise store_error(BAD_ARGUMENTS, "query_id must be 1 to 200 printable ASCII characters without spaces")
    return given or str(uuid.uuid4())


def content_type(output_format: str) -> str:
    """Content-Type of an answer in this format."""
    return _CONTENT_TYPES.get(output_format, "application/octet-stream")
