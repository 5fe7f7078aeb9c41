"""Pictures go with their passages' day, except what a case holds; whatever else lies there stays."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from obstore.store import MemoryStore

from pipeline.outcome import Picture
from sinks.evidence import EvidenceStore
from sinks.evidence_retention import PicturesDue
from tests.sinks.rows import Turned

CUTOFF = datetime(2025, 11, 25, 3, 0, tzinfo=UTC)
"""Twelve months before the night of the tests."""


def _key(day: date, camera: str = "gate-1", nth: int = 0) -> str:
    return f"{camera}/{day:%Y/%m/%d}/frame-{nth}.jpg"


def _kept(folder: Path, keys: Iterable[str]) -> EvidenceStore:
    store = EvidenceStore.at(str(folder), Turned())
    store.put([Picture(key, b"picture") for key in keys], lambda: None)
    return store


def _expire(store: EvidenceStore, held: Iterable[str] = (), *, delete: bool = True) -> PicturesDue:
    return store.expire(frozenset(held), CUTOFF, delete=delete, progress=lambda *_: None)


def _there(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


OVER, LAST, FIRST_KEPT = date(2025, 11, 1), date(2025, 11, 24), date(2025, 11, 25)


def test_days_that_are_over_for_twelve_months_go(folder: Path) -> None:
    store = _kept(folder, map(_key, (OVER, LAST, FIRST_KEPT, date(2026, 1, 1))))
    found = _expire(store)
    assert _there(folder) == {_key(FIRST_KEPT), _key(date(2026, 1, 1))}
    assert (found.deleted, found.deleted_bytes, found.due, found.oldest_day) == (2, 14, 0, FIRST_KEPT)
    assert not (folder / "gate-1/2025/11/24").exists(), "no empty folder is left, which would name a day"


def test_in_a_bucket_folders_are_only_names(folder: Path) -> None:
    """Object stores have no folders: what lies there is asked for by prefix, as in a local folder."""
    store = EvidenceStore(MemoryStore(), Turned())
    keys = [*map(_key, (OVER, LAST, FIRST_KEPT)), f"not-plates/syntax/{_key(OVER, 'gate-2')}"]
    store.put([Picture(key, b"picture") for key in keys], lambda: None)
    assert (_expire(store, delete=False).due, _expire(store).deleted) == (3, 3)
    found = _expire(store)
    assert (found.due, found.oldest_day) == (0, FIRST_KEPT)
    assert store.get(_key(FIRST_KEPT)) == b"picture"
    assert not folder.exists()


def test_without_delete_they_are_counted_and_stay(folder: Path) -> None:
    store = _kept(folder, map(_key, (OVER, LAST, FIRST_KEPT)))
    found = _expire(store, delete=False)
    assert found == PicturesDue(OVER, OVER, due=2, due_bytes=14, late=1, held=0, deleted=0, deleted_bytes=0, strange=0)
    assert len(_there(folder)) == 3


def test_what_a_case_holds_stays(folder: Path) -> None:
    store = _kept(folder, [_key(OVER, nth=nth) for nth in range(3)])
    found = _expire(store, [_key(OVER, nth=1)])
    assert _there(folder) == {_key(OVER, nth=1)}
    assert (found.held, found.deleted, found.late, found.oldest_day) == (1, 2, 0, OVER)


def test_a_second_time_there_is_nothing_to_do(folder: Path) -> None:
    store = _kept(folder, map(_key, (OVER, FIRST_KEPT)))
    _expire(store)
    assert _expire(store).deleted == 0
    assert _there(folder) == {_key(FIRST_KEPT)}


def test_pictures_for_study_go_too(folder: Path) -> None:
    keys = [f"not-plates/syntax/{_key(day)}" for day in (OVER, FIRST_KEPT)]
    found = _expire(_kept(folder, keys))
    assert (_there(folder), found.deleted, found.strange) == ({keys[1]}, 1, 0)


def test_what_names_no_day_is_counted_and_left_alone(folder: Path) -> None:
    keys = ["gate-1/notes/a.jpg", "gate-1/2025/13/45/a.jpg", "gate-1/2025/02/30/a.jpg", "readme.txt"]
    found = _expire(_kept(folder, keys))
    assert (_there(folder), found.deleted, found.oldest_day) == (set(keys), 0, None)
    assert found.strange >= 1


def test_an_empty_place_is_in_order(folder: Path) -> None:
    found = _expire(_kept(folder, []), delete=False)
    assert (found.oldest_day, found.due_since, found.due, found.strange) == (None, None, 0, 0)


def test_more_than_one_request_deletes_are_all_deleted(folder: Path) -> None:
    store = _kept(folder, [_key(OVER, nth=nth) for nth in range(2300)])
    assert _expire(store).deleted == 2300
    assert _there(folder) == set()


def test_progress_is_told_day_by_day(folder: Path) -> None:
    told: list[tuple[str, int, int]] = []
    store = _kept(folder, map(_key, (LAST, OVER)))
    store.expire(frozenset(), CUTOFF, delete=False, progress=lambda *one: told.append(one))
    assert told == [(f"pictures of {OVER}", 0, 2), (f"pictures of {LAST}", 1, 2), ("pictures", 2, 2)]


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ages=st.lists(st.tuples(st.integers(-800, 800), st.sampled_from(["a", "b"]), st.booleans()), max_size=12),
    hour=st.integers(0, 23),
)
def test_what_stays_is_what_is_younger_or_held(
    tmp_path_factory: pytest.TempPathFactory, ages: list[tuple[int, str, bool]], hour: int
) -> None:
    folder, cutoff = tmp_path_factory.mktemp("pictures"), CUTOFF.replace(hour=hour)
    days = {_key(date(2025, 11, 25) + timedelta(days=age), camera): (age, held) for age, camera, held in ages}
    store = _kept(folder, days)
    held = {key for key, (_, is_held) in days.items() if is_held}
    found = store.expire(held, cutoff, delete=True, progress=lambda *_: None)
    stays = {key for key, (age, _) in days.items() if age >= 0} | held
    assert _there(folder) == stays
    assert (found.deleted, found.due) == (len(days) - len(stays), 0)
    oldest = min((date(2025, 11, 25) + timedelta(days=days[key][0]) for key in stays), default=None)
    assert found.oldest_day == oldest


def test_a_whole_frame_stays_with_any_plate_of_it_that_a_case_holds(folder: Path) -> None:
    held, other = (f"gate-1/2025/11/01/0000000{n}-0000-5000-8000-000000000000" for n in (1, 2))
    store = _kept(folder, [f"{held}.jpg", f"{held}-0.jpg", f"{held}-1.jpg", f"{other}.jpg", f"{other}-1.jpg"])
    found = _expire(store, [f"{held}-1.jpg"])
    assert _there(folder) == {f"{held}.jpg", f"{held}-1.jpg"}
    assert (found.held, found.deleted) == (2, 3)
