"""What stands in a log: nothing of what a message holds, whatever fails on it."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Iterator

import msgspec
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError

from anpr.logs import set_up_logs
from pipeline.runtime.kafka import KafkaUnusable
from tests.anpr.program import ROOT

PLATE = "1LOG123"
LOGGER = logging.getLogger("tests.logs")
REFUSED = (
    f"HTTPDriver returned response code 400) Code: 27. DB::Exception: Cannot parse input: expected '\"' before: "
    f"'{PLATE}\"': (while reading the value of key lane)\n. (CANNOT_PARSE_INPUT_ASSERTION_FAILED) (version 1)"
)


@pytest.fixture
def hooks() -> Iterator[None]:
    """As they were, afterwards."""
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:], root.level = handlers, level


def told(level: str, capsys: pytest.CaptureFixture[str], error: Exception) -> str:
    set_up_logs(level, "json")
    try:
        raise KafkaUnusable("Kafka refuses this worker") from error
    except KafkaUnusable:
        LOGGER.exception("the flow has failed")
    LOGGER.warning("waiting: %s", error)
    said = capsys.readouterr().err
    assert len([json.loads(line) for line in said.splitlines()]) == 2
    return said


@pytest.mark.usefixtures("hooks")
@pytest.mark.parametrize(
    "error", [KeyError(PLATE), msgspec.ValidationError(f"Invalid enum value '{PLATE}'"), DatabaseError(REFUSED)]
)
def test_an_error_is_told_by_its_kind_and_place(error: Exception, capsys: pytest.CaptureFixture[str]) -> None:
    said = told("info", capsys, error)
    assert PLATE not in said
    assert said.count(type(error).__qualname__) >= 1
    assert "KafkaUnusable: Kafka refuses this worker" in said, "our own words stay"
    assert "test_logs.py" in said, "where it happened stays"


@pytest.mark.usefixtures("hooks")
def test_an_error_of_the_store_is_told_by_number_name_and_key(capsys: pytest.CaptureFixture[str]) -> None:
    said = told("info", capsys, DatabaseError(REFUSED))
    assert "waiting: ClickHouse's error 27 CANNOT_PARSE_INPUT_ASSERTION_FAILED, at lane" in said


@pytest.mark.usefixtures("hooks")
def test_at_level_debug_all_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert told("debug", capsys, KeyError(PLATE)).count(PLATE) >= 2


@pytest.mark.parametrize(
    "where", ["raise KeyError(plate)", "t = Thread(target={}.__getitem__, args=(plate,)); t.start(); t.join()"]
)
def test_a_program_that_ends_by_a_defect_tells_no_content(where: str) -> None:
    made = "from anpr.logs import set_up_logs; set_up_logs('info', 'console'); plate = '1LOG' + '123'"
    code = f"from threading import Thread; {made}; {where}"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )
    assert "ended by a defect" in done.stderr
    assert "KeyError" in done.stderr
    assert PLATE not in done.stderr
    assert done.returncode == (1 if where.startswith("raise") else 0)
