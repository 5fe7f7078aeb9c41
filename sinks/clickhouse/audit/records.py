"""The audit: records in chains, each with the hash of its predecessor and of what other chains had last.

One writer (a data folder, or one running program) has one chain, so nobody waits for another machine, and
ClickHouse, which has no transactions, need not order anything. A record is sent until the store has it: it is noted
beside the chain before, and sent again, the same bytes under the same token, by whoever writes next. What follows
from a record (a search, an officer, a decision) is put into its table by the same INSERT: migration 0004.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeAlias, get_args

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from sinks.clickhouse.audit.chain import Chain, ChainInMemory, ChainState, Head
from sinks.clickhouse.client import is_outage

__all__ = ["ACTIONS", "NAMED_FOR", "Action", "Audit", "AuditRecord", "canonical", "instant", "instant_of"]

Action = Literal[
    "search_opened",
    "search_shown",
    "search_denied",
    "results_exported",
    "list_changed",
    "case_shown",
    "case_changed",
    "case_denied",
    "list_shown",
    "list_exported",
    "letter_shown",
    "letters_replayed",
    "officer_registered",
    "officer_ended",
    "token_given",
    "camera_key_added",
    "camera_key_revoked",
    "signed_in",
    "signed_out",
    "sign_in_refused",
    "password_set",
    "password_ended",
    "second_factor_set",
    "second_factor_ended",
    "decision_recorded",
    "hold_placed",
    "hold_released",
    "retention_applied",
    "retention_reported",
    "subscriber_added",
    "subscriber_rotated",
    "subscriber_ended",
    "webhook_disabled",
    "subscriber_connected",
    "subscriber_delivered",
    "stream_opened",
    "stream_told",
    "audit_shown",
    "verdicts_rejudged",
    "verdict_confirmed",
    "notice_decided",
]
ACTIONS: tuple[Action, ...] = get_args(Action)
WITH_EFFECT: frozenset[Action] = frozenset(
    {
        *("search_opened", "officer_registered", "officer_ended", "decision_recorded", "hold_placed", "hold_released"),
        *("subscriber_added", "subscriber_rotated", "subscriber_ended", "webhook_disabled"),
    }
)
"""Records from which a row of another table follows: they go in through `audit_in`, or an inlet of their own."""
MOST_SEEN = 16
"""Heads of other chains that one record names at most; the next record names the next ones."""
NAMED_FOR = timedelta(days=366)
"""A chain silent for longer is named no more: its records would be gone before the one that names them."""
HEADS_KEPT_S = 1.0
"""So long what other chains had last is as good as new to the next record of this one."""
RESENT_BLINDLY = timedelta(minutes=5)
"""So long the store surely remembers what it was sent (the last 1000 blocks of a table); later we look first."""
COLUMNS = ("chain", "seq", "at", "action", "actor", "hash", "record")
SETTINGS = {
    "deduplicate_blocks_in_dependent_materialized_views": 1,
    "date_time_input_format": "best_effort",
    "materialized_views_ignore_errors": 0,
}


_End: TypeAlias = tuple[str, int, str]
"""Of a chain: its name, place and hash of its last record."""


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """One record as it lies in the store."""

    chain: str
    seq: int
    at: datetime
    action: str
    actor: str
    hash: str
    """SHA-256 of `text`, 64 hex digits."""
    text: str
    """Canonical JSON."""


class Audit:
    """Appends to one chain. Several threads, and with `ChainFile` several programs, may share it."""

    def __init__(
        self,
        client: Client,
        now: Callable[[], datetime],
        chain: Chain | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """chain: whose records these are; None: a new one, for as long as this object lives."""
        self._client, self._now, self._monotonic = client, now, monotonic
        self._chain = chain or ChainInMemory()
        self._heads: Mapping[str, Head] = {}
        """As the store told them last."""
        self._asked_at = 0.0
        self._left: _End | None = None
        """Where the chain ended when this object had written; None: it has not, or does not know what became of it."""

    def append(self, action: Action, actor: str, about: Mapping[str, Any], *, inlet: str | None = None) -> AuditRecord:
        """Write what `actor` did; returns when the store has it. Errors of ClickHouse pass through.

        about: JSON values; instants as `instant` writes them. inlet: table that the record goes in through, where there
        is one for its kind; each INSERT plans all that hangs on its table. A record that could not be sent is sent
        before the next one of this chain.
        """
        actor = _text(actor)
        with self._chain.turn() as state:
            self._settle(state)
            heads = self._newest_heads(state)
            state.catch_up(heads.get(state.chain))
            at = max(instant(self._now()), state.at)
            seen = _to_name(heads, state, at)
            record = _record(state, seen, at, action, actor, about)
            row = [record.chain, record.seq, instant(record.at), action, actor, record.hash, record.text]
            state.pending = [*row, inlet or _inlet_of(action)]
            state.seen |= {head.chain: head.seq for head in seen}
            self._chain.save(state)
            self._send_pending(state)
            self._left = _end(state)
            return record

    def settle(self) -> None:
        """Send the record that a program left on its way when it ended, if there is one. Errors pass through."""
        with self._chain.turn() as state:
            self._settle(state)

    def _settle(self, state: ChainState) -> None:
        if state.pending is None:
            return
        if instant(self._now() - RESENT_BLINDLY) > state.pending[2] and self._holds(state.pending):
            self._done(state)
        else:
            self._send_pending(state)

    def _holds(self, row: list[Any]) -> bool:
        found = self._client.query(
            "SELECT count() FROM audit WHERE chain = {chain:String} AND seq = {seq:UInt64} AND hash = {hash:String}",
            parameters={"chain": row[0], "seq": row[1], "hash": row[5]},
        ).result_rows
        return bool(found[0][0])

    def _send_pending(self, state: ChainState) -> None:
        if state.pending is None:
            return
        try:
            self._insert(state.pending)
        except ClickHouseError as error:
            if not is_outage(error):  # its content is at fault: it would be refused for ever, and all that follow
                state.pending = None
                self._chain.save(state)
            raise
        self._done(state)

    def _done(self, state: ChainState) -> None:
        assert state.pending is not None
        state.seq, state.at, state.hash = state.pending[1], state.pending[2], state.pending[5]
        state.pending = None
        self._chain.save(state)

    def _insert(self, pending: list[Any]) -> None:
        """The store knows a token again only where it came before: a record is sent again through the same inlet."""
        row, inlet = pending[: len(COLUMNS)], pending[len(COLUMNS) :]
        block = json.dumps(dict(zip(COLUMNS, row, strict=True))).encode()
        settings = {**SETTINGS, "insert_deduplication_token": f"{row[0]}.{row[1]}.{row[5]}"}
        table = inlet[0] if inlet else _inlet_of(row[3])
        self._client.raw_insert(table, insert_block=block, fmt="JSONEachRow", settings=settings)

    def _newest_heads(self, state: ChainState) -> Mapping[str, Head]:
        """Those of a moment ago will do while the chain ends where this object left it.

        Where it does not, another program has written, or its file is not what it was: only the store knows the end.
        """
        moment = self._monotonic()
        if self._left != _end(state) or moment - self._asked_at >= HEADS_KEPT_S:
            self._heads, self._asked_at = self._ask_heads(), moment
        return self._heads

    def _ask_heads(self) -> dict[str, Head]:
        rows = self._client.query(
            "SELECT chain, max(newest) AS last, last.seq, toUnixTimestamp64Milli(last.at), last.hash "
            "FROM audit_heads GROUP BY chain"
        ).result_rows
        return {chain: Head(chain, seq, instant_of(ms), digest) for chain, _last, seq, ms, digest in rows}


def _end(state: ChainState) -> _End:
    return state.chain, state.seq, state.hash


def _inlet_of(action: Action) -> str:
    """Where it goes in that has no inlet of its own, and where programs sent it that noted none."""
    return "audit_in" if action in WITH_EFFECT else "audit"


def _to_name(heads: Mapping[str, Head], state: ChainState, at: str) -> list[Head]:
    """Heads of other chains that moved since this chain last looked, the newest first."""
    since = instant(datetime.fromisoformat(at) - NAMED_FOR)
    others = (head for head in heads.values() if head.chain != state.chain)
    moved = [head for head in others if head.seq > state.seen.get(head.chain, 0) and head.at > since]
    return sorted(moved, key=lambda head: head.at, reverse=True)[:MOST_SEEN]


def _record(
    state: ChainState, seen: list[Head], at: str, action: Action, actor: str, about: Mapping[str, Any]
) -> AuditRecord:
    content = {
        "about": dict(about),
        "action": action,
        "actor": actor,
        "at": at,
        "chain": state.chain,
        "prev": state.hash,
        "seen": [[head.chain, head.seq, head.hash] for head in seen],
        "seq": state.seq + 1,
        "v": 1,
    }
    text = canonical(content)
    digest = hashlib.sha256(text.encode()).hexdigest()
    return AuditRecord(state.chain, state.seq + 1, datetime.fromisoformat(at), action, actor, digest, text)


def canonical(content: Mapping[str, Any]) -> str:
    """The one way to write this as JSON: sorted keys, no blanks, characters as they are.

    Half a character, as the command line makes of bytes that are no text, becomes `?`.
    """
    return _text(json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False))


def _text(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def instant(moment: datetime) -> str:
    """A moment as records write it: UTC, to the millisecond, `2026-11-25T03:00:00.250Z`. Sorts as it passes."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def instant_of(unix_ms: int) -> str:
    """The same of milliseconds since 1970, as the store gives them exactly."""
    return instant(datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=unix_ms))
