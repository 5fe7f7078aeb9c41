"""Reads a recording, group by group."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from replay.recording.format import COLUMNS, FORMAT, METADATA_KEY, Recorded, RecordingFault, RecordingInfo

__all__ = ["Recording"]

MAGIC = b"PAR1"


class Recording:
    """An open recording. Raises RecordingFault for a file that is none, or was cut short."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = pq.ParquetFile(path, page_checksum_verification=True)
        except FileNotFoundError as error:
            raise RecordingFault(f"{path} does not exist: name a recording that `anpr replay record` wrote") from error
        except (pa.ArrowInvalid, pa.ArrowException, OSError) as error:
            raise RecordingFault(_why(path)) from error
        self.info = _described(path, self._file)
        if self._file.metadata.num_rows != self.info.messages:
            rows = self._file.metadata.num_rows
            raise RecordingFault(f"{path.name} says {self.info.messages:,} messages but holds {rows:,}")

    def __len__(self) -> int:
        return self.info.messages

    def messages(self, topics: Collection[str] | None = None) -> Iterator[Recorded]:
        """All messages, or those of these topics, in order. Raises RecordingFault for bytes that are damaged."""
        for group in range(self._file.metadata.num_row_groups):
            yield from self._rows(group, topics)

    def _rows(self, group: int, topics: Collection[str] | None) -> Iterator[Recorded]:
        for table in self._group(group):
            for row in zip(*(_values(table.column(name)) for name in COLUMNS.names), strict=True):
                topic, partition, offset, stamp_ms, key, value, headers, version = row
                if topics is None or topic in topics:
                    told = tuple((one["name"], one["value"]) for one in headers)
                    yield Recorded(topic, partition, offset, stamp_ms, key, value, told, version)

    def _group(self, group: int) -> Iterator[Any]:
        try:
            yield from self._file.iter_batches(batch_size=2_000, row_groups=[group])
        except (pa.ArrowException, OSError) as error:
            raise RecordingFault(f"{self.path.name} is damaged in its group {group + 1} of rows: {error}") from error

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def _values(column: Any) -> Sequence[Any]:
    """As Python objects; stamps as milliseconds."""
    plain = column.cast(pa.int64()) if pa.types.is_timestamp(column.type) else column
    return list(plain.to_pylist())


def _why(path: Path) -> str:
    try:
        with path.open("rb") as file:
            begins = file.read(len(MAGIC))
    except OSError as error:
        return f"{path} cannot be read: {error.strerror or error}"
    if begins == MAGIC:
        return f"{path.name} was cut short, its end is missing: copy it again, or record anew"
    return f"{path.name} is no recording: it does not begin as a Parquet file does"


def _described(path: Path, file: pq.ParquetFile) -> RecordingInfo:
    text = (file.schema_arrow.metadata or {}).get(METADATA_KEY) or (file.metadata.metadata or {}).get(METADATA_KEY)
    if text is None:
        raise RecordingFault(f"{path.name} is a Parquet file, but no recording: `anpr replay record` makes them")
    if not set(COLUMNS.names) <= set(file.schema_arrow.names):
        raise RecordingFault(f"{path.name} lacks columns of a recording: it was changed after it was written")
    try:
        return RecordingInfo.model_validate_json(text)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise RecordingFault(
            f"{path.name} is a recording of a form that this program does not know ({FORMAT}, {where}: {first['msg']})"
        ) from error
