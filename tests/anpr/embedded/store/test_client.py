"""clickhouse-connect speaks to the store as to a ClickHouse server."""

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from anpr.embedded.store.engine import MERGES_AT_ONCE
from anpr.embedded.store.launch import StoreProcess
from sinks.clickhouse.client import DATA_ERRORS, error_code

HOSTILE = [
    "it's",
    "\\",
    "'); DROP TABLE reads; --",
    "a\tb\nc",
    "\x00",
    "Ünïcode 车",
    "{x:String}",
    "$$",
    "`",
    '"',
]


def rows_of(client: Client, table: str) -> int:
    return int(client.query(f"SELECT count() FROM {table}").first_row[0])


def test_insert_and_query(client: Client, table: str) -> None:
    summary = client.insert(table, [[1, "B101ABC"], [2, "CJ02XYZ"]], column_names=["id", "plate"])
    assert summary.written_rows == 2
    result = client.query(f"SELECT * FROM {table} ORDER BY id")
    assert (result.column_names, result.result_rows) == (("id", "plate"), [(1, "B101ABC"), (2, "CJ02XYZ")])
    assert result.summary["result_rows"] == "2"
    assert result.query_id


def test_types_survive_both_ways(client: Client) -> None:
    client.command(
        "CREATE TABLE types (u UUID, t DateTime64(3, 'UTC'), l LowCardinality(String), n Nullable(Float64), "
        "a Array(String), m Map(String, UInt8)) ENGINE = MergeTree ORDER BY u"
    )
    row = [
        "00000000-0000-4000-8000-000000000001",
        datetime(2026, 3, 1, 12, 0, 0, 123000, tzinfo=UTC),
        "x",
        None,
    ]
    client.insert("types", [[*row, ["a", "b"], {"k": 1}]])
    found = client.query("SELECT toString(u), t, l, n, a, m FROM types", tz_mode="aware").first_row
    assert found == (*row, ["a", "b"], {"k": 1})


def test_raw_insert_of_rows_parquet_and_arrow(client: Client, table: str) -> None:
    client.raw_insert(table, ["id", "plate"], b'{"id":1,"plate":"a"}\n{"id":2,"plate":"b"}\n', fmt="JSONEachRow")
    for fmt in ("Parquet", "Arrow", "Native", "CSV"):
        block = client.raw_query(f"SELECT * FROM {table} LIMIT 2", fmt=fmt)
        client.raw_insert(table, insert_block=block, fmt=fmt)
    assert rows_of(client, table) == 10


@pytest.mark.parametrize("compression", ["lz4", "zstd", "gzip"])
def test_compressed_inserts_and_answers(
    store: StoreProcess, connect: Callable[..., Client], table: str, compression: str
) -> None:
    client = connect(store, compress=compression)
    rows = [[number, f"B{number:06}"] for number in range(20_000)]
    client.insert(table, rows, column_names=["id", "plate"])
    assert client.query(f"SELECT * FROM {table} ORDER BY id").result_rows == [tuple(row) for row in rows]


def test_compressed_raw_insert(client: Client, table: str) -> None:
    from backports import zstd

    client.raw_insert(table, insert_block=zstd.compress(b"1\tx\n"), fmt="TSV", compression="zstd")
    assert rows_of(client, table) == 1


@pytest.mark.parametrize("value", HOSTILE)
def test_parameters_are_values_and_never_sql(client: Client, value: str) -> None:
    rows = client.query("SELECT {value:String} AS v, length({value:String})", parameters={"value": value}).result_rows
    assert rows == [(value, len(value.encode()))]


def test_parameters_of_other_types(client: Client) -> None:
    parameters = {"n": 7, "list": ["it's", "b"], "at": datetime(2026, 3, 1, tzinfo=UTC), "none": None}
    sql = "SELECT {n:UInt8}, {list:Array(String)}, {at:DateTime('UTC')}, {none:Nullable(String)}"
    row = client.query(sql, parameters=parameters, tz_mode="aware").first_row
    assert row == (7, ["it's", "b"], datetime(2026, 3, 1, tzinfo=UTC), None)


