"""Where a hotlist manager works at the console: lists, entries, imports, and who changed what."""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, cast

from clickhouse_connect.driver.client import Client

from console.hotlist.changing import are_gone, draft, named, put, stands, take_off
from console.hotlist.desk import ListDesk
from console.hotlist.fields import LineRefused
from console.hotlist.files import FileRefused, ListFile
from console.hotlist.importing import Import, changes, check_scope, counts, given, gone_by, publish, read_file
from console.hotlist.writing import said_of
from console.plate_writing import with_writing
from console.store import Store
from pipeline.runtime.kafka import KafkaConfig
from schemas.codec import encode
from schemas.hotlist import HotlistEntry
from sinks.clickhouse.audit.chain import ChainFile
from sinks.clickhouse.queries.audit_records import RecordShown, Sought, audit_records
from sinks.clickhouse.queries.listed import entries
from sinks.clickhouse.queries.lists import LATELY, lists
from sinks.clickhouse.queries.passed_since import hits_of_entries

__all__ = ["FileOfList", "HotlistDesk", "ImportChanged"]

SHOWS_WITHIN_S, LOOK_S = 5.0, 0.1
SHOWN_CHANGES = 50
MOST_BYTES = 64_000_000
"""Of a file that is uploaded; a longer one is for `anpr hotlist import`."""


class ImportChanged(ValueError):
    """What is to be imported is not what was looked at before."""


@dataclass(frozen=True, slots=True)
class FileOfList:
    """A file as it was uploaded, and what its lines leave out."""

    name: str
    content: BinaryIO
    owner: str = ""
    kind: str = ""
    reason: str = ""
    replace: bool = False
    """The file is the whole list of this owner and kind: what it does not name is taken off."""
    force: bool = False
    """Even if that takes off a large part of the list."""


@dataclass(frozen=True, slots=True)
class HotlistDesk:
    """In the name of one hotlist manager. All of it may raise OfficerRefused, LineRefused and errors of ClickHouse."""

    store: Store
    kafka: KafkaConfig
    officer: str
    now: Callable[[], datetime]
    lookback: timedelta

    def lists(self) -> list[dict[str, Any]]:
        """The lists, counted."""
        desk = self._desk()
        return [asdict(one) | {"yours": not desk.why_not(one.owner)} for one in lists(self._client, self.now())]

    def page(self, owner: str, kind: str, after: str, limit: int) -> list[dict[str, Any]]:
        """Entries of these lists by identifier, behind one. Recorded."""
        desk = self._desk()
        found = list(entries(self._client, owner, [kind] if kind else [], after, limit))
        desk.looked_at([one.entry_id for one in found], 0)
        return list(map(_content, found))

    def find(self, names: Sequence[str]) -> dict[str, Any]:
        """Entries of these identifiers or plates, with their hits of the last 24 hours. Recorded."""
        desk = self._desk()
        found = desk.find(names)
        ids = [one.entry_id for one in found]
        hits = hits_of_entries(self._client, self.now() - LATELY, ids) if ids else []
        desk.looked_at(ids, len(hits))
        return {"entries": list(map(_content, found)), "hits": [with_writing(json.loads(encode(one))) for one in hits]}

    def preview(self, said: Mapping[str, str]) -> dict[str, Any]:
        """The entry that texts stand for, and what it would change. Changes nothing."""
        desk = self._desk()
        drafted = draft(desk, said, self.now(), self.lookback)
        before = [] if drafted.is_new else desk.find([drafted.entry.entry_id])
        was = next((_content(one) for one in before if one.entry_id == drafted.entry.entry_id), None)
        return {"entry": _content(drafted.entry), "said": said_of(drafted.entry), "was": was}

    def put(self, said: Mapping[str, str]) -> dict[str, Any]:
        """List it; waits a moment for the store. Raises DeliveryFailed."""
        desk = self._desk()
        drafted = draft(desk, said, self.now(), self.lookback)
        put(desk, drafted)
        return {"entry": _content(drafted.entry), "stored": _shows(lambda: stands(desk, drafted.entry))}

    def take_off(self, names: Sequence[str], reason: str, *, in_error: bool) -> dict[str, Any]:
        """Take entries off their lists. Raises DeliveryFailed."""
        if len(reason.strip()) < 3:
            raise LineRefused("say why it is taken off its list: found, withdrawn, listed in error …")
        desk = self._desk()
        found = named(desk, names)
        take_off(desk, found, reason, in_error=in_error)
        removed = [one.entry_id for one in found]
        return {"removed": removed, "stored": _shows(lambda: are_gone(desk, found))}

    def preview_file(self, upload: FileOfList) -> dict[str, Any]:
        """What a file would change, and which of its lines are refused. Changes nothing. Raises FileRefused."""
        desk = self._desk()
        with _read(desk, upload) as (job, gone):
            shown = list(changes(desk, job, SHOWN_CHANGES))
            desk.looked_at([one["entry_id"] for one in shown], 0)
            return {**_counts(job, gone), "changes": shown, "removed_ids": gone[:SHOWN_CHANGES]}

    def import_file(self, upload: FileOfList, sha256: str) -> dict[str, Any]:
        """List what a file names. sha256: of the file that was looked at.

        Raises FileRefused, DeliveryFailed; ImportChanged where it is another file.
        """
        desk = self._desk()
        with _read(desk, upload) as (job, gone):
            if job.sha256 != sha256.lower():
                raise ImportChanged("this is not the file that was looked at: look at it again first")
            publish(desk, job, gone)
            return _counts(job, gone)

    def log(self, sought: Sought) -> Sequence[RecordShown]:
        """Who put what on the lists, or took it off, the newest first."""
        self._desk()
        return audit_records(self.store.audit or self._client, sought)

    @property
    def _client(self) -> Client:
        return self.store.police

    def _desk(self) -> ListDesk:
        chain = self.store.chain or ChainFile(self.store.data_dir)
        desk = ListDesk(self._client, self.kafka, self.officer, chain)
        desk.require()
        return desk


@contextmanager
def _read(desk: ListDesk, upload: FileOfList) -> Iterator[tuple[Import, list[str]]]:
    """The upload under its name, read and compared, with what it would take off."""
    check_scope(upload.replace, upload.owner, upload.kind)
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as spool:
        path = Path(folder) / (Path(upload.name).name or "list")
        _keep(upload.content, path)
        said = given(upload.owner, upload.kind, upload.reason)
        job = read_file(desk, ListFile(path), said, desk.permit, spool)
        yield job, gone_by(job, upload.owner, upload.kind, force=upload.force) if upload.replace else []


def _keep(content: BinaryIO, path: Path) -> None:
    with path.open("wb") as file:
        shutil.copyfileobj(content, file, 1 << 20)
        if file.tell() > MOST_BYTES:
            raise FileRefused(f"the file is longer than {MOST_BYTES // 1_000_000} MB: anpr hotlist import takes it")


def _counts(job: Import, gone: Sequence[str]) -> dict[str, Any]:
    return counts(job, gone) | {"file": job.file.path.name, "sha256": job.sha256}


def _shows(shows: Callable[[], bool]) -> bool:
    """Whether the store shows the change within a moment; False: not yet, which need not be wrong."""
    deadline = time.monotonic() + SHOWS_WITHIN_S
    while not shows():
        if time.monotonic() > deadline:
            return False
        time.sleep(LOOK_S)
    return True


def _content(entry: HotlistEntry) -> dict[str, Any]:
    return cast(dict[str, Any], with_writing(json.loads(encode(entry))))
