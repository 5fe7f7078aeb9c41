"""One hash over where all audit chains end, for somebody outside: what it covers cannot be rewritten unseen."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from clickhouse_connect.driver.client import Client

from sinks.clickhouse.audit.records import instant

__all__ = ["Heads", "HeadsUnreadable", "end_of", "heads_before", "read_heads"]


class HeadsUnreadable(ValueError):
    """What was given as a head is none."""


@dataclass(frozen=True, slots=True)
class Heads:
    """Where each chain ended at a moment."""

    until: str
    """Records before then, as `instant` writes it."""
    chains: tuple[tuple[str, int, str], ...]
    """Chain, place and hash of its last record, by chain; empty in what is read from a token."""
    digest: str = ""
    """SHA-256 of the others, 64 hex digits."""

    @property
    def token(self) -> str:
        """Moment and hash in one word: enough to check by."""
        return f"{self.until}/{self.digest}"

    def content(self) -> dict[str, object]:
        """As a file says it: also tells which chain is at fault."""
        return {"head": self.token, "until": self.until, "chains": [list(one) for one in self.chains]}


def end_of(day: date) -> datetime:
    """The moment after a day, UTC. Raises ValueError for a day that the store can not keep."""
    if not 1970 <= day.year < 2299:
        raise ValueError(f"the store keeps times from 1970 to 2298, not of {day.year}")
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)


def heads_before(client: Client, moment: datetime) -> Heads:
    """The heads of all chains, of records before the moment."""
    until = instant(moment)
    rows = client.query(
        "SELECT chain, max((seq, hash)) AS last FROM audit "
        "WHERE at < parseDateTime64BestEffort({until:String}, 3, 'UTC') GROUP BY chain ORDER BY chain",
        parameters={"until": until},
    ).result_rows
    return _heads(until, tuple((chain, int(last[0]), str(last[1])) for chain, last in rows))


def _heads(until: str, chains: tuple[tuple[str, int, str], ...]) -> Heads:
    lines = [until, *(f"{chain} {seq} {digest}" for chain, seq, digest in chains)]
    return Heads(until, chains, hashlib.sha256("\n".join(lines).encode()).hexdigest())


def read_heads(given: str) -> Heads:
    """Of a token, or of a file that holds one or `Heads.content`. Raises HeadsUnreadable."""
    text = given.strip()
    if "\n" not in text and len(text) < 4096 and Path(text).is_file():
        text = Path(text).read_text("utf-8").strip()
    try:
        if text.startswith("{"):
            return _of_content(json.loads(text))
        until, digest = text.split("/")
        if len(digest) != 64 or instant(datetime.fromisoformat(until)) != until:
            raise ValueError
        int(digest, 16)
    except (ValueError, KeyError, TypeError) as error:
        raise HeadsUnreadable(
            f"'{given[:80]}' is no head: give what `anpr audit head` printed, or the file that it was kept in"
        ) from error
    return Heads(until, (), digest)


def _of_content(content: dict[str, object]) -> Heads:
    chains = content["chains"]
    if not isinstance(chains, list):
        raise TypeError
    heads = _heads(str(content["until"]), tuple((str(c), int(s), str(h)) for c, s, h in chains))
    if heads.token != content["head"]:
        raise ValueError
    return heads
