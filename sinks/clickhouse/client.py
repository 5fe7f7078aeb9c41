"""Connections to ClickHouse by DSN, and what its errors mean for us."""

from __future__ import annotations

import re
from typing import Any

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError, OperationalError

__all__ = ["DATA_ERRORS", "StoreUnreachable", "connect", "error_code", "is_outage"]

DATA_ERRORS = frozenset(
    {6, 25, 26, 27, 33, 38, 41, 53, 69, 70, 72, 117, 128, 130, 131, 190, 306, 321, 349, 376, 407, 467, 469, 691}
)
"""Codes of `src/Common/ErrorCodes.cpp` that speak of a row's content (CANNOT_PARSE_… and the like): waiting will
not mend them, so the row goes to the dead letters."""


class StoreUnreachable(RuntimeError):
    """Nothing answers at the DSN; the message says what to check. Holds no password."""


def connect(dsn: str, *, answer_s: int = 300, **settings: Any) -> Client:
    """A client for `http(s)://user:password@host:port/database`. Raises StoreUnreachable.

    Sessions are off, so that one client may serve several threads; inserts are synchronous, so that an
    acknowledged row is a stored row. answer_s: a store that says nothing for so long is an outage.
    """
    try:
        return clickhouse_connect.get_client(
            dsn=dsn,
            autogenerate_session_id=False,
            tz_mode="aware",  # times of ours always carry their zone
            settings={"async_insert": 0, **settings},
            connect_timeout=5,
            send_receive_timeout=answer_s,
        )
    except (ClickHouseError, ValueError, OSError) as error:  # ValueError: the DSN itself is none
        place = dsn.rsplit("@", 1)[-1]
        raise StoreUnreachable(f"no ClickHouse at {place}: {_root_cause(error)}; is ANPR_STORE_DSN right?") from error


def _root_cause(error: Exception) -> str:
    """The words that matter: the operating system's where nothing answers, else ClickHouse's first line."""
    text = str(error).strip() or type(error).__name__
    found = re.search(r"\[Errno \d+\] ([^)\"']+)", text)
    return found[1].strip() if found else text.splitlines()[0]


def error_code(error: Exception) -> int | None:
    """ClickHouse's number of an error, if it carries one."""
    text = str(error)
    for marker in ("error code ", "Code: "):
        _before, found, after = text.partition(marker)
        digits = after[: len(after) - len(after.lstrip("0123456789"))]
        if found and digits:
            return int(digits)
    return None


def is_outage(error: Exception) -> bool:
    """True when the store may come back and the same request then succeed: wait and send it again."""
    if isinstance(error, OperationalError):
        return True
    return isinstance(error, DatabaseError) and error_code(error) not in DATA_ERRORS
