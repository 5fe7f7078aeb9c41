"""A whole list from a file: read and compared first, then, if it is wanted, recorded and published."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any, BinaryIO

from console.hotlist.desk import NAMED_AT_MOST, ListDesk, removals
from console.hotlist.fields import Draft, LineRefused
from console.hotlist.files import ListFile
from console.hotlist.reading import Permit, Reading, read_list
from console.hotlist.standing import Standing
from console.hotlist.writing import said_of
from console.publishing import Tell
from schemas.codec import decoder
from schemas.hotlist import HotlistEntry

__all__ = ["Import", "changes", "check_scope", "counts", "given", "gone_by", "publish", "read_file", "to_milliseconds"]

GONE_SHARE, GONE_COUNT = 0.2, 10
"""More than this share, and number, of a list is taken off by a file only by force: the file may be cut short."""
MOST_TOLD = 1000
"""Refused lines that are told one by one."""


@dataclass(frozen=True, slots=True)
class Import:
    """One file against the lists."""

    file: ListFile
    sha256: str
    standing: Standing
    reading: Reading


def check_scope(replace: bool, owner: str, kind: str) -> None:
    """Raises LineRefused where a file that is the whole list does not say of which."""
    if replace and not (owner and kind):
        raise LineRefused("--replace takes off what the file does not name: say of which list, with --owner and --kind")


def given(owner: str, kind: str, reason: str) -> Mapping[str, str]:
    """What lines that leave it out are taken to say."""
    said = {"owner": owner, "list_kind": kind, "reason": reason}
    return {name: text for name, text in said.items() if text}


def read_file(
    desk: ListDesk,
    file: ListFile,
    said: Mapping[str, str],
    permit: Callable[[Standing], Permit],
    spool: BinaryIO,
    tell: Callable[[int], None] = lambda _: None,
) -> Import:
    """Read a file and compare it with the lists as they stand; changes nothing. Raises FileRefused.

    permit: why an entry may not be listed, as `ListDesk.permit`. spool: a file for what is to be published.
    """
    digest, standing = file.digest(), Standing.of(desk.client)
    draft = Draft(to_milliseconds(datetime.now(UTC)), said)
    return Import(file, digest, standing, read_list(file.lines(), draft, standing, permit(standing), tell, spool))


def gone_by(job: Import, owner: str, kind: str, *, force: bool) -> list[str]:
    """Entries of the list that the file does not name. Raises LineRefused where they are suspiciously many."""
    of_list = list(job.standing.of_list(owner, kind))
    gone = [name for name in of_list if not job.reading.names(name)]
    if not force and len(gone) > max(GONE_COUNT, GONE_SHARE * len(of_list)):
        raise LineRefused(
            f"this file would take {len(gone):,} of {len(of_list):,} entries off the list: is it whole? "
            "Look with `anpr hotlist diff --replace`, then --force"
        )
    return gone


def publish(desk: ListDesk, job: Import, gone: Sequence[str], tell: Tell = lambda _: None) -> None:
    """Record the import, then publish what is new, changed or gone. Raises DeliveryFailed."""
    told = counts(job, gone)
    names = list(islice((name for name, _ in job.reading.to_publish(job.standing)), NAMED_AT_MOST))
    desk.record(
        "file_imported",
        {
            **{name: told[name] for name in ("lines", "new", "changed", "unchanged", "removed", "refused")},
            **{"file": job.file.path.name, "sha256": job.sha256},
            **{"entries": names, "removed_entries": gone[:NAMED_AT_MOST]},
        },
    )
    desk.publish(_all(job, gone), tell)


def _all(job: Import, gone: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    yield from job.reading.to_publish(job.standing)
    yield from removals(gone)


def counts(job: Import, gone: Sequence[str]) -> dict[str, Any]:
    """What the file does to the lists, in numbers, with the lines that are refused."""
    reading = job.reading
    return {
        "file": str(job.file.path),
        "lines": reading.lines,
        "entries": reading.entries,
        "new": reading.new,
        "changed": reading.changed,
        "unchanged": reading.unchanged,
        "removed": len(gone),
        "expired": reading.expired,
        "repeated": reading.repeated,
        "refused": len(reading.refused),
        "refused_lines": [{"line": one.number, "why": one.why} for one in reading.refused[:MOST_TOLD]],
    }


def changes(desk: ListDesk, job: Import, limit: int) -> Iterator[dict[str, Any]]:
    """New and changed entries, of the latter what was and what would be, by field."""
    decode = decoder(HotlistEntry)
    picked = [(name, decode(value)) for name, value in islice(job.reading.to_publish(job.standing), limit)]
    before = {one.entry_id: said_of(one) for one in desk.find([name for name, _ in picked])}
    for name, entry in picked:
        now, was = said_of(entry), before.get(name)
        if was is None:
            yield {"entry_id": name, "change": "new", "fields": {k: [None, v] for k, v in now.items() if v}}
        else:
            changed = {k: [was[k], v] for k, v in now.items() if v != was[k]}
            yield {"entry_id": name, "change": "changed", "fields": changed}


def to_milliseconds(moment: datetime) -> datetime:
    """As the store keeps it, so that an entry read back is the same."""
    return moment.astimezone(UTC).replace(microsecond=moment.microsecond // 1000 * 1000)
