"""From what a line says to an entry: texts as people and spreadsheets write them, refused in words where they are none.

No refusal repeats a plate: it may end in a log.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from pydantic import ValidationError

from pipeline.hotlist.patterns import LEAST_KNOWN, is_pattern, known_characters
from pipeline.plates.text import MAX_LENGTH, compact
from schemas.codec import compiled
from schemas.hotlist import HotlistEntry
from sinks.clickhouse.refusal import Refusal

__all__ = ["COLUMNS", "PRIORITY_OF", "Draft", "LineRefused", "as_listed", "column_of", "entry_of"]

BRUSSELS = ZoneInfo("Europe/Brussels")
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "entry_id": ("id", "reference"),
    "list_kind": ("kind", "list"),
    "plate": ("plate_number", "number_plate", "nummerplaat", "plaque"),
    "country": (),
    "owner": (),
    "priority": (),
    "reason": (),
    "instruction": (),
    "dangerous": (),
    "valid_from": ("from",),
    "valid_until": ("until", "to"),
    "case_number": ("case", "file"),
    "vehicle": ("description",),
    "zones": ("zone",),
    "cameras": ("camera",),
    "circle": (),
    "hours": (),
}
"""Field of the contract → other names that a column may have."""
PRIORITY_OF = {
    "missing_person": 0,
    "wanted_person": 5,
    "stolen_vehicle": 10,
    "stolen_plate": 15,
    "surveillance": 20,
    "clone_watch": 30,
    "no_insurance": 60,
    "no_inspection": 70,
}
"""Of an entry that says none: lives first, then crimes, then papers."""
YEARS = range(2000, 2101)
DAYS = ("mo", "tu", "we", "th", "fr", "sa", "su")
YES, NO = frozenset({"yes", "true", "1", "ja", "oui", "y", "x"}), frozenset({"no", "false", "0", "nee", "non", "n", ""})
_SEPARATORS = re.compile(r"[\s.\-·_/]+")
_DAY_FIRST = re.compile(r"^(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?:[ T](\d{1,2}):(\d{2}))?$")
_WORDS = re.compile(r"[\s;|]+")
_HOURS = re.compile(r"^(?:([a-z,\- ]+)\s+)?(\d{1,2}:\d{2})\s*-\s*(\d{1,2}:\d{2})$")
_ENTRY = compiled(HotlistEntry)


class LineRefused(Refusal):
    """One line is no entry; the message says what would do. Holds no plate."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What an entry has that does not say it itself."""

    now: datetime
    """What ended before is left out."""
    given: Mapping[str, Any]
    """Values by field, for what a line leaves out."""
    back: timedelta = timedelta(0)
    """So long before now its validity begins."""


def column_of(name: str) -> str | None:
    """The field that a column is for; None: no such column."""
    told = re.sub(r"[\s-]+", "_", name.strip().lower())
    return next((field for field, others in COLUMNS.items() if told == field or told in others), None)


def entry_of(line: Mapping[str, Any], draft: Draft, listed_since: Callable[[str], datetime | None]) -> HotlistEntry:
    """The entry of a line, a compiled record. Raises LineRefused.

    line: texts, or values as in JSON, by field; empty: not said. listed_since: by identifier, since when an entry is
    valid that is there already: one that does not say since when is not new each time it is imported.
    """
    said = {**draft.given, **{name: value for name, value in line.items() if value not in ("", None)}}
    fields = {name: _READERS[name](value) if isinstance(value, str) else value for name, value in said.items()}
    for name in ("list_kind", "plate", "owner", "reason"):
        if name not in fields:
            raise LineRefused(f"{name} is missing")
    fields.setdefault("priority", PRIORITY_OF.get(fields["list_kind"]))
    fields.setdefault("entry_id", _usual_id(fields))
    fields.setdefault("valid_from", listed_since(fields["entry_id"]) or draft.now - draft.back)
    entry = _checked(fields)
    if entry.valid_until is not None and entry.valid_until <= entry.valid_from:
        raise LineRefused("valid_until is not after valid_from: are the two in the wrong order?")
    if is_pattern(entry.plate) and known_characters(entry.plate) < LEAST_KNOWN:
        raise LineRefused(f"plate has fewer than {LEAST_KNOWN} known characters: it would match a part of all traffic")
    return entry


def as_listed(plate: str) -> str:
    """A plate as it is typed, in the form in which lists have it."""
    return _SEPARATORS.sub("", plate).upper()


def _usual_id(fields: Mapping[str, Any]) -> str:
    """Of one owner, kind and plate there is one entry. Wildcards are no characters of a name."""
    plate = str(fields["plate"]).replace("?", ".").replace("*", "_")
    return f"{fields['owner']}:{fields['list_kind']}:{plate}"


def _checked(fields: Mapping[str, Any]) -> HotlistEntry:
    try:
        return msgspec.convert(fields, _ENTRY)
    except msgspec.ValidationError as error:
        raise LineRefused(_in_words(fields) or str(error)) from error


