"""Backup and restore: what comes back is what was there, and what is damaged is found before it is trusted."""

import itertools
import json
import shutil
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from clickhouse_connect.driver.client import Client

from anpr.embedded.store.backup import LIST, BackupFault, back_up, check_files, restore
from anpr.embedded.store.launch import StoreProcess, start_store
from sinks.clickhouse.audit.verify import verify
from sinks.clickhouse.client import connect
from sinks.clickhouse.migrate import migrate
from sinks.clickhouse.queries.latest import latest
from sinks.clickhouse.searches import SearchDesk, SearchRequest
from tests.anpr.embedded.store.test_disk import small_disk  # noqa: F401 - a fixture
from tests.anpr.embedded.store.test_http import ask, wait_until
from tests.anpr.embedded.store.test_load import BATCH, COUNTS, ROWS, put_batch
from tests.sinks.conftest import register_officers
from tests.sinks.rows import Sink, passages

pytestmark = pytest.mark.slow

TOLD: list[str] = []


def show(what: str, done: int, of: int) -> None:
    assert done >= 0
    assert isinstance(of, int)
    TOLD.append(what)


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreProcess]:
    """A store with passages, officers and searches, so with an audit."""
    store = start_store(tmp_path_factory.mktemp("full"))
    client = connect(store.dsn)
    migrate(client)
    register_officers(client)
    Sink(client, log="cluster/first").store(passages(range(500)))
    for plate in _plates(client)[:3]:
        _search(client, plate)
    yield store
    assert store.stop() == 0


