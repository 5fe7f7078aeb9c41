"""Messages out of memory."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.hotlist import values as values_module
from pipeline.hotlist.values import Values, written


@given(st.lists(st.lists(st.binary(max_size=40), max_size=6), max_size=4))
def test_what_was_added_can_be_read_whatever_was_sealed_in_between(parts: list[list[bytes]]) -> None:
    values, kept = Values(), []
    for part in parts:
        kept += [(values.add(value), value) for value in part]
        values.seal()
    assert [values.read(place) for place, _ in kept] == [value for _, value in kept]


def test_many_are_read_from_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(values_module, "IN_MEMORY_BYTES", 100)
    values = Values()
    places = [values.add(b"%d" % n * 50) for n in range(20)]
    values.seal()
    assert [values.read(place) for place in places] == [b"%d" % n * 50 for n in range(20)]


def test_a_written_file_is_taken_over_beside_others(tmp_path: Path) -> None:
    values = Values()
    first = values.add(b"first")
    with (tmp_path / "entries").open("wb") as file:
        places = list(written([b"one", b"", b"three"], file))
    raised = values.adopt(tmp_path / "entries")
    assert [values.read(place + raised) for place in places] == [b"one", b"", b"three"]
    assert values.read(first) == b"first"


def test_an_empty_file_is_taken_over(tmp_path: Path) -> None:
    (tmp_path / "entries").touch()
    Values().adopt(tmp_path / "entries")
