"""One's own open search as it was recorded: for a process that did not open it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from clickhouse_connect.driver.client import Client

from schemas.search import SearchRecord
from sinks.clickhouse.queries.ask import ask

__all__ = ["Recorded", "search_record"]


@dataclass(frozen=True, slots=True)
class Recorded:
    """A search, and how its question was asked."""

    record: SearchRecord
    asked: Mapping[str, Any] = field(default_factory=dict)
    """As `SearchRequest.asked`; empty: by a program that keeps no question open."""


@dataclass(frozen=True, slots=True)
class _Row:
    record: str


def search_record(client: Client, search_id: UUID, officer: str) -> Recorded | None:
    """None: not this officer's, or of more than an hour ago. Whether it still opens anything, `check_open` says."""
    found = ask(client, "search_record", _Row, search_id=search_id, officer=officer)
    return _read(json.loads(found[0].record)["about"]) if found else None


def _read(about: dict[str, Any]) -> Recorded:
    asked = about.pop("asked", None) or {}
    return Recorded(SearchRecord.model_validate_json(json.dumps(about)), asked)
