"""Identifiers of facts: standard, stable, and never the same for two facts."""

from __future__ import annotations

import pickle
from uuid import NAMESPACE_URL, RFC_4122, UUID, uuid5

from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.identity import derived_id, digests_of, fact_id, mixed_id

PARTS = st.lists(st.text(max_size=4) | st.integers(0, 99) | st.uuids(), max_size=4)


@given(st.sampled_from(["hit", "passage"]), PARTS)
def test_is_a_uuid_of_version_5(kind: str, parts: list[UUID | str | int]) -> None:
    made = fact_id(kind, *parts)
    assert (made.version, made.variant) == (5, RFC_4122)
    assert made == fact_id(kind, *parts)


@given(PARTS, PARTS)
def test_lists_of_parts_do_not_run_into_each_other(a: list[UUID | str | int], b: list[UUID | str | int]) -> None:
    assume([str(part) for part in a] != [str(part) for part in b])
    assert fact_id("x", *a) != fact_id("x", *b)


def test_concatenation_does_not_collide() -> None:
    assert fact_id("x", "ab", "c") != fact_id("x", "a", "bc")
    assert fact_id("x", "a", "") != fact_id("x", "a")
    assert fact_id("x", "1:b", "c") != fact_id("x", "1:b/1:c")
    assert fact_id("hit", "a") != fact_id("passage", "a")


def test_is_what_the_standard_library_makes_of_the_same_name() -> None:
    namespace = uuid5(NAMESPACE_URL, "anpr-back-office")
    assert fact_id("x", "ab", 7) == uuid5(namespace, "x/2:ab/1:7")


def test_stays_what_it_was_in_stored_rows() -> None:
    assert str(fact_id("passage", UUID(int=1))) == "d1e13818-988f-520c-af30-ab5ea12e39a0"


@given(st.uuids(version=5), st.uuids(version=5), st.lists(st.text(max_size=12), max_size=3))
def test_a_derived_id_is_a_valid_version_8_and_one_to_one(one: UUID, other: UUID, labels: list[str]) -> None:
    derived = derived_id(one, *labels)
    assert (derived.version, derived.variant) == (8, RFC_4122)
    assert (derived == derived_id(other, *labels)) == (one == other)


@given(st.uuids(version=5), st.text(max_size=12), st.text(max_size=12))
def test_different_labels_give_different_ids(base: UUID, one: str, other: str) -> None:
    assert (derived_id(base, one) == derived_id(base, other)) == (one == other)


@given(st.uuids(), st.text(max_size=12), st.text(max_size=12))
def test_digests_that_were_taken_before_give_the_same_id(base: UUID, zone: str, plate: str) -> None:
    mixed = digests_of("zone")(zone.encode()) ^ digests_of("plate")(plate.encode())
    made = mixed_id(base, mixed)
    assert made == derived_id(base, f"zone {zone}", f"plate {plate}")
    assert pickle.loads(pickle.dumps(made)) == made == UUID(str(made))