def test_a_number_parameter_takes_no_sql(client: Client, table: str) -> None:
    with pytest.raises(DatabaseError):
        client.query("SELECT {n:UInt8}", parameters={"n": f"1; DROP TABLE {table}"})
    assert rows_of(client, table) == 0


def test_identifier_parameters_work_in_inserts(client: Client, table: str) -> None:
    client.command("INSERT INTO {t:Identifier} VALUES (1, {p:String})", parameters={"t": table, "p": "it's"})
    assert client.query(f"SELECT plate FROM {table}").result_rows == [("it's",)]


@pytest.mark.parametrize("value", HOSTILE)
def test_settings_are_values_and_never_sql(client: Client, value: str) -> None:
    assert client.command(
        "SELECT getSetting('log_comment') = {v:String}", {"v": value}, settings={"log_comment": value}
    )


def test_settings_last_for_one_request(client: Client) -> None:
    assert client.command("SELECT getSetting('max_block_size')", settings={"max_block_size": 1234}) == 1234
    assert client.command("SELECT getSetting('max_block_size')") != 1234
    client.command("SET max_block_size = 4321")
    assert client.command("SELECT getSetting('max_block_size')") != 4321


def test_unknown_settings_are_an_error(store: StoreProcess, connect: Callable[..., Client]) -> None:
    from clickhouse_connect import common

    client = connect(store)
    before = common.get_setting("invalid_setting_action")
    common.set_setting("invalid_setting_action", "send")
    try:
        with pytest.raises(DatabaseError, match="UNKNOWN_SETTING"):
            client.command("SELECT 1", settings={"no_such_setting": 1})
    finally:
        common.set_setting("invalid_setting_action", before)


def test_deduplication_token_passes(client: Client, table: str) -> None:
    client.command(f"ALTER TABLE {table} MODIFY SETTING non_replicated_deduplication_window = 100")
    for token in ("a", "a", "b"):
        client.insert(table, [[1, "x"]], settings={"insert_deduplication_token": token})
    assert rows_of(client, table) == 2


def test_input_function(client: Client, table: str) -> None:
    source = "input('n UInt64, p String') FORMAT JSONEachRow"
    sql = f"INSERT INTO {table} SETTINGS max_threads = 1 SELECT n + 1, upper(p) FROM {source}"
    client.command(sql, data=b'{"n":1,"p":"b1"}\n{"n":2,"p":"b2"}\n')
    assert client.query(f"SELECT * FROM {table} ORDER BY id").result_rows == [(2, "B1"), (3, "B2")]


def test_databases(store: StoreProcess, client: Client, connect: Callable[..., Client]) -> None:
    client.command("CREATE DATABASE IF NOT EXISTS `od``d`")
    other = connect(store, database="od`d")
    other.command("CREATE TABLE here (a UInt8) ENGINE = Memory")
    assert other.command("SELECT currentDatabase()") == "od`d"
    assert client.command("EXISTS TABLE here") == 0
    with pytest.raises(DatabaseError, match="UNKNOWN_DATABASE"):
        connect(store, database="nowhere").command("SELECT 1")


def test_commands(client: Client) -> None:
    assert client.ping()
    assert client.command("SELECT 1 WHERE 0") == ""
    assert client.command("EXISTS TABLE nothing") == 0
    assert "written_rows" in client.command("CREATE TABLE commands (a UInt8) ENGINE = Memory").summary
    assert client.command("INSERT INTO commands SELECT number FROM numbers(3)").written_rows == 3
    assert json.loads(client.raw_query("SELECT 1 AS a FORMAT JSON"))["data"] == [{"a": 1}]
    assert client.query("SELECT * FROM commands LIMIT 0").column_names == ("a",)


