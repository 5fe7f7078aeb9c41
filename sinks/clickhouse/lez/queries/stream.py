"""Records of a contract out of the store's blocks, one after another, so that millions need no memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

from clickhouse_connect.driver.client import Client
from clickhouse_connect.driver.exceptions import DatabaseError

from schemas.base import Contract
from schemas.codec import compiled
from sinks.clickhouse.refusal import refusal_of

__all__ = ["streamed"]

Record = TypeVar("Record", bound=Contract)


def streamed(client: Client, model: type[Record], names: Sequence[str], source: str, **given: Any) -> Iterator[Record]:
    """Compiled records of these fields, from `source`: FROM and what follows. They were checked when they were stored.

    given: values of the `{name:Type}` parameters. Raises SearchRefused when the database refuses the search; other
    errors of ClickHouse pass through.
    """
    make = _maker(names, model)
    try:
        with client.query_row_block_stream(f"SELECT {', '.join(names)} {source}", parameters=given) as blocks:
            for block in blocks:
                yield from map(make, block)
    except DatabaseError as error:
        refused = refusal_of(error)
        if refused is None:
            raise
        raise refused from error


def _maker(names: Sequence[str], model: type[Record]) -> Callable[[Sequence[Any]], Record]:
    """A function of a row. The store says '' where a field may be absent, and gives lists for tuples."""
    shape = compiled(model)
    absent = [place for place, name in enumerate(names) if model.model_fields[name].default is None]
    lists = [place for place, name in enumerate(names) if model.model_fields[name].default == ()]

    def make(row: Sequence[Any]) -> Record:
        values = list(row)
        for place in absent:
            if values[place] == "":
                values[place] = None
        for place in lists:
            values[place] = tuple(values[place])
        return shape(**dict(zip(names, values, strict=True)))

    return make
