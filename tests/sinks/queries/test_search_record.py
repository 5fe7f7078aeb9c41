"""A search as another process finds it again: one's own, of the last hour; and whose an old one was."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import ClickHouseError

from anpr.embedded.store.launch import StoreProcess
from schemas.search import Scene, SearchRecord
from sinks.clickhouse.client import connect
from sinks.clickhouse.queries.scope import check_open
from sinks.clickhouse.queries.search_record import search_record
from sinks.clickhouse.refusal import SearchRefused
from sinks.clickhouse.searches import SearchDesk
from tests.sinks.audited import now, request

ASKED = {"question": "place", "wanted": {"countries": ["BE"]}, "limit": 100}


def opened(client: Client, ago: timedelta = timedelta(0), **more: Any) -> SearchRecord:
    """Recorded so long ago."""
    return SearchDesk(client, lambda: datetime.now(UTC) - ago).open(request(**more))


def code_of(client: Client, search_id: uuid.UUID, officer: str) -> str:
    with pytest.raises(SearchRefused) as refused:
        check_open(client, search_id, officer)
    return refused.value.code


def test_the_record_comes_back_as_it_was_written_with_what_was_asked(client: Client) -> None:
    scene = Scene(cameras=("north-1",), captured_from=now() - timedelta(hours=1), captured_until=now())
    record = opened(client, pattern="*", kind="scenes", scenes=(scene,), case_number="BR.1", asked=ASKED)
    found = search_record(client, record.search_id, record.officer)
    assert found is not None
    cut = {"captured_from": scene.captured_from, "captured_until": scene.captured_until}
    cut = {name: at.replace(microsecond=at.microsecond // 1000 * 1000) for name, at in cut.items()}
    assert found.record == record.model_copy(update={"scenes": (scene.model_copy(update=cut),)})
    assert found.asked == ASKED


def test_of_a_program_that_keeps_no_question_there_is_none(client: Client) -> None:
    record = opened(client)
    found = search_record(client, record.search_id, record.officer)
    assert (found and found.record, found and found.asked) == (record, {})


def test_it_is_one_s_own_and_of_the_last_hour(client: Client) -> None:
    record, old = opened(client), opened(client, timedelta(hours=2))
    assert search_record(client, record.search_id, "B. Dupont") is None
    assert search_record(client, uuid.uuid4(), record.officer) is None
    assert search_record(client, old.search_id, old.officer) is None


@pytest.mark.parametrize("days", [0, 20, 40, 400])
def test_somebody_else_s_search_is_theirs_however_old(days: int, client: Client) -> None:
    record = opened(client, timedelta(days=days, hours=1), captured_from=now() - timedelta(days=days + 2))
    assert code_of(client, record.search_id, "B. Dupont") == "search_of_another"
    assert code_of(client, record.search_id, record.officer) == "search_expired"


def test_a_search_that_there_never_was_stays_unknown(client: Client) -> None:
    assert code_of(client, uuid.uuid4(), "A. Peeters") == "search_unknown"


def test_the_console_s_rights_do_and_an_analyst_s_do_not(store: StoreProcess, client: Client) -> None:
    record = opened(client)
    for role, may in (("anpr_search", True), ("anpr_analyst", False)):
        asking = connect(store.dsn, role=role)
        if may:
            assert search_record(asking, record.search_id, record.officer) is not None
            assert code_of(asking, uuid.uuid4(), record.officer) == "search_unknown"
        else:
            with pytest.raises(ClickHouseError, match=r"\(ACCESS_DENIED\)"):
                search_record(asking, record.search_id, record.officer)
        asking.close()