def test_long_parameters_travel_as_form(store: StoreProcess, connect: Callable[..., Client]) -> None:
    client = connect(store, form_encode_query_params=True)
    assert client.query("SELECT length({x:String})", parameters={"x": "'" * 50_000}).first_row == (50_000,)


def test_streamed_results(client: Client) -> None:
    sql = "SELECT number, toString(number) FROM numbers(500000)"
    with client.query_row_block_stream(sql) as blocks:
        assert sum(len(block) for block in blocks) == 500_000
    with client.raw_stream("SELECT number FROM numbers(500000)", fmt="TSV") as stream:
        assert sum(chunk.count(b"\n") for chunk in stream) == 500_000


@pytest.mark.parametrize(
    ("sql", "name", "code"),
    [
        ("SELECT nothing", "UNKNOWN_IDENTIFIER", 47),
        ("SELECT * FROM nothing", "UNKNOWN_TABLE", 60),
        ("SELEC 1 1", "SYNTAX_ERROR", 62),
        ("SELECT throwIf(1)", "FUNCTION_THROW_IF_VALUE_IS_NON_ZERO", 395),
        ("SELECT 1; SELECT 2", "SYNTAX_ERROR", 62),
        ("SELECT * FROM system.one INTO OUTFILE 'x'", "NOT_IMPLEMENTED", 48),
        ("INSERT INTO nothing VALUES (1)", "UNKNOWN_TABLE", 60),
    ],
)
def test_errors(client: Client, sql: str, name: str, code: int) -> None:
    with pytest.raises(DatabaseError, match=rf"code: {code}\b.*\({name}\)") as caught:
        client.command(sql)
    assert caught.value.code == code


def test_malformed_rows_leave_nothing(client: Client, table: str) -> None:
    good = b"".join(b'{"id":%d,"plate":"x"}\n' % number for number in range(20_000))
    with pytest.raises(DatabaseError, match="CANNOT_PARSE"):
        client.raw_insert(table, insert_block=good + b'{"id":"z"}\n', fmt="JSONEachRow")
    assert rows_of(client, table) == 0


def test_many_clients_at_once(store: StoreProcess, connect: Callable[..., Client], table: str) -> None:
    clients = [connect(store) for _ in range(8)]

    def work(number: int) -> int:
        own = clients[number % 8]
        own.insert(table, [[number * 1000 + row, "x"] for row in range(100)], column_names=["id", "plate"])
        return int(own.query("SELECT {n:UInt64}", parameters={"n": number}).first_row[0])

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(work, range(80))) == list(range(80))
    assert rows_of(clients[0], table) == 8000


def test_one_client_shared_by_threads(client: Client) -> None:
    def ask(number: int) -> int:
        return int(client.query("SELECT {n:UInt64}", parameters={"n": number}).first_row[0])

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(100))) == list(range(100))


def test_so_few_merges_run_at_once_that_inserts_keep_their_memory(client: Client) -> None:
    names = ["background_pool_size", "background_merges_mutations_concurrency_ratio"]
    query = "SELECT name, value FROM system.server_settings WHERE name IN {names:Array(String)}"
    told = dict(client.query(query, parameters={"names": names}).result_rows)
    assert {name: float(value) for name, value in told.items()} == dict(zip(names, (MERGES_AT_ONCE, 1), strict=True))


def test_what_is_no_text_in_a_wrong_place_is_the_fault_of_the_row(client: Client) -> None:
    """ClickHouse quotes it, and its words are no text then: a writer must not take that for an outage."""
    client.command("CREATE TABLE moments (at Array(DateTime64(3, 'UTC'))) ENGINE = MergeTree ORDER BY tuple()")
    bad = b'{"at":["2026\xed\xa0\x8011-24 07:41:12.510"]}'
    with pytest.raises(DatabaseError) as caught:
        client.raw_insert("moments", ["at"], bad, fmt="JSONEachRow")
    assert error_code(caught.value) in DATA_ERRORS
