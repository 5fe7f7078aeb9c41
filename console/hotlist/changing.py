"""One entry put on its list, or entries taken off: checked, recorded, published."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from console.hotlist.desk import NAMED_AT_MOST, ListDesk, removals
from console.hotlist.fields import Draft, LineRefused, as_listed, entry_of
from console.hotlist.importing import to_milliseconds
from console.hotlist.standing import Standing
from pipeline.hotlist.digest import digest_of
from schemas.codec import changed, encode
from schemas.hotlist import HotlistEntry

__all__ = ["Drafted", "are_gone", "draft", "named", "put", "stands", "take_off"]


class Drafted:
    """An entry as it would be listed, compared with what is listed under its identifier."""

    def __init__(self, entry: HotlistEntry, standing: Standing) -> None:
        self.entry, self.standing = entry, standing

    @property
    def is_new(self) -> bool:
        """Nothing is listed under its identifier."""
        return self.standing.get(self.entry.entry_id) is None


def draft(desk: ListDesk, said: Mapping[str, str], now: datetime, back: timedelta) -> Drafted:
    """The entry that texts stand for; changes nothing. Raises LineRefused, also for an owner who is not the officer's.

    back: so long before now it is wanted since, unless it says otherwise.
    """
    given = Draft(to_milliseconds(now), {}, back)
    name = entry_of(said, given, lambda _: None).entry_id
    standing = Standing.of(desk.client, name)
    entry = entry_of(said, given, standing.listed_since)
    if why := desk.permit(standing)(entry):
        raise LineRefused(why, typed=entry.owner)
    return Drafted(entry, standing)


def put(desk: ListDesk, drafted: Drafted) -> None:
    """Record it, and publish it. Raises DeliveryFailed."""
    entry = drafted.entry
    desk.record("entry_added" if drafted.is_new else "entry_changed", {"entry": json.loads(encode(entry))})
    desk.publish([(entry.entry_id, encode(entry))])


def stands(desk: ListDesk, entry: HotlistEntry) -> bool:
    """Whether the store shows it as it is."""
    now = Standing.of(desk.client, entry.entry_id).get(entry.entry_id)
    return now is not None and now.digest == digest_of(entry)


def named(desk: ListDesk, names: Sequence[str]) -> list[HotlistEntry]:
    """Entries of these identifiers or plates, all of which are the officer's. Raises LineRefused."""
    found = list(desk.find(names))
    for name in names:
        if not any(one.entry_id == name or one.plate in (name, as_listed(name)) for one in found):
            raise LineRefused(f"nothing is listed as {name}: anpr hotlist show", typed=name)
    for one in found:
        if why := desk.why_not(one.owner):
            raise LineRefused(why)
    return found


def take_off(desk: ListDesk, found: Sequence[HotlistEntry], reason: str, *, in_error: bool) -> None:
    """Record it, and publish it. in_error: they should never have been listed, and their hits are taken back too.

    Raises DeliveryFailed.
    """
    about = {"entries": [one.entry_id for one in found[:NAMED_AT_MOST]], "count": len(found)}
    desk.record("entries_removed", {**about, "reason": reason.strip(), "in_error": in_error})
    if in_error:  # valid for no moment: what it hit is taken back before it goes
        desk.publish((one.entry_id, encode(changed(one, valid_until=one.valid_from))) for one in found)
    desk.publish(removals(one.entry_id for one in found))


def are_gone(desk: ListDesk, found: Sequence[HotlistEntry]) -> bool:
    """Whether the store shows none of them any more."""
    return not len(Standing.of(desk.client, *(one.entry_id for one in found[:NAMED_AT_MOST])))
