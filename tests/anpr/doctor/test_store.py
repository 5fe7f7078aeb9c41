"""The doctor on a store: away, silent, slow, full."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from anpr.doctor import store as of_store
from anpr.doctor.finding import Finding
from anpr.doctor.store import look_at_store
from anpr.embedded.store.launch import StoreProcess, start_store
from anpr.pressure.line import Line
from anpr.settings import Settings
from sinks.clickhouse.client import connect
from sinks.clickhouse.migrate import migrate


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreProcess]:
    process = start_store(tmp_path_factory.mktemp("store"))
    migrate(connect(process.dsn))
    yield process
    process.stop()


@pytest.fixture
def line(store: StoreProcess) -> Iterator[Line]:
    line = Line(store.port)
    yield line
    line.mend()
    line.close()


def _look(store: StoreProcess, line: Line) -> list[Finding]:
    dsn = store.dsn.replace(f":{store.port}/", f":{line.port}/")
    return list(look_at_store(Settings.model_validate({"store_dsn": dsn})))


def test_a_store_that_answers(store: StoreProcess, line: Line) -> None:
    assert [one.state for one in _look(store, line) if "disk" not in one.words] == ["ok"]


def test_a_store_that_answers_late_is_told_with_what_to_look_at(store: StoreProcess, line: Line) -> None:
    line.slow(2.1)
    slow = next(one for one in _look(store, line) if "shortest question" in one.words)
    assert slow.state == "warning"
    assert "wait meanwhile" in slow.words


def test_a_store_that_takes_the_question_and_says_nothing_is_away_soon(
    store: StoreProcess, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(of_store, "ANSWER_S", 1)
    line.cut()
    (found,) = _look(store, line)
    assert (found.what, found.state) == ("store", "fault")
    assert "ANPR_STORE_DSN" in found.words


class _Disk:
    """A client that knows of one disk."""

    def __init__(self, free: int, total: int) -> None:
        self.result_rows = [("default", free, total)]

    def query(self, _sql: str) -> Any:
        return self


@pytest.mark.parametrize(
    ("free_gb", "state"), [(900, None), (140, "warning"), (51, "warning"), (49, "fault"), (0.1, "fault")]
)
def test_a_disk_that_fills_is_told_before_it_is_full(free_gb: float, state: str | None) -> None:
    found = list(of_store._room("store", _Disk(int(free_gb * 1e9), 10**12)))  # type: ignore[arg-type]
    assert [one.state for one in found] == ([] if state is None else [state])
