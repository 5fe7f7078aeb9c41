"""Which hits are told to whom: wishes, limits, and what follows a hit that was told."""

from __future__ import annotations

from typing import Any, get_args
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.hit import Hit
from schemas.hotlist import ListKind
from schemas.selection import REMEMBERED, HitSelection, Selector
from tests.console.hits import hit

ZONES = {"north-1": "BRU-NORTH", "south-1": "BRU-SOUTH", "motorway": None}


def _wants(one: Hit, **wish: Any) -> bool:
    return Selector(HitSelection(**wish), ZONES).takes(one)


@pytest.mark.parametrize(
    ("changes", "wish", "wanted"),
    [
        ({}, {}, True),
        ({}, {"kinds": {"stolen_vehicle", "stolen_plate"}}, True),
        ({}, {"kinds": {"stolen_plate"}}, False),
        ({}, {"zones": {"BRU-NORTH"}}, True),
        ({}, {"zones": {"BRU-SOUTH"}}, False),
        ({"camera_id": "south-1", "owner": "BRU-NORTH"}, {"zones": {"BRU-NORTH"}}, True),
        ({"camera_id": "motorway"}, {"zones": {"BRU-NORTH"}}, False),
        ({"camera_id": "motorway"}, {"zones": {"federal"}}, True),
        ({"camera_id": "nobody-knows-it"}, {"zones": {"BRU-NORTH"}}, True),
        ({"priority": 20}, {"priority": 20}, True),
        ({"priority": 21}, {"priority": 20}, False),
        ({"alert_class": "confirm"}, {"classes": {"alert"}}, False),
        ({"alert_class": "confirm"}, {"classes": {"alert", "confirm"}}, True),
        ({"late": True}, {}, True),
        ({"late": True}, {"late": False}, False),
        ({"retroactive": True}, {"retroactive": False}, False),
        ({"withdrawn": True}, {}, True),
        ({"withdrawn": True}, {"withdrawn": False}, False),
        ({"withdrawn": True, "alert_class": "confirm", "priority": 90}, {"classes": {"alert"}, "priority": 5}, True),
        ({"withdrawn": True, "late": True}, {"late": False}, True),
        ({"withdrawn": True}, {"kinds": {"stolen_plate"}}, False),
        ({"withdrawn": True}, {"zones": {"BRU-SOUTH"}}, False),
    ],
)
def test_what_a_wish_takes(changes: dict[str, Any], wish: dict[str, Any], wanted: bool) -> None:
    assert _wants(hit(1, **changes), **wish) is wanted


def test_a_limit_is_not_widened_by_what_nobody_knows() -> None:
    may = Selector(HitSelection(zones=frozenset({"BRU-NORTH"})), ZONES, unknown_cameras=False)
    assert not may.takes(hit(1, camera_id="nobody-knows-it"))
    assert may.takes(hit(2, camera_id="nobody-knows-it", owner="BRU-NORTH"))
    assert may.takes(hit(3))


def test_a_camera_that_becomes_known_counts_from_then_on() -> None:
    zones: dict[str, str | None] = {}
    may = Selector(HitSelection(zones=frozenset({"BRU-NORTH"})), zones, unknown_cameras=False)
    assert not may.takes(hit(1))
    zones["north-1"] = "BRU-NORTH"
    assert may.takes(hit(1))


def test_who_was_told_an_alert_is_told_that_it_became_a_doubt() -> None:
    alerts = Selector(HitSelection(classes=frozenset({"alert"}), priority=20, late=False), ZONES)
    assert not alerts.takes(hit(1, alert_class="confirm"))
    assert alerts.takes(hit(2))
    assert alerts.takes(hit(2, revision=2, alert_class="confirm"))
    assert alerts.takes(hit(2, revision=3, late=True, priority=40))
    assert not alerts.takes(hit(1, revision=2, alert_class="confirm"))


def test_what_is_remembered_is_bounded_and_the_latest() -> None:
    alerts = Selector(HitSelection(classes=frozenset({"alert"})), ZONES)
    first = hit(0)
    for number in range(REMEMBERED + 1):
        assert alerts.takes(first.model_copy(update={"hit_id": UUID(int=number)}))
    assert len(alerts._taken) == REMEMBERED
    doubt = first.model_copy(update={"alert_class": "confirm", "revision": 2})
    assert not alerts.takes(doubt)
    assert alerts.takes(doubt.model_copy(update={"hit_id": UUID(int=REMEMBERED)}))


HITS = st.builds(
    hit,
    st.integers(1, 5),
    revision=st.integers(1, 4),
    list_kind=st.sampled_from(get_args(ListKind)),
    camera_id=st.sampled_from([*ZONES, "nobody-knows-it"]),
    owner=st.sampled_from(["federal", "BRU-NORTH", "BRU-SOUTH"]),
    priority=st.integers(0, 100),
    alert_class=st.sampled_from(["alert", "confirm"]),
    late=st.booleans(),
    retroactive=st.booleans(),
    withdrawn=st.booleans(),
)
SELECTIONS = st.builds(
    HitSelection,
    kinds=st.frozensets(st.sampled_from(get_args(ListKind)), max_size=2),
    zones=st.frozensets(st.sampled_from(["BRU-NORTH", "BRU-SOUTH"]), max_size=2),
    classes=st.frozensets(st.sampled_from(["alert", "confirm"]), max_size=2),
    priority=st.integers(0, 100),
    late=st.booleans(),
    retroactive=st.booleans(),
    withdrawn=st.booleans(),
)


@given(st.lists(HITS, max_size=12), SELECTIONS)
def test_a_limit_takes_no_more_than_the_same_wish(hits: list[Hit], selection: HitSelection) -> None:
    wish, limit = Selector(selection, ZONES), Selector(selection, ZONES, unknown_cameras=False)
    for one in hits:
        assert wish.takes(one) or not limit.takes(one)


@given(st.lists(HITS, max_size=12), SELECTIONS)
def test_who_was_told_a_hit_is_told_its_withdrawal(hits: list[Hit], selection: HitSelection) -> None:
    selector = Selector(HitSelection(selection.kinds, selection.zones, selection.classes, selection.priority), ZONES)
    for one in hits:
        if selector.takes(one):
            assert selector.takes(one.model_copy(update={"withdrawn": True, "alert_class": "confirm"}))
