"""The spool: whatever is put in comes out once, in order, in batches that stay as they are; a crash changes nothing."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from anpr.edge.items import Batch, Item, Refused, frame_item, read_item
from anpr.edge.spool import FILE, ROW_BYTES, Spool, SpoolFull, SpoolUnusable
from tests.anpr.program import ROOT


def item(number: int, kind: str = "read", size: int = 10) -> Item:
    return Item("frame" if kind == "frame" else "read", str(number).encode().ljust(size))


def numbers(batch: Batch) -> list[int]:
    return [int(one.body) for one in batch.items]


@pytest.mark.slow
def test_killed_at_any_statement_nothing_is_lost_and_nothing_twice() -> None:
    memory = "/dev/shm" if Path("/dev/shm").is_dir() else None  # thousands of fsyncs, and no cut of power here
    with TemporaryDirectory(dir=memory) as folder:
        command = [sys.executable, "-m", "tests.anpr.edge.crash", folder]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=100)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["deaths"] > 100


def test_what_was_put_in_is_there_after_a_restart(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    name = spool.name
    spool.put([item(1), item(2)])
    batch = spool.next_batch(1, 1_000)
    spool.close()
    again = Spool(tmp_path)
    assert again.name == name
    assert again.next_batch(10, 1_000) == batch, "what was begun stays as it was"


def test_a_full_spool_takes_nothing_of_what_has_no_room_and_counts_it(tmp_path: Path) -> None:
    spool = Spool(tmp_path, most_bytes=3 * (10 + ROW_BYTES))
    spool.put([item(1), item(2)])
    with pytest.raises(SpoolFull, match="not taken"):
        spool.put([item(3), item(4)])
    spool.put([item(5)])
    state = spool.state()
    assert (state.spooled, state.turned_away) == (3, 2)
    batch = spool.next_batch(10, 1_000)
    assert batch is not None
    assert numbers(batch) == [1, 2, 5]
    spool.done(batch)
    spool.put([item(6)])


def test_a_full_disk_is_told_as_a_full_spool(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.put([item(1)])
    pages = spool._db.execute("PRAGMA page_count").fetchone()[0]
    spool._db.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(SpoolFull, match="disk"):
        spool.put([item(2, size=100_000)])
    assert spool.state().spooled == 1
    spool._db.execute("PRAGMA max_page_count = 100000")
    spool.put([item(3)])
    batch = spool.next_batch(10, 1_000)
    assert batch is not None
    assert numbers(batch) == [1, 3]


def test_a_file_is_taken_once(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    assert spool.put([item(1)], "a.json/1")
    assert not spool.put([item(1)], "a.json/1")
    spool.forget_file("a.json/1")
    assert spool.put([item(2)], "a.json/1")
    assert spool.state().spooled == 2


def test_a_frame_goes_alone_and_reads_together(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.put([item(1), item(2), item(3, "frame"), item(4, "frame"), item(5), item(6, size=900), item(7)])
    cut = []
    while batch := spool.next_batch(10, 1_000):
        cut.append(numbers(batch))
        spool.done(batch)
    assert cut == [[1, 2], [3], [4], [5, 6, 7]]


def test_what_is_larger_than_a_batch_goes_alone(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.put([item(1, size=5_000), item(2)])
    batch = spool.next_batch(10, 1_000)
    assert batch is not None
    assert numbers(batch) == [1]


def test_refused_items_lie_aside_until_somebody_decides(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.put([item(1), item(2), item(3)])
    batch = spool.next_batch(10, 1_000)
    assert batch is not None
    spool.done(batch, [Refused(1, "camera_not_yours", "why"), Refused(9, "nonsense", ""), Refused(-1, "nonsense", "")])
    assert [(int(body), reason) for _kind, body, reason, _detail in spool.refused_items()] == [(2, "camera_not_yours")]
    assert (spool.state().refused, spool.state().uploaded, spool.state().held_bytes) == (1, 2, 10 + ROW_BYTES)
    assert spool.put_back() == 1
    again = spool.next_batch(10, 1_000)
    assert again is not None
    assert numbers(again) == [2]
    spool.done(again, [Refused(0, "camera_not_yours", "why")])
    assert spool.drop_refused() == 1
    assert (spool.state().held_bytes, spool.state().refused) == (0, 0)


def test_a_batch_that_is_done_already_is_not_done_again(tmp_path: Path) -> None:
    """Two uploaders on one spool."""
    first, second = Spool(tmp_path), Spool(tmp_path)
    first.put([item(1)])
    one, other = first.next_batch(10, 1_000), second.next_batch(10, 1_000)
    assert one is not None
    assert one == other
    first.done(one)
    first.put([item(2)])
    second.done(one)
    assert second.state().spooled == 1


def test_nobody_else_may_read_it(tmp_path: Path) -> None:
    Spool(tmp_path / "spool").close()
    assert stat.S_IMODE((tmp_path / "spool" / FILE).stat().st_mode) == 0o600


def test_what_was_uploaded_is_gone_from_the_disk(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.put([read_item({"plate_raw": "1ABC234"})])
    batch = spool.next_batch(10, 1_000)
    assert batch is not None
    spool.done(batch)
    spool.close()
    assert b"1ABC234" not in b"".join(path.read_bytes() for path in tmp_path.iterdir())


def test_a_file_that_is_no_spool_is_told(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"this is no database" * 100)
    with pytest.raises(SpoolUnusable, match="cannot be used"):
        Spool(tmp_path)


def test_items_are_json_of_one_line() -> None:
    assert read_item(b'{"a":\n 1}').body == b'{"a":1}'
    assert frame_item(b"x", {"camera_id": "gate-1"}).about == '{"camera_id":"gate-1"}'
    for bad in (b"[]", b"{", b"1"):
        with pytest.raises(ValueError, match=r"JSON|Expecting"):
            read_item(bad)


class _Spool(RuleBasedStateMachine):
    """Against a list."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.spool = Spool(Path(self.folder.name))
        self.waiting: list[int] = []
        self.aside: list[int] = []
        self.begun: Batch | None = None
        self.last_number = 0
        self.next = 0

    @rule(count=st.integers(1, 5))
    def put(self, count: int) -> None:
        fresh = list(range(self.next, self.next + count))
        self.next += count
        self.spool.put([item(number) for number in fresh])
        self.waiting += fresh

    @rule(most=st.integers(1, 4))
    def begin(self, most: int) -> None:
        batch = self.spool.next_batch(most, 1_000)
        if self.begun is not None:
            assert batch == self.begun
        elif batch is None:
            assert self.waiting == []
        else:
            assert numbers(batch) == self.waiting[:most]
            assert batch.number > self.last_number
            self.last_number = batch.number
        self.begun = batch

    @precondition(lambda self: self.begun is not None)
    @rule(refused=st.booleans())
    def done(self, refused: bool) -> None:
        assert self.begun is not None
        self.spool.done(self.begun, [Refused(0, "unusable", "")] if refused else [])
        if refused:
            self.aside.append(self.waiting[0])
        del self.waiting[: len(self.begun.items)]
        self.begun = None

    @rule()
    def recut(self) -> None:
        self.spool.recut()
        self.begun = None

    @rule()
    def put_back(self) -> None:
        assert self.spool.put_back() == len(self.aside)
        self.waiting += self.aside
        self.aside = []

    @rule()
    def restart(self) -> None:
        self.spool.close()
        self.spool = Spool(Path(self.folder.name))

    @invariant()
    def counts_are_right(self) -> None:
        state = self.spool.state()
        assert (state.spooled, state.refused) == (len(self.waiting), len(self.aside))
        assert state.held_bytes == (len(self.waiting) + len(self.aside)) * (10 + ROW_BYTES)

    def teardown(self) -> None:
        self.spool.close()
        self.folder.cleanup()


TestSpoolAgainstAList = _Spool.TestCase
TestSpoolAgainstAList.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)
