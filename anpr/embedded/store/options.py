"""The options of the store process, resolved once from its command line."""

import argparse
from dataclasses import dataclass
from pathlib import Path

MIB = 1 << 20


@dataclass(frozen=True)
class StoreOptions:
    """How one store process runs. Sizes in bytes, times in seconds."""

    path: Path
    """Folder of the engine; created when missing."""
    host: str = "127.0.0.1"
    """Address to listen on. Anything but loopback needs `token_file`."""
    port: int = 0
    """0 takes a free port."""
    ready_file: Path | None = None
    """Where {"pid", "port", "version"} is written once requests are answered."""
    parent_pid: int | None = None
    """Stop, cleanly, when this process ends."""
    token_file: Path | None = None
    """File with the one accepted secret; without it every local caller is accepted."""
    role_token: tuple[str, ...] = ()
    """`ROLE=FILE`: more secrets, each of which opens the store in one role of `sinks.clickhouse.controllers` only."""
    query_threads: int = 4
    insert_threads: int = 2
    analyst_threads: int = 2
    """Queries of analysts that run at once; they have threads of their own."""
    max_waiting: int = 500
    """Requests that may wait for a thread, per pool; one more is answered 503."""
    max_body_bytes: int = 256 * MIB
    """Limit of one body, before and after decompression."""
    max_bodies_bytes: int = 1024 * MIB
    """Limit of all bodies held at once; one more is answered 503."""
    max_result_bytes: int = 512 * MIB
    """Limit of a result that is built whole; streamed results have none."""
    max_memory_bytes: int = 1024 * MIB
    """`max_memory_usage` of one query, unless the request sets it."""
    max_server_memory_bytes: int = 3072 * MIB
    """`max_server_memory_usage`: what all queries and merges may hold together."""
    mark_cache_bytes: int = 256 * MIB
    max_threads: int = 2
    """Threads of one query, unless the request sets it."""
    analyst_memory_bytes: int = 512 * MIB
    analyst_seconds: int = 60
    """How long one query of an analyst may run."""
    analyst_read_bytes: int = 64 * 1024 * MIB
    """What one query of an analyst may read."""
    min_free_bytes: int = 128 * MIB
    """An insert is refused, to be sent again, when less would stay free on the disk: merges and the log need some."""
    stop_timeout_s: float = 30.0
    """How long running requests may take to end after SIGTERM before queries are cancelled."""


_HELP = {
    "host": "address to listen on",
    "port": "port to listen on; 0 takes a free one",
    "ready-file": "write {pid, port, version} here once ready",
    "parent-pid": "stop when this process ends",
    "token-file": "file with the secret that callers must present as password",
    "query-threads": "queries that run at once",
    "insert-threads": "inserts that run at once",
    "analyst-threads": "queries of analysts that run at once",
    "max-waiting": "requests that may wait per pool before 503",
    "max-body-bytes": "largest body, before and after decompression",
    "max-bodies-bytes": "all bodies held at once before 503",
    "max-result-bytes": "largest result that is not streamed",
    "max-memory-bytes": "memory of one query",
    "max-server-memory-bytes": "memory of all queries and merges",
    "mark-cache-bytes": "size of the index mark cache",
    "max-threads": "threads of one query",
    "analyst-memory-bytes": "memory of one query of an analyst",
    "analyst-seconds": "seconds that one query of an analyst may run",
    "analyst-read-bytes": "bytes that one query of an analyst may read",
    "min-free-bytes": "free disk space below which inserts are refused",
    "stop-timeout-s": "seconds for running requests to end at SIGTERM",
}
_PATHS = {"ready-file", "token-file"}


def parse_options(argv: list[str]) -> StoreOptions:
    """Read the command line. Exits with argparse's usage message and code 2 when it is wrong."""
    parser = argparse.ArgumentParser(prog="python -m anpr.embedded.store", description="The embedded store.")
    parser.add_argument("--path", type=Path, required=True, help="folder of the store")
    for name, text in _HELP.items():
        default = getattr(StoreOptions, name.replace("-", "_"))
        kind = Path if name in _PATHS else int if default is None else type(default)
        parser.add_argument(f"--{name}", type=kind, default=default, help=f"{text} (default: {default})")
    parser.add_argument(
        "--role-token", action="append", default=[], metavar="ROLE=FILE", help="another secret, for one role only"
    )
    given = vars(parser.parse_args(argv))
    options = StoreOptions(**{**given, "role_token": tuple(given["role_token"])})
    if options.host not in ("127.0.0.1", "::1", "localhost") and options.token_file is None:
        parser.error("--host other than loopback needs --token-file")
    if options.role_token and options.token_file is None:
        parser.error("--role-token needs --token-file: without it every caller has all rights")
    return options
