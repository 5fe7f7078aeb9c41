"""A snapshot says what the index said."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.hotlist.entries import decode_listed
from pipeline.hotlist.index import HotlistIndex
from pipeline.hotlist.snapshot import kept
from pipeline.hotlist.spelling import rows_of
from schemas.codec import encode
from tests.pipeline.builders import entry, hotlist

PLATES = st.text("AB8123", min_size=2, max_size=8)


def answers(index: HotlistIndex, plates: list[str]) -> list[list[bytes]]:
    """Messages found for each plate, patterns included."""
    rows = rows_of([plate.encode() for plate in plates])
    pairs = index.find(rows)
    plain = [[index.message(int(place)) for place in pairs.places[pairs.texts == n]] for n in range(len(plates))]
    for row, pattern in index.find_patterns(rows):
        plain[row].append(index.message(pattern.place))
    return [sorted(found) for found in plain]


@settings(deadline=None, max_examples=25)
@given(st.lists(PLATES, max_size=12, unique=True), st.lists(PLATES, min_size=1, max_size=4))
def test_what_was_saved_answers_alike(
    tmp_path_factory: pytest.TempPathFactory, listed: list[str], seen: list[str]
) -> None:
    folder = tmp_path_factory.mktemp("snapshots")
    index = hotlist(*(entry(plate, entry_id=f"e{n}") for n, plate in enumerate(listed)), entry("12?8*", entry_id="p"))
    index.remove(b"e0")
    index.settle()
    kept(index).view()(folder)
    again = HotlistIndex()
    kept(again).restore(folder)
    again.settle()
    assert (len(again), again.counts.tolist()) == (len(index), index.counts.tolist())
    assert answers(again, [*seen, "1298A"]) == answers(index, [*seen, "1298A"])


def test_changes_after_it_hold_on_top_of_it(tmp_path: Path) -> None:
    kept(hotlist(entry("1ABC234", entry_id="a"), entry("2HJK905", entry_id="b"))).view()(tmp_path)
    index = HotlistIndex()
    kept(index).restore(tmp_path)
    index.settle()
    index.remove(b"a")
    index.put(b"b", decode_listed(encode(entry("3XYZ777", entry_id="b"))))
    index.settle()
    assert answers(index, ["1ABC234", "2HJK905"]) == [[], []]
    assert [len(found) for found in answers(index, ["3XYZ777"])] == [1]
    assert len(index) == 1
