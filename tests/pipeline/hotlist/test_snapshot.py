"""A snapshot says what the index said, of its log and its time only."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.hotlist.entries import decode_listed
from pipeline.hotlist.index import HotlistIndex
from pipeline.hotlist.snapshot import FRESH_FOR, KEPT, META, Mark, latest, restore, save
from pipeline.hotlist.spelling import rows_of
from schemas.codec import encode
from tests.pipeline.builders import T0, at, entry, hotlist

PLATES = st.text("AB8123", min_size=2, max_size=8)


def mark(seconds: float = 0, log: str = "cluster/1") -> Mark:
    return Mark(log, {0: 17, 3: 4}, at(seconds))


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
    save(folder, index.view(), mark())
    found = latest(folder, "cluster/1", at(1))
    assert found is not None
    again = HotlistIndex()
    restore(found[0], again)
    again.settle()
    assert found[1] == mark()
    assert (len(again), again.counts.tolist()) == (len(index), index.counts.tolist())
    assert answers(again, [*seen, "1298A"]) == answers(index, [*seen, "1298A"])


def test_changes_after_it_hold_on_top_of_it(tmp_path: Path) -> None:
    save(tmp_path, hotlist(entry("1ABC234", entry_id="a"), entry("2HJK905", entry_id="b")).view(), mark())
    index = HotlistIndex()
    restore(tmp_path / sorted(one.name for one in tmp_path.iterdir())[0], index)
    index.settle()
    index.remove(b"a")
    index.put(b"b", decode_listed(encode(entry("3XYZ777", entry_id="b"))))
    index.settle()
    assert answers(index, ["1ABC234", "2HJK905"]) == [[], []]
    assert [len(found) for found in answers(index, ["3XYZ777"])] == [1]
    assert len(index) == 1


@pytest.mark.parametrize(
    ("log", "seconds", "taken"),
    [
        ("cluster/1", 0, True),
        ("cluster/1", FRESH_FOR.total_seconds(), True),
        ("cluster/1", FRESH_FOR.total_seconds() + 1, False),
        ("cluster/1", -1, False),
        ("cluster/2", 0, False),
    ],
    ids=["now", "half a day old", "older", "from the future", "of another log"],
)
def test_it_holds_for_its_log_and_half_a_day(log: str, seconds: float, taken: bool, tmp_path: Path) -> None:
    save(tmp_path, hotlist(entry()).view(), mark())
    assert (latest(tmp_path, log, T0 + timedelta(seconds=seconds)) is not None) is taken


def test_the_newest_is_taken_and_old_ones_go(tmp_path: Path) -> None:
    for seconds in range(KEPT + 2):
        save(tmp_path, hotlist(entry()).view(), mark(seconds))
    assert len(list(tmp_path.iterdir())) == KEPT
    found = latest(tmp_path, "cluster/1", at(100))
    assert found is not None
    assert found[1].taken_at == at(KEPT + 1)


@pytest.mark.parametrize("meta", ["", "{", "[]", '{"format": 0}', '{"format": 1, "log": "x", "offsets": 7}'])
def test_one_that_cannot_be_read_is_left_alone(meta: str, tmp_path: Path) -> None:
    snapshot = save(tmp_path, hotlist(entry()).view(), mark())
    (snapshot / META).write_text(meta)
    assert latest(tmp_path, "cluster/1", at(1)) is None


def test_there_is_none_at_first(tmp_path: Path) -> None:
    assert latest(tmp_path / "nowhere", "cluster/1", T0) is None


def test_a_disk_that_cannot_be_written_leaves_nothing_behind(tmp_path: Path) -> None:
    folder = tmp_path / "file"
    folder.write_text("no folder")
    with pytest.raises(OSError, match="file"):
        save(folder, hotlist(entry()).view(), mark())
    assert folder.read_text() == "no folder"
