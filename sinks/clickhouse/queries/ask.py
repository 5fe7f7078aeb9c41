"""Runs a question's SQL with bound parameters and gives typed rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from functools import cache
from importlib.resources import files
from typing import Any, TypeVar

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from sinks.clickhouse.refusal import refusal_of

__all__ = ["ask", "ask_sql", "sql_of"]

Row = TypeVar("Row")


@cache
def sql_of(name: str) -> str:
    """Text of `NAME.sql`. Its first lines, comments, say what it answers and which parameters it takes."""
    return files(__package__).joinpath(f"{name}.sql").read_text("utf-8")


def ask(
    client: Client, name: str, row: type[Row], settings: dict[str, Any] | None = None, **given: Any
) -> Sequence[Row]:
    """Rows of the question `name`, as dataclasses whose fields are its columns, in any order.

    given: values of the `{name:Type}` parameters. Raises SearchRefused when the database refuses the search;
    other errors of ClickHouse pass through.
    """
    return ask_sql(client, sql_of(name), row, settings, **given)


def ask_sql(
    client: Client, sql: str, row: type[Row], settings: dict[str, Any] | None = None, **given: Any
) -> Sequence[Row]:
    """The same for a text that was put together from files, never from what people typed."""
    try:
        result = client.query(sql, parameters=given, settings=settings or {})
    except DatabaseError as error:
        refused = refusal_of(error)
        if refused is None:
            raise
        raise refused from error
    if not result.result_rows:
        return []  # no rows, no columns: there is no block to tell their names
    places = [result.column_names.index(field.name) for field in fields(row)]  # type: ignore[arg-type]
    return [row(*(values[place] for place in places)) for values in result.result_rows]
