"""What was just heard of a case is seen at once, though the store does not know it yet."""

from __future__ import annotations

from uuid import UUID

from console.recent_cases import RecentCases
from tests.console.cases import case


def known(recent: RecentCases, *stored: object) -> dict[UUID, tuple[int, str]]:
    """Revision and state of each, beside what the store says."""
    return {one.case_id: (one.revision, one.state) for one in recent.beside(stored)}  # type: ignore[arg-type]


def test_the_later_of_what_was_heard_and_what_the_store_says() -> None:
    recent, first, second = RecentCases(), UUID(int=1), UUID(int=2)
    assert known(recent, case(revision=1)) == {first: (1, "new")}
    recent.note(case(revision=3, state="acknowledged"))
    recent.note(case(revision=2))
    heard = {first: (3, "acknowledged")}
    assert known(recent) == heard, "what came late changes nothing, and the store need not know it"
    assert known(recent, case(revision=1)) == heard
    assert known(recent, case(revision=4, state="closed"), case(2)) == {first: (4, "closed"), second: (1, "new")}


def test_it_keeps_the_last_ones_only() -> None:
    recent = RecentCases(most=2)
    for number in (1, 2, 1, 3):
        recent.note(case(number, revision=5))
    assert set(known(recent)) == {UUID(int=1), UUID(int=3)}
