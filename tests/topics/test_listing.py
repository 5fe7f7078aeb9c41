"""The rows that `anpr topics list` prints."""

from __future__ import annotations

import json

from topics.listing import listing
from topics.spec import all_topics


def test_one_row_per_topic_with_the_same_columns() -> None:
    rows = listing(all_topics())
    assert [row["topic"] for row in rows] == list(all_topics())
    assert len({tuple(row) for row in rows}) == 1


def test_rows_are_json() -> None:
    rows = {row["topic"]: row for row in json.loads(json.dumps(listing(all_topics())))}
    assert rows["reads"]["schema"] == "read v1"
    assert rows["cameras"]["retention"] is None