@pytest.fixture(scope="module")
def saved(full: StoreProcess, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of it."""
    target = tmp_path_factory.mktemp("backups") / "monday"
    back_up(connect(full.dsn), target, show)
    return target


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Client]:
    """A store without tables."""
    store = start_store(tmp_path / "empty")
    yield connect(store.dsn)
    assert store.stop() == 0


def _plates(client: Client) -> list[str]:
    return [str(row[0]) for row in client.query("SELECT plate FROM passages FINAL ORDER BY plate").result_rows]


def _search(client: Client, plate: str) -> list[str]:
    now = datetime.now(UTC)
    asked = SearchRequest(
        pattern=plate,
        reason="Hit and run in the Rue Neuve",
        officer="A. Peeters",
        purpose="crime",
        captured_from=now - timedelta(days=20),
        captured_until=now + timedelta(hours=1),
    )
    return [row.plate for row in latest(client, SearchDesk(client, lambda: now).open(asked), [plate])]


def _content(client: Client) -> dict[str, tuple[int, int]]:
    """Rows and a sum over all values of each table."""
    tables = client.query(
        "SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree' ORDER BY name"
    ).result_rows
    found = {}
    for (name,) in tables:
        rows, digest = client.query(
            f"SELECT count(), groupBitXor(cityHash64(toString(tuple(*)))) FROM {name}"
        ).first_row
        found[str(name)] = (int(rows), int(digest))
    return found


def test_what_comes_back_is_what_was_there(full: StoreProcess, saved: Path, empty: Client) -> None:
    before = connect(full.dsn)
    done = restore(empty, saved, show)
    content = _content(empty)
    assert content == _content(before)
    assert done.rows == {name: rows for name, (rows, _digest) in content.items()}
    assert (content["passages"][0], content["searches"][0]) == (500, 3)
    assert done.files > 20
    assert done.size_bytes > 10_000
    assert {"backup", "checksums", "restore", "check"} <= set(TOLD)


def test_the_audit_is_intact_and_goes_on_in_a_restored_store(full: StoreProcess, saved: Path, empty: Client) -> None:
    restore(empty, saved, show)
    now = datetime.now(UTC)
    was = verify(connect(full.dsn), now)
    found = verify(empty, now)
    assert (found.intact, found.records, found.chains) == (True, was.records, was.chains)
    assert migrate(empty).done == ()
    plate = _plates(empty)[0]
    assert _search(empty, plate) == [plate]
    assert verify(empty, datetime.now(UTC)).intact
    assert verify(empty, datetime.now(UTC)).records > was.records


def test_views_fill_their_tables_in_a_restored_store(saved: Path, empty: Client) -> None:
    restore(empty, saved, show)
    Sink(empty, log="cluster/after").store(passages(range(7)))
    counts = "SELECT (SELECT count() FROM passages FINAL), (SELECT count() FROM passages_by_camera FINAL)"
    assert empty.query(counts).first_row == (507, 507)


def test_a_store_with_tables_is_not_restored_into(full: StoreProcess, saved: Path) -> None:
    client = connect(full.dsn)
    before = _content(client)
    with pytest.raises(BackupFault, match="has tables already: restore into a new data folder"):
        restore(client, saved, show)
    assert _content(client) == before


def test_nothing_is_overwritten(full: StoreProcess, saved: Path, tmp_path: Path) -> None:
    client = connect(full.dsn)
    with pytest.raises(BackupFault, match="exists already: give a name that does not"):
        back_up(client, saved, show)
    check_files(saved, show)
    (tmp_path / "file").write_text("")
    with pytest.raises(BackupFault, match=r"cannot be made .*: give a folder that can be written"):
        back_up(client, tmp_path / "file" / "backup", show)


def test_only_the_owner_may_look_into_a_backup(saved: Path) -> None:
    assert saved.stat().st_mode & 0o077 == 0


# ---- damage ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def copy(saved: Path, tmp_path: Path) -> Path:
    """A backup that may be damaged."""
    target = tmp_path / "copy"
    for path in saved.rglob("*"):
        if path.is_file():
            (target / path.relative_to(saved)).parent.mkdir(parents=True, exist_ok=True)
            (target / path.relative_to(saved)).write_bytes(path.read_bytes())
    check_files(target, show)
    return target


def _a_data_file(folder: Path) -> Path:
    return max((path for path in folder.rglob("*.bin")), key=lambda path: path.stat().st_size)


def _flip_a_bit(folder: Path) -> None:
    path = _a_data_file(folder)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _cut_off(folder: Path) -> None:
    path = _a_data_file(folder)
    path.write_bytes(path.read_bytes()[:-1])


DAMAGES = {
    "a bit": (_flip_a_bit, "is damaged: .*[.]bin is not as it was written; use another backup"),
    "an end": (_cut_off, "is damaged: .*[.]bin is not as it was written"),
    "a file gone": (lambda folder: _a_data_file(folder).unlink(), "is damaged: .*[.]bin is not as it was written"),
    "a file more": (lambda folder: (folder / "more").write_text("x"), "is damaged: more is not as it was written"),
    "no list: it was interrupted": (lambda folder: (folder / LIST).unlink(), "no whole backup: its list .* is missing"),
    "half a list": (lambda folder: (folder / LIST).write_text('{"version": 1, "fi'), "missing or unreadable"),
    "another list": (lambda folder: (folder / LIST).write_text("[]"), "missing or unreadable"),
    "no names in the list": (lambda folder: (folder / LIST).write_text('{"files": [1]}'), "missing or unreadable"),
}


@pytest.mark.parametrize(("damage", "said"), DAMAGES.values(), ids=DAMAGES.keys())
def test_a_damaged_backup_is_found_before_anything_is_changed(
    damage: Callable[[Path], object], said: str, copy: Path, empty: Client
) -> None:
    damage(copy)
    with pytest.raises(BackupFault, match=said):
        restore(empty, copy, show)
    assert empty.command("SELECT count() FROM system.tables WHERE database = currentDatabase()") == 0


def test_what_is_no_backup_is_said_to_be_none(empty: Client, tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "absent"):
        with pytest.raises(BackupFault, match="holds no whole backup"):
            restore(empty, path, show)


def test_the_list_names_every_file_with_its_digest(saved: Path) -> None:
    listed = json.loads((saved / LIST).read_text())["files"]
    assert listed.keys() == {str(p.relative_to(saved)) for p in saved.rglob("*") if p.is_file()} - {LIST}


# ---- while it runs ---------------------------------------------------------------------------------------------------


def test_a_backup_taken_while_rows_come_in_is_of_one_moment(tmp_path: Path, empty: Client) -> None:
    """All that was acknowledged before is in it, and every block is in each of the tables that it fills or in none."""
    store = start_store(tmp_path / "busy")
    stop, numbers, acknowledged = threading.Event(), itertools.count(), []

    def feed(client: Client) -> None:
        while not stop.is_set():
            number = next(numbers)
            put_batch(client, number)
            acknowledged.append(number)

    try:
        client = connect(store.dsn)
        migrate(client)
        with ThreadPoolExecutor(2) as pool:
            feeders = [pool.submit(feed, connect(store.dsn)) for _ in range(2)]
            wait_until(lambda: len(acknowledged) > 4, timeout_s=60)
            before = list(acknowledged)
            back_up(client, tmp_path / "running", show)
            during = len(acknowledged)
            stop.set()
        assert [feeder.result() for feeder in feeders] == [None, None]
    finally:
        stop.set()
        assert store.stop() == 0
    assert during > len(before), "rows came in meanwhile"
    restore(empty, tmp_path / "running", show)
    found = {row[0] for row in empty.query(f"SELECT DISTINCT {BATCH} FROM passages").result_rows}
    assert found >= set(before)
    assert empty.query(COUNTS).first_row == (len(found) * ROWS, len(found) * ROWS, ROWS)
    assert verify(empty, datetime.now(UTC)).intact


@pytest.fixture
def heavy(full: StoreProcess) -> Iterator[Client]:
    """The store with 30 MB more, which no codec makes small."""
    client = connect(full.dsn)
    client.command("CREATE TABLE heavy (a String) ENGINE = MergeTree ORDER BY tuple()")
    client.command("INSERT INTO heavy SELECT randomString(1000) FROM numbers(30000)")
    yield client
    client.command("DROP TABLE heavy SYNC")


def _leave_free(disk: Path, size: int) -> None:
    free = shutil.disk_usage(disk).free
    (disk / "rest").write_bytes(bytes(free - size))


@pytest.mark.usefixtures("heavy")
def test_a_backup_without_room_is_refused_before_it_begins(full: StoreProcess, small_disk: Path) -> None:  # noqa: F811
    _leave_free(small_disk, 5 << 20)
    with pytest.raises(BackupFault, match=r"has room for 5 MB, the backup needs 3.: make room or"):
        back_up(connect(full.dsn), small_disk / "backup", show)
    assert not (small_disk / "backup").exists()


def test_a_disk_that_fills_up_during_a_backup_makes_no_backup(
    full: StoreProcess,
    small_disk: Path,  # noqa: F811
    heavy: Client,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The engine itself says that it was created, with files that are cut."""
    _leave_free(small_disk, 20 << 20)
    monkeypatch.setattr("anpr.embedded.store.backup._check_room", lambda *_: None)  # there was room when it began
    with pytest.raises(BackupFault, match=r"bytes were written to .*, as when a disk fills up; make room"):
        back_up(heavy, small_disk / "backup", show)
    assert heavy.command("SELECT status FROM system.backups ORDER BY start_time DESC LIMIT 1") == "BACKUP_CREATED"
    assert not (small_disk / "backup").exists(), "half a backup would keep the next one from its name"
    (small_disk / "rest").unlink()
    back_up(heavy, small_disk / "backup", show)
    check_files(small_disk / "backup", show)
    assert ask(full, b"SELECT 1")[2] == b"1\n"


def test_ctrl_c_ends_a_backup_and_leaves_nothing(heavy: Client, tmp_path: Path) -> None:
    def press(_what: str, _done: int, _of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        back_up(heavy, tmp_path / "backup", press)
    assert not (tmp_path / "backup").exists()
    assert heavy.command("SELECT count() FROM system.backups WHERE status = 'CREATING_BACKUP'") == 0
