"""Rows as the records of the contract that they came from: the way back from `rows`."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from clickhouse_connect.driver.client import Client

from schemas.base import Contract
from schemas.codec import compiled

__all__ = ["left_out", "records"]

LOGGER = logging.getLogger(__name__)
Record = TypeVar("Record", bound=Contract)
FORMAT = {
    "date_time_output_format": "iso",
    "output_format_json_quote_64bit_integers": 0,
    "output_format_json_named_tuples_as_objects": 1,
}
NOWHERE = {"lat": 0, "lon": 0}
UNTOLD = (None, "", str(UUID(int=0)), NOWHERE, {"x": 0, "y": 0, "w": 0, "h": 0}, {"center": NOWHERE, "radius_m": 0})
"""How a column says that a field which may be absent is: see the comments of the migrations."""


def records(
    client: Client, sql: str, model: type[Record], *, unfit: Callable[[str], None] | None = None, **given: Any
) -> Iterator[Record]:
    """Compiled records out of the columns that are named as the model's fields; others are left out.

    given: values of the `{name:Type}` parameters. Errors of ClickHouse pass through. A row may hold what the contract
    does not allow, as the sink looks at the fields that every message must have alone: `unfit` is told the contract's
    name, and the row is left out; without it that is a ValidationError of msgspec.
    """
    answer = client.raw_query(sql, parameters=given, settings=FORMAT, fmt="JSONEachRow")
    shape, optional = compiled(model), _optional(model)
    decode: Callable[[bytes], dict[str, Any]] = msgspec.json.Decoder(dict[str, Any]).decode
    for line in answer.splitlines():
        row = decode(line).items()
        told = {name: _parts(value) for name, value in row if not (name in optional and value in UNTOLD)}
        try:
            record = msgspec.convert(told, shape)
        except msgspec.ValidationError:
            if unfit is None:
                raise
            unfit(model.contract)
            continue
        yield record


def _parts(value: Any) -> Any:
    """Of a list of parts what each of them tells; anything else as it is."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return [{name: one for name, one in part.items() if one not in UNTOLD} for part in value]
    return value


def _optional(model: type[Contract]) -> frozenset[str]:
    """Fields that may be absent."""
    return frozenset(name for name, field in model.model_fields.items() if field.default is None)


def left_out(contract: str) -> None:
    """`unfit` of a worker: one row that nobody could have meant must not end it, again at each start."""
    LOGGER.error("a stored %s is not what its contract allows: it is left out", contract)
