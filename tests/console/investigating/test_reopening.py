"""Each question of investigators comes back out of its record, as far as its answer goes by it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from console.investigating.asked import Anomalies, Companions, Compared, Question, SceneAsked, Scenes, What, Where
from console.investigating.reopening import GOES_BY, MADE, asked_of, kept_of
from sinks.clickhouse.queries.place import Wanted
from sinks.clickhouse.queries.search_record import Recorded
from tests.console.searching.test_open_searches import kept

NOW = datetime(2026, 11, 26, 3, tzinfo=UTC)
SCENE = SceneAsked(Where(("north-1",)), NOW - timedelta(hours=1), NOW)
QUESTIONS: tuple[Question, ...] = (
    Scenes((SCENE, SCENE), in_order=True, least=2, typed="1ABC*", limit=7),
    Companions(NOW, None, "1ABC234", 30, 5, True, 9),
    What(NOW, None, Where(("north-1",)), "*", Wanted(("BE", ""), ("truck",), ("departing",)), 50),
    Compared(NOW, None, ("1ABC234", "1XYZ987"), 12),
    Anomalies(NOW, None, Where(), ("impossible_travel",), "*", 3),
)


def told(question: Question) -> dict[str, Any]:
    """As it lies in the record: JSON."""
    found: dict[str, Any] = json.loads(json.dumps(asked_of(question)))
    return found


@pytest.mark.parametrize("question", QUESTIONS, ids=[one.name for one in QUESTIONS])
def test_a_question_comes_back_with_all_that_its_answer_goes_by(question: Question) -> None:
    record = kept().record
    again = kept_of(Recorded(record, told(question)))
    assert again is not None
    assert (again[0], type(again[1])) == (record, type(question))
    for name in GOES_BY[type(question)]:
        assert getattr(again[1], name) == getattr(question, name)


def test_every_question_can_come_back_and_no_plate_is_in_what_is_kept() -> None:
    assert {one.name for one in get_args(Question)} == set(MADE) == {one.name for one in QUESTIONS}
    assert set(get_args(Question)) == set(GOES_BY)
    assert not any(plate in json.dumps(told(one)) for one in QUESTIONS for plate in ("1ABC", "1XYZ"))


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"question": "plate", "match": "auto", "notes": []},
        {"question": "later"},
        {"question": "compare", "limit": 10, "colour": "red"},
        {"question": "place", "limit": 10},
        {"question": "place", "limit": 10, "wanted": {"countries": "BE"}},
    ],
)
def test_what_is_no_question_of_this_version_is_none(asked: dict[str, Any]) -> None:
    assert kept_of(Recorded(kept().record, asked)) is None
