"""Results written to a file: what leaves the platform is in the audit, with its digest, before it is on the disk."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from anpr.cli.desk import Desk
from console.searching.files import Row, csv_bytes, geojson_bytes
from schemas.search import SearchRecord

__all__ = ["Export", "ExportRefused", "Exported", "export_to", "write_export"]

FORMATS = (".csv", ".geojson")
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
    content = geojson_bytes(rows) if path.suffix.lower() == ".geojson" else csv_bytes(rows)
    made = Exported(str(path), len(rows), hashlib.sha256(content).hexdigest())
    desk.exported(record, path.name, made.rows, made.sha256)
    try:
        with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
    except OSError as error:
        raise ExportRefused(f"--export {path}: {error.strerror}; it is recorded all the same") from error
    return made
