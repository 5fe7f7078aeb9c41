"""A few facts for each panel, in both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from clickhouse_connect.driver.client import Client

from sinks.clickhouse.officers import Register
from sinks.clickhouse.searches import SearchDesk, SearchRefused, SearchRequest
from tests.sinks.queries.facts import Fact, store_facts

__all__ = ["HALF_PAST", "NOW", "seed", "seed_lez"]

NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
HALF_PAST = NOW - timedelta(minutes=30)
HOUR = NOW - timedelta(hours=1)


def seed(client: Client) -> None:
    """Two passages in one minute, one of them revised, and one in the next; two hits of two kinds; and so on."""
    facts = [(1, 1, 0), (1, 2, 0), (2, 1, 5), (4, 1, 60)]
    for n, revision, seconds in facts:
        more = {"passage_id": UUID(int=n), "revision": revision}
        store_facts(client, [Fact(f"{n}ABC123", "gate-1", HALF_PAST + timedelta(seconds=seconds), more)])
    client.insert(
        "hits",
        [(UUID(int=n), 1, f"{n}ABC123", kind, HALF_PAST) for n, kind in enumerate(("stolen", "wanted"), 1)],
        column_names=["hit_id", "revision", "plate", "list_kind", "captured_at"],
    )
    client.insert(
        "cases",
        [
            (UUID(int=1), 1, "new", 0, HALF_PAST),
            (UUID(int=1), 2, "new", 1, HALF_PAST),
            (UUID(int=2), 1, "acknowledged", 0, HALF_PAST),
            (UUID(int=3), 4, "closed", 0, HALF_PAST),
        ],
        column_names=["case_id", "revision", "state", "escalation", "opened_at"],
    )
    client.insert(
        "dead_letters",
        [(UUID(int=1), "passages", "match", "not_json", HALF_PAST)],
        column_names=["dead_letter_id", "source_topic", "stage", "reason", "failed_at"],
    )
    _seed_cameras(client)
    _seed_searches(client)


def _seed_cameras(client: Client) -> None:
    """Two cameras; one of them reads less than usual, and is told as silent."""
    places = [("gate-1", (50.85, 4.35)), ("gate-2", (50.86, 4.36))]
    client.insert(
        "cameras",
        [(name, f"Rue {name}", "fixed", place, "BRU-NORTH") for name, place in places],
        column_names=["camera_id", "name", "kind", "position", "police_zone"],
    )
    columns = ["camera_id", "hour_from", "revision", "told_until", "reads", "expected", "low", "high", "unreadable"]
    columns += ["usual_unreadable", "delay_p50_s", "last_read_at", "silent_s", "troubles"]
    rest = (2, 0.05, 0.4, HALF_PAST)
    client.insert(
        "camera_health",
        [
            ("gate-1", HOUR, 1, HALF_PAST, 30, 90.0, 60.0, 120.0, *rest, 900.0, ["camera_silent"]),
            ("gate-1", HOUR, 2, NOW, 40, 100.0, 70.0, 130.0, *rest, 1800.0, ["camera_silent"]),
            ("gate-2", HOUR, 1, NOW, 200, 200.0, 150.0, 250.0, *rest, 3.0, []),
        ],
        column_names=columns,
    )
    client.insert(
        "anomalies",
        [(UUID(int=9), 1, "camera_silent", "gate-1", HALF_PAST)],
        column_names=["anomaly_id", "revision", "kind", "camera_id", "observed_at"],
    )


def _seed_searches(client: Client) -> None:
    """A search that was shown something, and one without a reason."""
    Register(client, lambda: HALF_PAST - timedelta(days=1), "A. Peeters").bootstrap()
    desk = SearchDesk(client, lambda: HALF_PAST)
    asked = SearchRequest(
        pattern="1ABC123",
        reason="Hit and run in the Rue Neuve",
        officer="A. Peeters",
        purpose="crime",
        captured_from=NOW - timedelta(days=1),
        captured_until=NOW,
    )
    desk.shown(desk.open(asked), "exact", 3)
    with pytest.raises(SearchRefused):
        desk.open(replace(asked, reason="x"))


def seed_lez(client: Client) -> None:
    """Three passages in one zone, one with an offence and one that is not sure; two notices, a search, a letter."""
    client.insert(
        "verdicts_in",
        [
            (UUID(int=n), 1, "brussels", f"{n}ABC123", "gate-1", HALF_PAST, verdict, action, sure, "diesel")
            for n, verdict, action, sure in (
                (1, "compliant", "none", True),
                (2, "non_compliant", "warning", True),
                (3, "unknown", "none", False),
            )
        ],
        column_names=[
            *("verdict_id", "revision", "zone", "plate", "camera_id", "captured_at", "verdict", "action", "sure"),
            "fuel",
        ],
    )
    client.insert(
        "notices",
        [
            (UUID(int=n), 1, "brussels", f"{n}ABC123", NOW.date(), kind, state)
            for n, kind, state in ((1, "warning", "proposed"), (2, "fine", "approved"))
        ],
        column_names=["notice_id", "revision", "zone", "plate", "day", "kind", "state"],
    )
    client.insert(
        "searches",
        [(UUID(int=1), HALF_PAST, "complaint", "lez_agent", "B. Claes")],
        column_names=["search_id", "created_at", "purpose", "role", "officer"],
    )
    client.insert(
        "dead_letters",
        [(UUID(int=1), "lez-passes", "judge", "not_json", HALF_PAST)],
        column_names=["dead_letter_id", "source_topic", "stage", "reason", "failed_at"],
    )
