"""Lost, doubled, wrong: each is seen, and what is as it must be is not called so."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from anpr.chaos.facts import Latest, differences, grouped

FACTS = st.dictionaries(st.integers(0, 50), st.integers(0, 3))


@given(FACTS)
def test_the_same_is_whole(facts: dict[int, int]) -> None:
    found = differences(facts, dict(facts))
    assert found.whole
    assert found.facts == len(facts)


@given(FACTS, FACTS)
def test_what_differs_is_counted_once(truth: dict[int, int], found: dict[int, int]) -> None:
    told = differences(truth, found)
    assert told.lost == len(truth.keys() - found.keys())
    more, other = found.keys() - truth.keys(), [k for k in truth.keys() & found.keys() if truth[k] != found[k]]
    assert told.wrong == len(more) + len(other)


def test_groups_hold_each_fact_once() -> None:
    assert grouped({1, 2, 3}, [[1, 2], [3]]).whole
    told = grouped({1, 2, 3}, [[1, 2], [2, 4]])
    assert (told.lost, told.duplicated, told.wrong) == (1, 1, 1)


def test_the_highest_revision_holds_in_any_order() -> None:
    for order in ((1, 2), (2, 1)):
        held = Latest()
        for revision in order:
            held.add("passage", revision, revision == 2, f"content {revision}")
        assert held.holding() == {}
        assert held.contradictions == 0


def test_a_revision_told_twice_must_say_the_same() -> None:
    held = Latest()
    for content in ("one", "one", "other"):
        held.add("passage", 1, False, content)
    assert (held.told_again, held.contradictions) == (1, 1)
    assert held.holding() == {"passage": "one"}


def test_no_plate_in_examples() -> None:
    told = differences({("id-1", "1ABC234"): 1}, {})
    assert told.examples == ("lost id-1",)
