"""Entries written to a file, as `anpr hotlist import` reads them."""

from __future__ import annotations

import csv
import hashlib
import io
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from console.hotlist.fields import COLUMNS, DAYS
from console.hotlist.files import FileRefused
from schemas.codec import encode
from schemas.hotlist import Circle, HotlistEntry, Hours

__all__ = ["FORMATS", "Draftfile", "said_of"]

FORMATS = (".csv", ".jsonl")


def said_of(entry: HotlistEntry) -> dict[str, str]:
    """An entry as texts by column; what it does not say is empty."""
    return {name: _text(getattr(entry, name)) for name in COLUMNS}


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if hasattr(value, "isoformat"):
        return str(value.isoformat().replace("+00:00", "Z"))
    if isinstance(value, tuple):
        hours = value and hasattr(value[0], "begins")
        return "|".join(map(_hours, value)) if hours else " ".join(value)
    return _circle(value) if hasattr(value, "radius_m") else str(value)


def _hours(hours: Hours) -> str:
    days = ",".join(DAYS[day - 1].capitalize() for day in hours.weekdays)
    return f"{days} {hours.begins}-{hours.ends}".strip()


def _circle(circle: Circle) -> str:
    return f"{circle.center.lat} {circle.center.lon} {circle.radius_m}"


@dataclass(slots=True)
class Draftfile:
    """A file that takes its name when all is written and recorded; until then, and where that fails, there is none."""

    path: Path
    rows: int = 0
    sha256: str = ""

    def __post_init__(self) -> None:
        """Raises FileRefused."""
        if self.path.suffix.lower() not in FORMATS:
            raise FileRefused(f"{self.path}: the name must end in {' or '.join(FORMATS)}")
        if self.path.exists():
            raise FileRefused(f"{self.path}: there is such a file already; give another name")
        if not os.access(self.path.parent, os.W_OK | os.X_OK):
            raise FileRefused(f"{self.path}: no file can be written in {self.path.parent}")

    def write(self, entries: Iterable[HotlistEntry], tell: Callable[[int], None] = lambda _: None) -> None:
        """Write them beside, readable by its owner alone. Raises FileRefused."""
        digest, spell = hashlib.sha256(), _csv_lines if self.path.suffix.lower() == ".csv" else _json_lines
        try:
            with open(os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                for text in spell(self._counted(entries, tell)):
                    file.write(text)
                    digest.update(text)
        except OSError as error:
            self.drop()
            raise FileRefused(f"{self.path}: {error.strerror}") from error
        self.sha256 = digest.hexdigest()

    def _counted(self, entries: Iterable[HotlistEntry], tell: Callable[[int], None]) -> Iterator[HotlistEntry]:
        for entry in entries:
            yield entry
            self.rows += 1
            if self.rows % 1000 == 0:
                tell(self.rows)

    def keep(self) -> None:
        """Give it its name."""
        self._part.rename(self.path)

    def drop(self) -> None:
        """Remove what was written."""
        self._part.unlink(missing_ok=True)

    @property
    def _part(self) -> Path:
        return self.path.with_name(f".{self.path.name}.part")


def _json_lines(entries: Iterable[HotlistEntry]) -> Iterator[bytes]:
    return (encode(entry) + b"\n" for entry in entries)


def _csv_lines(entries: Iterable[HotlistEntry]) -> Iterator[bytes]:
    """Head and rows. With a mark of UTF-8, as spreadsheets take the file for something else without it."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(COLUMNS), lineterminator="\r\n")
    buffer.write("\ufeff")
    writer.writeheader()
    yield _taken(buffer)
    for entry in entries:
        writer.writerow(said_of(entry))
        yield _taken(buffer)


def _taken(buffer: io.StringIO) -> bytes:
    text = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return text.encode()
