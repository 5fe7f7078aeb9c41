"""Results as a file that leaves the platform: CSV, GeoJSON, or a PDF whose pages all carry the audit number.

The audit number is the search's: under it the auditor finds who asked, why, what was shown, and the file's digest.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from console.searching.files import Row, csv_bytes, geojson_bytes
from console.searching.pdf import pdf_table
from pipeline.plates.shapes import displayed

__all__ = ["FORMATS", "Export", "Format", "Heading", "export_of"]

Format: TypeAlias = Literal["csv", "geojson", "pdf"]
FORMATS: Mapping[Format, str] = {
    "csv": "text/csv; charset=utf-8",
    "geojson": "application/geo+json",
    "pdf": "application/pdf",
}
"""Format → media type."""


@dataclass(frozen=True, slots=True)
class Heading:
    """What a file says of itself."""

    title: str
    audit_number: str
    """Of the search."""
    officer: str
    reason: str
    case_number: str
    """Empty: none."""
    made_at: str
    """When, for people."""


@dataclass(frozen=True, slots=True)
class Export:
    """A file and its digest."""

    content: bytes
    media_type: str
    file_name: str
    rows: int
    sha256: str
    """Of the content, hex; as the audit has it."""


def export_of(wanted: Format, heading: Heading, rows: Sequence[Row], columns: Mapping[str, str]) -> Export:
    """The rows in this format. columns: of the PDF: name → title, in order; the other formats hold all."""
    content = _content(wanted, heading, rows, columns)
    name = f"search-{heading.audit_number[:8]}.{wanted}"
    return Export(content, FORMATS[wanted], name, len(rows), hashlib.sha256(content).hexdigest())


def _content(wanted: Format, heading: Heading, rows: Sequence[Row], columns: Mapping[str, str]) -> bytes:
    if wanted == "csv":
        return csv_bytes([{**row, "search_id": heading.audit_number} for row in rows])
    if wanted == "geojson":
        about = {"search_id": heading.audit_number, "officer": heading.officer, "made_at": heading.made_at}
        return geojson_bytes(rows, about)
    return pdf_table(
        heading.title,
        [
            f"Audit number {heading.audit_number}. Made {heading.made_at} for {heading.officer}.",
            f"Reason: {heading.reason}",
            *([f"File: {heading.case_number}"] if heading.case_number else []),
        ],
        f"audit number {heading.audit_number}, {heading.officer}",
        list(columns.values()),
        [[_told(name, row.get(name)) for name in columns] for row in rows],
    )


def _told(name: str, value: Any) -> str:
    """A cell on paper: plates as people read them, which the other formats leave as they are."""
    told = "" if value is None else str(value)
    return displayed(told) if name == "plate" else told
