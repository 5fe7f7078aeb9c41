"""Rows as CSV or GeoJSON: what the program and the API write alike."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

__all__ = ["Row", "csv_bytes", "geojson_bytes"]

Row: TypeAlias = Mapping[str, Any]
"""Column → value; `lat` and `lon`, WGS 84, are None where the place is not known."""
SPREADSHEET_RUNS = ("=", "+", "-", "@", "\t", "\r")


def csv_bytes(rows: Sequence[Row]) -> bytes:
    """A heading and the rows, all columns of the first; nothing in them runs in a spreadsheet."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else ["plate"])
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    """A text as it is, unless a spreadsheet would run it."""
    return f"'{value}" if isinstance(value, str) and value.startswith(SPREADSHEET_RUNS) else value


def geojson_bytes(rows: Sequence[Row], about: Mapping[str, Any] | None = None) -> bytes:
    """RFC 7946: a point for each row, without a place where it is not known. about: members of the collection."""
    features = [{"type": "Feature", "geometry": _point(row), "properties": _properties(row)} for row in rows]
    collection = {"type": "FeatureCollection", **(about or {}), "features": features}
    return json.dumps(collection, default=str).encode()


def _point(row: Row) -> dict[str, Any] | None:
    if row["lat"] is None or row["lon"] is None:
        return None
    return {"type": "Point", "coordinates": [row["lon"], row["lat"]]}


def _properties(row: Row) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in ("lat", "lon")}
