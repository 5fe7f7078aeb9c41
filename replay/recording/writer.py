"""Writes a recording: under another name until it is whole, in groups of rows, so that memory does not grow."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn

import pyarrow as pa
import pyarrow.parquet as pq

from replay.recording.format import COLUMNS, METADATA_KEY, Recorded, RecordingFault, RecordingInfo, SimulatedRun
from replay.recording.summary import Summary

__all__ = ["RecordingWriter"]

GROUP_ROWS, GROUP_BYTES = 50_000, 32_000_000
"""A group ends at one of these: it is what memory holds, here and where it is read."""
PARTIAL = ".partial"


class RecordingWriter:
    """Takes messages; `finish` makes the file. Left without it, by an error or Ctrl-C, there is none."""

    def __init__(self, path: Path, logs: Mapping[str, str], simulated: SimulatedRun | None = None) -> None:
        """logs: see `Summary`. This and all else here raise RecordingFault where the file cannot be written."""
        self._path, self._partial = path, path.with_name(path.name + PARTIAL)
        self._summary = Summary(logs, simulated)
        self._rows: list[Recorded] = []
        self._bytes = 0
        try:
            self._partial.unlink(missing_ok=True)
            self._partial.touch(mode=0o600)  # it holds number plates
            self._file = pq.ParquetWriter(
                self._partial,
                COLUMNS,
                compression="zstd",
                compression_level=3,
                use_dictionary=["topic"],
                write_page_checksum=True,
                write_statistics=["topic", "timestamp"],
            )
        except OSError as error:
            _not_written(path, error)

    def __enter__(self) -> RecordingWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._file.close()
        self._partial.unlink(missing_ok=True)

    @property
    def messages(self) -> int:
        """Messages taken."""
        return self._summary.messages

    @property
    def size_bytes(self) -> int:
        """Size of the file so far."""
        return self._partial.stat().st_size if self._partial.exists() else 0

    def add(self, message: Recorded) -> None:
        """Take one message."""
        self._rows.append(self._summary.add(message))
        self._bytes += len(message.value or b"")
        if len(self._rows) >= GROUP_ROWS or self._bytes >= GROUP_BYTES:
            self._write_group()

    def finish(self, recorded_at: datetime, headers_unreadable: int = 0) -> RecordingInfo:
        """Write what is left and the description; only now there is a file of the name.

        recorded_at: our clock. headers_unreadable: see `RecordingInfo`.
        """
        if self._rows:
            self._write_group()
        info = self._summary.info(recorded_at).model_copy(update={"headers_unreadable": headers_unreadable})
        try:
            self._file.add_key_value_metadata({METADATA_KEY: info.model_dump_json().encode()})
            self._file.close()
            self._partial.replace(self._path)
        except OSError as error:
            _not_written(self._path, error)
        return info

    def _write_group(self) -> None:
        names = [field.name for field in COLUMNS]
        columns = dict(zip(names, zip(*self._rows, strict=True), strict=True))
        columns["headers"] = [_headers(headers) for headers in columns["headers"]]
        arrays = [pa.array(columns[field.name], field.type) for field in COLUMNS]
        try:
            self._file.write_batch(pa.RecordBatch.from_arrays(arrays, schema=COLUMNS))
        except OSError as error:
            _not_written(self._path, error)
        self._rows.clear()
        self._bytes = 0


def _headers(headers: Any) -> list[dict[str, Any]]:
    return [{"name": name, "value": value} for name, value in headers]


def _not_written(path: Path, error: OSError) -> NoReturn:
    raise RecordingFault(f"{path} cannot be written: {error.strerror or error}") from error
