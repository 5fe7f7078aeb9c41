"""Day passes and permits by plate, against plain dicts of records."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.lez.registry.passes import KEPT_FOR, PassBook
from pipeline.lez.registry.permits import PermitBook
from schemas.codec import compiled
from schemas.lez import LezPass, LezPermits
from tests.pipeline.lez.builders import day_pass, permit

PermitsRecord = compiled(LezPermits)
DAY = date(2026, 3, 2)
PLATES = st.sampled_from(["1ABC234", "2ABC234"])
PASSES = st.builds(
    day_pass,
    st.dates(date(2020, 1, 1), date(2030, 1, 1)),
    plate=PLATES,
    pass_id=st.integers(0, 3).map(lambda n: UUID(int=n)),
    zone=st.sampled_from(["brussels", "ghent"]),
    bought_at=st.datetimes(timezones=st.just(UTC)),
    cancelled=st.booleans(),
)


@settings(max_examples=50)
@given(st.lists(PASSES | PLATES, max_size=12))
def test_passes_come_back_as_they_were_bought_each_for_its_plate(told: list[LezPass | str]) -> None:
    book, plain = PassBook(), dict[str, dict[UUID, LezPass]]()
    for one in told:
        if isinstance(one, str):
            book.remove(one.encode())
            plain.pop(one, None)
        else:
            book.put(b"", one)
            plain.setdefault(one.plate, {})[one.pass_id] = one
    for plate in ("1ABC234", "2ABC234", "3"):
        held = plain.get(plate, {})
        assert {one.pass_id: one for one in book.of(plate)} == held
        assert (plate in book) == bool(held)
    assert len(book) == sum(map(len, plain.values()))


def test_old_passes_go_when_a_new_day_begins() -> None:
    book, old = PassBook(), DAY - KEPT_FOR
    for day in (old - timedelta(days=1), old, DAY):
        book.put(b"", day_pass(day))
    book.put(b"", day_pass(old - timedelta(days=9), plate="2ABC234"))
    book.forget_old(DAY)
    assert {one.day for one in book.of("1ABC234")} == {old, DAY}
    assert ("2ABC234" in book, len(book)) == (False, 2)
    book.put(b"", day_pass(old - timedelta(days=1)))
    book.forget_old(DAY)
    assert len(book) == 3, "looked at on the next day"


def test_permits_are_those_of_the_plate_and_its_country() -> None:
    book, granted = PermitBook(), permit("disabled_card", DAY)
    book.put(b"", PermitsRecord(plate="1ABC234", country="BE", permits=(granted,)))
    assert book.of("1ABC234", "BE") == book.of("1ABC234", None) == (granted,)
    assert book.of("1ABC234", "FR") == book.of("2ABC234", "BE") == ()
    book.put(b"", PermitsRecord(plate="1ABC234", country="BE"))
    assert ("1ABC234" in book, book.of("1ABC234", "BE"), len(book)) == (True, (), 1)
    book.remove(b"1ABC234")
    book.remove(b"\xff")
    assert ("1ABC234" in book, len(book)) == (False, 0)


def test_a_moment_of_purchase_comes_back_to_the_microsecond() -> None:
    book, bought = PassBook(), datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC)
    book.put(b"", day_pass(DAY, bought_at=bought))
    assert book.of("1ABC234")[0].bought_at == bought
