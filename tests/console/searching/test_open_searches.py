"""What this process remembers of searches is bounded, and the newest stay."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

from console.searching.known_cameras import Lately
from console.searching.open_searches import Kept, OpenSearches, Passage
from schemas.search import SearchRecord

NOW = datetime(2026, 11, 26, 3, tzinfo=UTC)


def kept() -> Kept:
    record = SearchRecord(
        search_id=uuid.uuid4(),
        created_at=NOW,
        expires_at=NOW + timedelta(minutes=15),
        officer="A. Peeters",
        role="officer",
        purpose="crime",
        reason="Hit and run in the Rue Neuve",
        pattern="1ABC234",
        captured_from=NOW - timedelta(days=1),
        captured_until=NOW,
    )
    return Kept(record, "auto", ())


def passages(count: int) -> list[tuple[uuid.UUID, Passage]]:
    return [(uuid.uuid4(), Passage("1ABC234", "")) for _ in range(count)]


def test_the_oldest_searches_are_forgotten_first() -> None:
    searches = OpenSearches(most_searches=2)
    made = [kept() for _ in range(3)]
    for one in made:
        searches.keep(one)
    assert [searches.get(one.record.search_id) for one in made] == [None, *made[1:]]


def test_many_passages_push_out_searches_that_nobody_asks() -> None:
    searches = OpenSearches(most_passages=100)
    idle, busy = kept(), kept()
    for one in (idle, busy):
        searches.keep(one)
        searches.note(one, passages(40))
    searches.note(busy, passages(40))
    assert searches.get(idle.record.search_id) is None
    assert searches.get(busy.record.search_id) is busy
    searches.note(busy, passages(500))
    assert searches.get(busy.record.search_id) is busy, "the one that is asked stays, whatever it shows"


def test_what_is_shown_twice_counts_once() -> None:
    searches, one, other = OpenSearches(most_passages=100), kept(), kept()
    searches.keep(other)
    searches.keep(one)
    same = passages(60)
    for _ in range(5):
        searches.note(one, same)
    assert searches.get(other.record.search_id) is other


def test_a_value_is_asked_for_again_once_it_is_old() -> None:
    clock, asked = [0.0], []
    lately = Lately(lambda: asked.append(1) or len(asked), lambda: clock[0], 5.0)  # type: ignore[func-returns-value]
    assert (lately.get(), lately.get()) == (1, 1)
    clock[0] = 6.0
    assert lately.get() == 2
