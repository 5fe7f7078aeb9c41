"""News and repetitions: a log that is read again from any place ends the same."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from anpr.client import Seen
from schemas.hit import Hit
from tests.console.hits import hit

BASE = hit(1)
LOGS = st.lists(
    st.builds(
        lambda number, revision, withdrawn: BASE.model_copy(
            update={"hit_id": UUID(int=number), "revision": revision, "withdrawn": withdrawn}
        ),
        st.integers(1, 3),
        st.integers(1, 3),
        st.booleans(),
    ),
    max_size=12,
)


def test_the_same_again_is_no_news_and_a_list_that_changed_is() -> None:
    seen, gone = Seen(), BASE.model_copy(update={"withdrawn": True})
    assert [seen.is_news(one) for one in (BASE, BASE, gone, gone)] == [True, False, True, False]
    assert not seen.is_news(BASE.model_copy(update={"revision": 1, "withdrawn": True}))


def test_an_older_revision_is_no_news() -> None:
    seen = Seen()
    assert seen.is_news(BASE.model_copy(update={"revision": 3}))
    assert not seen.is_news(BASE.model_copy(update={"revision": 2}))


def test_memory_is_bounded_and_what_was_touched_last_stays() -> None:
    seen = Seen(most=2)
    one, two, three = (BASE.model_copy(update={"hit_id": UUID(int=n)}) for n in (1, 2, 3))
    assert [seen.is_news(x) for x in (one, two, one, three)] == [True, True, False, True]
    assert [seen.is_news(x) for x in (one, three)] == [False, False]
    assert seen.is_news(two)


@given(LOGS, st.integers(0, 12))
def test_reading_again_from_any_place_ends_in_the_same_state(log: list[Hit], back: int) -> None:
    def state(read: list[Hit]) -> dict[UUID, Hit]:
        seen, newest = Seen(), {}
        for one in read:
            if seen.is_news(one):
                newest[one.hit_id] = one
        return newest

    assert state(log + log[max(0, len(log) - back) :]) == state(log)
