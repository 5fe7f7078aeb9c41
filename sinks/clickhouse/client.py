"""Connections to ClickHouse by DSN, and what its errors mean for us."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

import clickhouse_connect
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError, DatabaseError, OperationalError

from sinks.clickhouse.unreachable import StoreUnreachable

__all__ = ["DATA_ERRORS", "StoreUnreachable", "connect", "error_code", "is_outage", "without_content"]

_CERTIFICATE = "certificate verify failed"
"""OpenSSL's words; the reason stands behind them."""

DATA_ERRORS = frozenset(
    {6, 25, 26, 27, 33, 38, 41, 53, 69, 70, 72, 117, 128, 130, 131, 190, 306, 321, 349, 376, 407, 467, 469, 691}
)
"""Codes of `src/Common/ErrorCodes.cpp` that speak of a row's content (CANNOT_PARSE_… and the like): waiting will
not mend them, so the row goes to the dead letters."""


def connect(dsn: str, *, answer_s: int = 300, **settings: Any) -> Client:
    """A client for `http(s)://user:password@host:port/database`. Raises StoreUnreachable.

    Sessions are off, so that one client may serve several threads; inserts are synchronous, so that an
    acknowledged row is a stored row. answer_s: a store that says nothing for so long is an outage. An authority of
    one's own for https comes with the DSN, as `?ca_cert=FILE`.
    """
    try:
        return clickhouse_connect.get_client(
            dsn=dsn,
            interface=_interface(dsn),
            autogenerate_session_id=False,
            tz_mode="aware",  # times of ours always carry their zone
            settings={"async_insert": 0, **settings},
            connect_timeout=5,
            send_receive_timeout=answer_s,
        )
    except (ClickHouseError, ValueError, OSError) as error:  # ValueError: the DSN itself is none
        place = dsn.rsplit("@", 1)[-1].partition("?")[0]
        raise StoreUnreachable(
            f"no ClickHouse at {place}: {_root_cause(error)}; is {_to_look_at(error)} right?"
        ) from error


def _interface(dsn: str) -> str | None:
    """What the DSN says: left to itself the client takes the port for it, and would send a password to any other in
    plain text."""
    scheme = urlsplit(dsn).scheme
    return scheme if scheme in ("http", "https") else None


def _to_look_at(error: Exception) -> str:
    return "ANPR_STORE_CA_FILE" if _CERTIFICATE in str(error) else "ANPR_STORE_DSN"


def _root_cause(error: Exception) -> str:
    """The words that matter: what is wrong with a certificate, the operating system's where nothing answers, else
    ClickHouse's first line."""
    text = str(error).strip() or type(error).__name__
    if (untrusted := re.search(rf"{_CERTIFICATE}: ([^(]+)", text)) is not None:
        return f"its certificate is not accepted: {untrusted[1].strip()}"
    found = re.search(r"\[Errno \d+\] ([^)\"']+)", text)
    return found[1].strip() if found else text.splitlines()[0]


def without_content(error: Exception) -> str:
    """An error in words that hold nothing of a row: ClickHouse's own quote what they stumble over, a plate in it.

    Its number and name, and at which key; of an error without a number the operating system's words.
    """
    code = error_code(error)
    if code is None:
        return _root_cause(error) if isinstance(error, OperationalError) else type(error).__name__
    text = str(error)
    name = re.search(r"\(([A-Z][A-Z_]{4,})\)", text)
    key = re.search(r"(?:value of key|column name:|for column|Column:?|key) `?([a-z_]+)\b", text)
    return f"ClickHouse's error {code}{f' {name[1]}' if name else ''}{f', at {key[1]}' if key else ''}"


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
