"""The ledger: what an upload is to a door, whichever door it came to before."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from anpr.door.arrived import Arrived, Spooled, digest_of
from anpr.door.ledger import MOST_UNCOUNTED, REMEMBERED, TAKEOVER, Ledger
from anpr.door.sender import GIVE_UP_S
from schemas.codec import Refused, encode

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)


def arrived(number: int | None, content: bytes = b"reads") -> Arrived:
    """An upload; number: None, the device keeps no count."""
    spooled = None if number is None else Spooled("spool-1", number)
    return Arrived("car-12", "reads", (), digest_of(content), spooled, NOW)


def told(ledger: Ledger, other: Ledger) -> None:
    """What one door has written, another one hears."""
    for lane, record in ledger._spools.items():
        other.put(lane.encode(), encode(record))


def taken(ledger: Ledger, number: int, content: bytes = b"reads") -> None:
    upload = arrived(number, content)
    ledger.open(upload, {0: 17}, NOW)
    ledger.done(upload)


def test_a_new_number_is_new_and_the_same_again_is_repeated() -> None:
    ledger = Ledger("a")
    assert ledger.verdict(arrived(1), NOW) == "new"
    taken(ledger, 1)
    assert ledger.verdict(arrived(1), NOW) == "repeated"
    assert ledger.verdict(arrived(2), NOW) == "new"
    assert ledger.verdict(arrived(9), NOW) == "new", "a device may leave numbers out"


def test_other_content_under_a_known_number_is_no_repetition() -> None:
    ledger = Ledger("a")
    taken(ledger, 1)
    taken(ledger, 2, b"more")
    assert ledger.verdict(arrived(2, b"others"), NOW) == "other_content"
    assert ledger.verdict(arrived(1, b"others"), NOW) == "other_content"
    assert ledger.verdict(arrived(1), NOW) == "repeated"


def test_what_is_so_old_that_nobody_knows_it_is_not_taken_for_known() -> None:
    ledger = Ledger("a")
    for number in range(1, REMEMBERED + 3):
        taken(ledger, number)
    assert ledger.verdict(arrived(2), NOW) == "repeated"
    assert ledger.verdict(arrived(1), NOW) == "other_content"


def test_an_upload_that_was_begun_here_and_not_ended_is_unsettled() -> None:
    ledger = Ledger("a")
    ledger.open(arrived(1), {2: 40}, NOW)
    assert ledger.verdict(arrived(1), NOW) == "unsettled"
    assert ledger.floors("car-12/spool-1") == {2: 40}


def test_another_door_waits_for_the_first_before_it_looks() -> None:
    first, second = Ledger("a"), Ledger("b")
    first.open(arrived(1), {}, NOW)
    told(first, second)
    assert not second.is_ours("car-12/spool-1")
    assert second.verdict(arrived(1), NOW + TAKEOVER - timedelta(seconds=1)) == "elsewhere"
    assert second.verdict(arrived(1), NOW + TAKEOVER) == "unsettled"
    assert timedelta(seconds=GIVE_UP_S) < TAKEOVER, "the first one has given up by then"


def test_another_door_knows_what_the_first_has_done() -> None:
    first, second = Ledger("a"), Ledger("b")
    taken(first, 1)
    taken(first, 2)
    told(first, second)
    assert [second.verdict(arrived(number), NOW) for number in (1, 2, 3)] == ["repeated", "repeated", "new"]


def test_what_a_door_hears_of_its_own_is_old() -> None:
    ledger = Ledger("a")
    record = ledger.open(arrived(1), {}, NOW)
    ledger.done(arrived(1))
    ledger.put(b"car-12/spool-1", encode(record))
    assert ledger.verdict(arrived(1), NOW) == "repeated"


def test_without_a_count_the_content_is_known_for_a_while() -> None:
    ledger = Ledger("a")
    assert ledger.verdict(arrived(None), NOW) == "new"
    ledger.done(arrived(None))
    assert ledger.verdict(arrived(None), NOW) == "repeated"
    for number in range(MOST_UNCOUNTED):
        ledger.done(arrived(None, b"%d" % number))
    assert ledger.verdict(arrived(None), NOW) == "new"


def test_what_is_no_upload_is_refused() -> None:
    with pytest.raises(Refused):
        Ledger("a").put(b"car-12/spool-1", b"{}")


def test_a_door_takes_up_at_once_what_its_predecessor_of_the_same_name_left() -> None:
    first, second, other = Ledger("north:8090/1"), Ledger("north:8090/2"), Ledger("south:8090/1")
    first.open(arrived(1), {}, NOW)
    told(first, second)
    told(first, other)
    assert second.verdict(arrived(1), NOW) == "unsettled"
    assert other.verdict(arrived(1), NOW) == "elsewhere"
