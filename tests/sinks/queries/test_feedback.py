"""What people judged, against what the hits had promised; on known data, and against a plain look at all of it."""

from __future__ import annotations

import random
import uuid
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from sinks.clickhouse.queries.feedback import EDGES, Judged, feedback, summed
from tests.sinks.rows import Sink, message

pytestmark = pytest.mark.slow  # a database of its own for each test
KINDS, CLASSES, MATCHES = ("stolen_vehicle", "no_insurance"), ("alert", "confirm"), ("exact", "misread")
ENDS = (
    {"state": "false", "closed_how": "person"},
    {"state": "closed", "closed_how": "person"},
    {"state": "closed", "closed_how": "silence"},
    {"state": "new"},
)


@pytest.fixture
def since(request: pytest.FixtureRequest) -> datetime:
    """A month of its own for each test, far from where other tests put cases."""
    return datetime(2031, 1 + abs(hash(request.node.name)) % 12, 1 + random.randrange(20), tzinfo=UTC)


def _hit(since: datetime, **changes: Any) -> dict[str, Any]:
    moment = (since + timedelta(hours=1)).isoformat()
    fields = {"hit_id": str(uuid.uuid4()), "revision": 1, "passage_id": str(uuid.uuid4()), "entry_id": "e"}
    fields |= {
        "list_kind": "stolen_vehicle",
        "priority": 1,
        "owner": "federal",
        "plate": "9FB1",
        "listed_plate": "9FB1",
    }
    fields |= {"plate": "9FB1", "listed_plate": "9FB1"}
    fields |= {"match": "exact", "probability": 0.95, "alert_class": "alert", "instruction": "stop", "reason": "r"}
    return {"schema_version": 1, **fields, "camera_id": "c", "captured_at": moment, "received_at": moment, **changes}


def _case(since: datetime, hits: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    moment = (since + timedelta(hours=1)).isoformat()
    fields = {"case_id": str(uuid.uuid4()), "revision": 2, "plate": "9FB1", "list_kinds": ["stolen_vehicle"]}
    fields |= {"priority": 1, "state": "closed", "hit_ids": [hit["hit_id"] for hit in hits]}
    return {"schema_version": 1, **fields, "opened_at": moment, "updated_at": moment, **changes}


def _store(sink: Sink, hits: list[dict[str, Any]], cases: list[dict[str, Any]]) -> None:
    sink.store([message("hits", n, hit) for n, hit in enumerate(hits)])
    sink.store([message("cases", n, case) for n, case in enumerate(cases)])


def _month(client: Client, since: datetime) -> list[Judged]:
    """Rows of that test alone: nothing of other tests lies after it."""
    return list(feedback(client, since))


@pytest.fixture(autouse=True)
def alone(client: Client) -> None:
    """No cases of other tests of this file."""
    client.command("DELETE FROM cases WHERE opened_at > '2030-01-01'")


def test_a_case_counts_with_its_surest_hit(sink: Sink, client: Client, since: datetime) -> None:
    doubtful = _hit(since, probability=0.2, match="misread", alert_class="confirm")
    sure = _hit(since, probability=0.96)
    _store(sink, [doubtful, sure], [_case(since, [doubtful, sure], state="false", closed_how="person")])
    (row,) = _month(client, since)
    assert (row.list_kind, row.alert_class, row.match, row.from_probability) == (
        "stolen_vehicle",
        "alert",
        "exact",
        0.95,
    )
    assert (row.cases, row.right_cases, row.false_cases) == (1, 0, 1)
    assert row.expected_right == pytest.approx(0.96, abs=1e-6)


def test_silence_says_nothing_and_an_open_case_is_not_counted(sink: Sink, client: Client, since: datetime) -> None:
    hits = [_hit(since) for _ in ENDS]
    _store(sink, hits, [_case(since, [hit], **end) for hit, end in zip(hits, ENDS, strict=True)])
    (row,) = _month(client, since)
    assert (row.cases, row.right_cases, row.false_cases, row.share_right) == (3, 1, 1, 0.5)


def test_a_hit_that_was_taken_back_does_not_count(sink: Sink, client: Client, since: datetime) -> None:
    told, gone = _hit(since, probability=0.5), _hit(since, probability=0.99)
    sink.store([message("hits", 9, {**gone, "revision": 2, "withdrawn": True})])
    _store(sink, [told, gone], [_case(since, [told, gone], state="false", closed_how="person")])
    assert [row.from_probability for row in _month(client, since)] == [0.5]


def test_it_is_what_a_plain_look_at_all_cases_says(sink: Sink, client: Client, since: datetime) -> None:
    rng = random.Random(5)
    hits, cases, wanted = [], [], Counter()
    expected: Counter[Any] = Counter()
    for _ in range(120):
        own = [
            _hit(
                since,
                list_kind=rng.choice(KINDS),
                alert_class=rng.choice(CLASSES),
                match=rng.choice(MATCHES),
                probability=round(rng.random() ** 3, 4),
            )
            for _ in range(rng.randint(1, 3))
        ]
        end = rng.choice(ENDS)
        hits += own
        cases.append(_case(since, own, **end))
        if end["state"] == "new":
            continue
        best = max(own, key=lambda hit: hit["probability"])
        edge = max(e for e in EDGES if e <= best["probability"])
        key = (best["list_kind"], best["alert_class"], best["match"], edge)
        wanted[key, "cases"] += 1
        verdict = "false" if end["state"] == "false" else "right" if end["closed_how"] == "person" else "unknown"
        wanted[key, verdict] += 1
        expected[key] += best["probability"] if verdict != "unknown" else 0
    _store(sink, hits, cases)
    rows = _month(client, since)
    assert len(rows) > 10
    for row in rows:
        key = (row.list_kind, row.alert_class, row.match, row.from_probability)
        assert row.cases == wanted[key, "cases"]
        assert (row.right_cases, row.false_cases) == (wanted[key, "right"], wanted[key, "false"])
        assert row.expected_right == pytest.approx(expected[key], abs=1e-4)
    assert sum(row.cases for row in rows) == sum(n for (_, what), n in wanted.items() if what == "cases")


def test_rows_are_put_together_and_the_interval_holds_the_share() -> None:
    rows = [
        Judged("stolen_vehicle", "alert", "exact", 0.9, 10, 7, 1, 7.5),
        Judged("stolen_vehicle", "alert", "misread", 0.9, 5, 2, 0, 1.8),
        Judged("no_insurance", "alert", "exact", 0.9, 3, 0, 0, 0.0),
    ]
    (_, papers), (_, stolen) = summed(rows, lambda row: row.list_kind)
    assert (stolen.cases, stolen.right_cases, stolen.false_cases, stolen.predicted) == (15, 9, 1, 0.93)
    assert stolen.between == (pytest.approx(0.596, abs=0.001), pytest.approx(0.982, abs=0.001))  # Wilson, 9 of 10
    assert (papers.share_right, papers.predicted, papers.between) == (None, None, None)
