"""Results written to a file: what leaves the platform is in the audit, with its digest, before it is on the disk."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import typer

from anpr.cli.desk import Desk
from schemas.search import SearchRecord

__all__ = ["Export", "ExportRefused", "Exported", "export_to", "write_export"]

FORMATS = (".csv", ".geojson")
Row = Mapping[str, Any]
"""Column → value; `lat` and `lon`, WGS 84, are None where the place is not known."""
Export = Annotated[
    Path | None,
    typer.Option(
        help="Also write what was found to this new file, .csv or .geojson; recorded with its digest.",
        show_default=False,
    ),
]


class ExportRefused(ValueError):
    """The file cannot be written as asked."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What left the platform."""

    file: str
    rows: int
    sha256: str
    """Of the file's bytes, as the audit has it."""


def export_to(path: Path | None) -> Path | None:
    """The path, if a file may be made there. Raises ExportRefused; asked before the search is recorded."""
    if path is None:
        return None
    if path.suffix.lower() not in FORMATS:
        raise ExportRefused(f"--export {path}: the name must end in {' or '.join(FORMATS)}")
    if path.exists():
        raise ExportRefused(f"--export {path}: there is such a file already; give another name")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise ExportRefused(f"--export {path}: no file can be written in {path.parent}")
    return path


def write_export(desk: Desk, record: SearchRecord, path: Path, rows: Sequence[Row]) -> Exported:
    """Record the export, then write it, readable by its owner alone. Raises ExportRefused.

    A file that cannot be written after all stays recorded: the audit says more than happened, never less.
    """
    content = _geojson(rows) if path.suffix.lower() == ".geojson" else _csv(rows)
    made = Exported(str(path), len(rows), hashlib.sha256(content).hexdigest())
    desk.exported(record, path.name, made.rows, made.sha256)
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
    except OSError as error:
        raise ExportRefused(f"--export {path}: {error.strerror}; it is recorded all the same") from error
    return made


def _csv(rows: Sequence[Row]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]) if rows else ["plate"])
    writer.writeheader()
    writer.writerows({name: _cell(value) for name, value in row.items()} for row in rows)
    return text.getvalue().encode()


def _cell(value: Any) -> Any:
    """A text as it is, unless a spreadsheet would run it."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@")) else value


def _geojson(rows: Sequence[Row]) -> bytes:
    """RFC 7946: a point for each row, without a place where it is not known."""
    features = [{"type": "Feature", "geometry": _point(row), "properties": _properties(row)} for row in rows]
    return json.dumps({"type": "FeatureCollection", "features": features}, default=str).encode()


def _point(row: Row) -> dict[str, Any] | None:
    if row["lat"] is None or row["lon"] is None:
        return None
    return {"type": "Point", "coordinates": [row["lon"], row["lat"]]}


def _properties(row: Row) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name not in ("lat", "lon")}
