"""Lists of wanted vehicles, for hotlist managers. No plate in an address; every look and change is recorded."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, File, Form, Query, UploadFile
from pydantic import BaseModel, ConfigDict, Field

from console.asking import asked, problems
from console.details import detail_in
from console.hotlist_desk import FileOfList, HotlistDesk
from console.languages import LanguageOf
from console.parts import Parts, PartsOf
from console.signin.person import Person, having
from schemas.hotlist import ListKind
from sinks.clickhouse.queries.audit_records import Sought

__all__ = ["router"]

router = APIRouter(prefix="/v1/hotlists", tags=["hotlists"], responses=problems(409))
Manager = Annotated[Person, Depends(having("hotlist_manager"))]
Text = Annotated[str, Field(max_length=1000)]


class Said(BaseModel):
    """An entry as texts, as a line of a list says it; empty: not said. Fields as `anpr hotlist import` names them."""

    model_config = ConfigDict(extra="forbid")

    plate: Annotated[str, Field(min_length=1, max_length=64)]
    """`?` one unknown character, `*` any number of them."""
    list_kind: ListKind
    owner: Annotated[str, Field(min_length=1, max_length=64)]
    """`federal`, or the police zone that answers for it."""
    reason: Annotated[str, Field(min_length=1, max_length=1000)]
    """Demonstrable, for the officer and the auditor."""
    entry_id: Text = ""
    """Empty: owner:kind:plate."""
    country: Text = ""
    priority: Text = ""
    """0 life in danger … 100 for information; empty: as the kind."""
    instruction: Text = ""
    dangerous: Text = ""
    """yes or no."""
    valid_from: Text = ""
    """Since when it is wanted; empty: some hours ago (ANPR_LOOKBACK_HOURS)."""
    valid_until: Text = ""
    case_number: Text = ""
    vehicle: Text = ""
    zones: Text = ""
    cameras: Text = ""
    circle: Text = ""
    """LATITUDE LONGITUDE METRES."""
    hours: Text = ""
    """Such as `Fr,Sa 22:00-06:00`."""


class PageAsked(BaseModel):
    """A page of entries, by identifier."""

    model_config = ConfigDict(extra="forbid")

    owner: Annotated[str, Field(max_length=64)] = ""
    """Empty: of anybody."""
    kind: ListKind | None = None
    """Null: of any."""
    after: Annotated[str, Field(max_length=128)] = ""
    """`next` of the page before; empty: the first one."""
    limit: Annotated[int, Field(ge=1, le=500)] = 50


class Names(BaseModel):
    """Entries by identifier or plate."""

    model_config = ConfigDict(extra="forbid")

    names: Annotated[list[Annotated[str, Field(min_length=1, max_length=128)]], Field(min_length=1, max_length=100)]


class Removal(Names):
    """Entries to be taken off their lists."""

    reason: Annotated[str, Field(min_length=3, max_length=1000)]
    in_error: bool = False
    """They should never have been listed: their hits are taken back too."""


class Lists(BaseModel):
    """Owner, kind, entries, wildcards, those that end within a week, hits of 24 hours; `yours`: you may change it."""

    lists: list[dict[str, Any]]


class Entries(BaseModel):
    """Entries as their contract has them (`/api/v1/schemas/hotlist_entry`), by identifier."""

    entries: list[dict[str, Any]]
    next: str | None = None
    """For `after`, to get the next page; null: there is none."""


class Log(BaseModel):
    """Who changed or looked at what, the newest first."""

    records: list[dict[str, Any]]


@router.get("")
async def list_lists(parts: PartsOf, person: Manager) -> Lists:
    """The lists and how long they are."""
    return Lists(lists=await asked(_desk(parts, person).lists))


@router.post("/page")
async def page(parts: PartsOf, person: Manager, sought: PageAsked) -> Entries:
    """Entries of a list, a page at a time. Asked by POST, as an identifier may hold a plate, which no address may."""
    found = await asked(_desk(parts, person).page, sought.owner, sought.kind or "", sought.after, sought.limit + 1)
    shown = found[: sought.limit]
    return Entries(entries=shown, next=shown[-1]["entry_id"] if len(found) > sought.limit else None)


@router.post("/find")
async def find(parts: PartsOf, person: Manager, sought: Names) -> dict[str, Any]:
    """`entries` with these identifiers or plates, and `hits` of the last 24 hours on them."""
    return await asked(_desk(parts, person).find, sought.names)


@router.post("/preview")
async def preview(parts: PartsOf, person: Manager, said: Said) -> dict[str, Any]:
    """`entry` as it would be listed, `said` in texts, `was` what is listed under its identifier. Changes nothing."""
    return await asked(_desk(parts, person).preview, _texts(said))


@router.post("/entries", status_code=HTTPStatus.CREATED)
async def add(parts: PartsOf, person: Manager, said: Said) -> dict[str, Any]:
    """List a plate, or change the entry with this identifier. `stored`: the store shows it already."""
    return await asked(_desk(parts, person).put, _texts(said))


@router.post("/removals")
async def remove(parts: PartsOf, person: Manager, removal: Removal) -> dict[str, Any]:
    """Take entries off their lists: `removed`, their identifiers. Hits that were told remain, unless in error."""
    return await asked(_desk(parts, person).take_off, removal.names, removal.reason, in_error=removal.in_error)


@router.post("/imports/preview")
async def preview_import(
    parts: PartsOf,
    person: Manager,
    language: LanguageOf,
    file: Annotated[UploadFile, File(description="CSV, JSON or JSON lines.")],
    owner: Annotated[str, Form(max_length=64)] = "",
    kind: Annotated[ListKind | None, Form()] = None,
    reason: Annotated[str, Form(max_length=1000)] = "",
    replace: Annotated[bool, Form(description="The file is the whole list of this owner and kind.")] = False,
    force: Annotated[bool, Form(description="Even if that takes off a large part of it.")] = False,
) -> dict[str, Any]:
    """What a file would change: counts, `refused_lines` with why, the first `changes`, `sha256`. Changes nothing."""
    upload = FileOfList(file.filename or "list", file.file, owner, kind or "", reason, replace, force)
    found = await asked(_desk(parts, person).preview_file, upload)
    lines = [{**one, "why": detail_in(one["why"], language)} for one in found["refused_lines"]]
    return {**found, "refused_lines": lines}


@router.post("/imports", status_code=HTTPStatus.CREATED)
async def import_list(
    parts: PartsOf,
    person: Manager,
    file: Annotated[UploadFile, File(description="The file that was looked at.")],
    sha256: Annotated[str, Form(pattern="^[0-9a-fA-F]{64}$", description="As the preview told it.")],
    owner: Annotated[str, Form(max_length=64)] = "",
    kind: Annotated[ListKind | None, Form()] = None,
    reason: Annotated[str, Form(max_length=1000)] = "",
    replace: Annotated[bool, Form()] = False,
    force: Annotated[bool, Form()] = False,
) -> dict[str, Any]:
    """List what the file names; lines that are no entries are refused by number, all others are taken."""
    upload = FileOfList(file.filename or "list", file.file, owner, kind or "", reason, replace, force)
    return await asked(_desk(parts, person).import_file, upload, sha256)


@router.get("/log")
async def log(
    parts: PartsOf,
    person: Manager,
    days: Annotated[int, Query(ge=1, le=366)] = 30,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> Log:
    """Who put what on the lists, or took it off."""
    sought = Sought(since=parts.clock.now() - timedelta(days=days), actions=("list_changed",), limit=limit)
    found = await asked(_desk(parts, person).log, sought)
    return Log(records=[asdict(one) | {"about": json.loads(one.about)} for one in found])


def _desk(parts: Parts, person: Person) -> HotlistDesk:
    return HotlistDesk(parts.store, parts.kafka, person.officer, parts.clock.now, parts.lookback)


def _texts(said: Said) -> Mapping[str, str]:
    return {name: str(value) for name, value in said.model_dump().items() if value}
