"""Where statements end and data begin, without an engine."""

import pytest

from anpr.embedded.store.errors import StoreError
from anpr.embedded.store.sql import FILE_MARK, Kind, parse_statement, quote, quote_name


@pytest.mark.parametrize(
    ("sql", "head", "format_name", "data"),
    [
        (b"INSERT INTO t FORMAT Native\n\x01\x02", b"INSERT INTO t ", "Native", b"\x01\x02"),
        (b"insert into t (a) format TSV \t\r\n1\n", b"insert into t (a) ", "TSV", b"1\n"),
        (b"INSERT INTO t FORMAT CSV\n\n1", b"INSERT INTO t ", "CSV", b"\n1"),
        (b'insert into t format JSONEachRow {"a":1}', b"insert into t ", "JSONEachRow", b'{"a":1}'),
        (b"INSERT INTO t VALUES (1), (2)", b"INSERT INTO t ", "Values", b" (1), (2)"),
        (
            b"/* FORMAT x */ INSERT INTO t SETTINGS a = 'FORMAT y' FORMAT TSV\n1",
            b"/* FORMAT x */ INSERT INTO t SETTINGS a = 'FORMAT y' ",
            "TSV",
            b"1",
        ),
        (b"INSERT INTO format FORMAT TSV\n1", b"INSERT INTO format ", "TSV", b"1"),
        (
            b"INSERT INTO db.values (format, values) FORMAT TSV\n1",
            b"INSERT INTO db.values (format, values) ",
            "TSV",
            b"1",
        ),
        (
            b"INSERT INTO `a FORMAT b` -- FORMAT c\n FORMAT TSV\n1",
            b"INSERT INTO `a FORMAT b` -- FORMAT c\n ",
            "TSV",
            b"1",
        ),
        (
            b"INSERT INTO FUNCTION null('a FORMAT b') FORMAT TSV\n1",
            b"INSERT INTO FUNCTION null('a FORMAT b') ",
            "TSV",
            b"1",
        ),
    ],
)
def test_data_are_cut_off_an_insert(sql: bytes, head: bytes, format_name: str, data: bytes) -> None:
    statement = parse_statement(sql)
    assert (statement.kind, statement.sql, statement.format, statement.data) == (
        Kind.INSERT_DATA,
        head,
        format_name,
        data,
    )


def test_data_of_an_insert_are_never_read_as_sql() -> None:
    assert parse_statement(b"INSERT INTO t FORMAT TSV\n1; DROP TABLE t FORMAT CSV").several is False


def test_input_becomes_a_file() -> None:
    statement = parse_statement(b"INSERT INTO t SELECT a FROM input('a UInt8') FORMAT TSV\n1\n")
    assert statement.kind is Kind.INSERT_INPUT
    assert statement.sql == b"INSERT INTO t SELECT a FROM file(" + FILE_MARK + b", 'a UInt8') "
    assert (statement.format, statement.data) == ("TSV", b"1\n")


@pytest.mark.parametrize(
    ("sql", "kind", "format_name"),
    [
        (b"SELECT 1", Kind.QUERY, ""),
        (b"SELECT 1 AS format FORMAT JSON", Kind.QUERY, "JSON"),
        (b"SELECT 'x FORMAT CSV'", Kind.QUERY, ""),
        (b"SELECT 1 FORMAT CSV SETTINGS max_threads = 1", Kind.QUERY, "CSV"),
        (b"INSERT INTO t SELECT 1", Kind.QUERY, ""),
        (b"INSERT INTO t SELECT * FROM values('a UInt8', 1)", Kind.QUERY, ""),
        (b"WITH 1 AS x SELECT x", Kind.QUERY, ""),
        (b"kill query where 1", Kind.KILL, ""),
    ],
)
def test_other_statements_stay_whole(sql: bytes, kind: Kind, format_name: str) -> None:
    statement = parse_statement(sql)
    assert (statement.kind, statement.sql, statement.format) == (kind, sql, format_name)


@pytest.mark.parametrize(
    ("sql", "several"),
    [
        (b"SELECT 1;", False),
        (b"SELECT 1; -- done", False),
        (b"SELECT ';' AS a, `;`", False),
        (b"SELECT 1; SELECT 2", True),
        (b"SELECT 1 /* ; */; DROP TABLE t", True),
        (b"INSERT INTO t SELECT 1; DROP TABLE t", True),
        (b"KILL QUERY WHERE 1; SELECT 1", True),
    ],
)
def test_several_statements_are_seen(sql: bytes, several: bool) -> None:
    assert parse_statement(sql).several is several


@pytest.mark.parametrize(
    "sql",
    [
        b"",
        b" -- nothing\n",
        b"SELECT 1 INTO OUTFILE '/tmp/x'",
        b"INSERT INTO t FROM INFILE '/etc/passwd' FORMAT TSV",
        b"INSERT INTO t SELECT * FROM input('a UInt8')",
        b"INSERT INTO t SELECT * FROM input() FORMAT TSV\n1",
    ],
)
def test_refused_statements(sql: bytes) -> None:
    with pytest.raises(StoreError):
        parse_statement(sql)


def test_kill_by_query_id_looks_at_the_log_comment_too() -> None:
    sql = parse_statement(b"KILL QUERY WHERE query_id = 'abc' SYNC").sql
    assert sql == b"KILL QUERY WHERE (query_id = 'abc' OR Settings['log_comment'] = 'abc') SYNC"


def test_quoting() -> None:
    assert quote("it's \\") == "'it\\'s \\\\'"
    assert quote_name("a`b\\") == "`a\\`b\\\\`"