def _in_words(fields: Mapping[str, Any]) -> str:
    """Where the contract sees the first fault."""
    try:
        HotlistEntry.model_validate(fields, strict=False)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        return f"{'.'.join(map(str, first['loc']))}: {first['msg'][0].lower()}{first['msg'][1:]}"
    return ""


def _plate(text: str) -> str:
    """Upper case, without what separates its groups; wildcards stay."""
    chars = [char if char in "?*" else compact(char) for char in _SEPARATORS.sub("", text)]
    if not all(chars):
        raise LineRefused(
            "plate: letters, digits, spaces, dashes and dots only; ? for one unknown character, * for any"
        )
    plate = re.sub(r"\*+", "*", "".join(chars))
    if not plate.strip("?*"):
        raise LineRefused("plate: wildcards alone would match everybody")
    if not 2 <= len(plate) <= MAX_LENGTH:
        raise LineRefused(f"plate: 2 to {MAX_LENGTH} characters")
    return plate


def _moment(name: str, whole_day: timedelta) -> Callable[[str], datetime]:
    """Reads a day or a moment: ISO 8601, or day first as Belgium writes it; Brussels time unless it says another."""

    def read(text: str) -> datetime:
        told = text.strip()
        try:
            moment = _day_first(told) or datetime.fromisoformat(told)
        except ValueError as error:
            raise LineRefused(f"{name}: no day or moment; write 2026-11-25, 25/11/2026 or 2026-11-25 13:30") from error
        if moment.year not in YEARS:
            raise LineRefused(f"{name}: the year is not from {YEARS.start} to {YEARS.stop - 1}")
        if ":" not in told:
            moment += whole_day
        return (moment if moment.tzinfo else moment.replace(tzinfo=BRUSSELS)).astimezone(UTC)

    return read


def _day_first(text: str) -> datetime | None:
    found = _DAY_FIRST.match(text)
    if found is None:
        return None
    day, month, year, hour, minute = (int(part or 0) for part in found.groups())
    return datetime(year, month, day, hour, minute, tzinfo=BRUSSELS)


def _yes(text: str) -> bool:
    told = text.strip().lower()
    if told not in YES | NO:
        raise LineRefused("dangerous: write yes or no")
    return told in YES


def _number(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise LineRefused("priority: a whole number from 0 (life in danger) to 100") from error


def _names(text: str) -> list[str]:
    return [name for name in _WORDS.split(text.strip()) if name]


def _circle(text: str) -> dict[str, Any]:
    try:
        lat, lon, radius_m = (float(part) for part in re.split(r"[\s,;]+", text.strip()))
    except ValueError as error:
        raise LineRefused("circle: write LATITUDE LONGITUDE METRES, such as 50.846 4.352 2000") from error
    return {"center": {"lat": lat, "lon": lon}, "radius_m": round(radius_m)}


def _hours(text: str) -> list[dict[str, Any]]:
    return [_span(part.strip().lower()) for part in text.split("|") if part.strip()]


def _span(text: str) -> dict[str, Any]:
    found = _HOURS.match(text)
    if found is None:
        raise LineRefused("hours: write days and times, such as Fr,Sa 22:00-06:00, several with | between")
    days, begins, ends = found.groups()
    return {"weekdays": sorted(_weekdays(days or "")), "begins": begins.zfill(5), "ends": ends.zfill(5)}


def _weekdays(text: str) -> set[int]:
    """1 Monday … 7 Sunday."""
    found: set[int] = set()
    for part in filter(None, re.split(r"[,\s]+", text)):
        first, _, last = part.partition("-")
        if not {first[:2], (last or first)[:2]} <= set(DAYS):
            raise LineRefused("hours: days are Mo Tu We Th Fr Sa Su")
        begin, end = DAYS.index(first[:2]), DAYS.index((last or first)[:2])
        found |= {(begin + step) % 7 + 1 for step in range((end - begin) % 7 + 1)}
    return found


_READERS: Mapping[str, Callable[[str], Any]] = {
    "entry_id": str.strip,
    "list_kind": lambda text: re.sub(r"[\s-]+", "_", text.strip().lower()),
    "plate": _plate,
    "country": lambda text: text.strip().upper(),
    "owner": str.strip,
    "priority": _number,
    "reason": str.strip,
    "instruction": lambda text: re.sub(r"[\s-]+", "_", text.strip().lower()),
    "dangerous": _yes,
    "valid_from": _moment("valid_from", timedelta(0)),
    "valid_until": _moment("valid_until", timedelta(days=1)),
    "case_number": str.strip,
    "vehicle": str.strip,
    "zones": _names,
    "cameras": _names,
    "circle": _circle,
    "hours": _hours,
}
"""Field → how its text is read. Raises LineRefused."""
