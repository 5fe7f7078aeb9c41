"""What the controller looks at: who searched how much for what, and use that somebody should explain.

Nothing here proves misuse: night shifts work at night, and an investigation looks for one plate again and again. Each
finding says what is unusual about it and which searches to open.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from clickhouse_connect.driver.client import Client

from sinks.clickhouse.audit.records import instant

__all__ = ["Person", "PlatesUnreadable", "Report", "Unusual", "plates_of_officers", "report"]

SAME_PLATE, SAME_REASON, DENIALS = 5, 5, 3
"""So many within the report are told."""
VOLUME_TIMES, VOLUME_LEAST = 3.0, 20
"""Told when somebody searches three times as often as the median colleague, and at least 20 times."""
ODD_SHARE, ODD_LEAST = 0.5, 5
"""Told when half of somebody's searches, and at least 5, are at night or on a weekend."""
UNNUMBERED_SHARE, UNNUMBERED_LEAST = 0.5, 10
"""Told when half of somebody's searches, and at least 10, name no file."""
BURST_LEAST, BURST_MINUTES = 15, 5
"""Told when somebody searches so often within so many minutes of the clock."""
EXAMPLES = 5
LOCAL = "Europe/Brussels"
_CLASSES = str.maketrans("ODQILZSGB", "000112568")
"""Confusion classes, as in the store: a misread of one's own plate is one's own plate."""
# Records of the time asked for, with what the questions below need of them.
_ASKED = """
    SELECT
        action, actor, at, toTimeZone(at, {zone:String}) AS local,
        JSONExtractString(record, 'about', 'search_id') AS id,
        JSONExtractString(record, 'about', 'purpose') AS purpose,
        JSONExtractString(record, 'about', 'pattern') AS pattern,
        lowerUTF8(JSONExtractString(record, 'about', 'reason')) AS reason,
        JSONExtractString(record, 'about', 'code') AS code,
        JSONExtractString(record, 'about', 'case_number') AS case_number,
        JSONExtractInt(record, 'about', 'rows') AS shown,
        toHour(local) >= 22 OR toHour(local) < 6 AS night, toDayOfWeek(local) >= 6 AS weekend
    FROM audit
    WHERE at >= parseDateTime64BestEffort({since:String}, 3, 'UTC')
      AND at < parseDateTime64BestEffort({until:String}, 3, 'UTC')
"""
_PEOPLE = f"""
SELECT
    actor, countIf(action = 'search_opened') AS searches,
    arraySort(x -> (-x.2, x.1), arrayZip(sumMapIf([purpose], [1], action = 'search_opened').1,
        sumMapIf([purpose], [1], action = 'search_opened').2)) AS purposes,
    uniqExactIf(pattern, action = 'search_opened') AS patterns,
    countIf(action = 'search_opened' AND night) AS nights, countIf(action = 'search_opened' AND weekend) AS weekends,
    countIf(action = 'search_opened' AND (night OR weekend)) AS odd,
    countIf(action = 'search_denied') AS denied, sumIf(shown, action = 'search_shown') AS shown_rows,
    countIf(action = 'results_exported') AS exports,
    arraySlice(groupArrayIf(id, action = 'search_opened' AND (night OR weekend)), 1, {EXAMPLES}) AS odd_ids
FROM ({_ASKED})
WHERE action IN ('search_opened', 'search_shown', 'search_denied', 'results_exported')
GROUP BY actor ORDER BY searches DESC, actor"""
_REPEATED = f"""
SELECT actor, what, count(), uniqExact(toDate(local)), arraySlice(groupArray(id), 1, {EXAMPLES})
FROM (SELECT *, %s AS what FROM ({_ASKED}) WHERE action = 'search_opened')
GROUP BY actor, what HAVING count() >= {{least:UInt32}} ORDER BY count() DESC, actor LIMIT 1000"""
_DENIED = f"""
SELECT actor, count(), groupUniqArray(8)(code) FROM ({_ASKED}) WHERE action = 'search_denied'
GROUP BY actor HAVING count() >= {{least:UInt32}} ORDER BY count() DESC, actor"""
_UNNUMBERED = f"""
SELECT actor, countIf(case_number = '') AS without, count() AS searches,
    arraySlice(groupArrayIf(id, case_number = ''), 1, {EXAMPLES})
FROM ({_ASKED}) WHERE action = 'search_opened'
GROUP BY actor HAVING without >= {{least:UInt32}} AND without >= {{share:Float64}} * searches
ORDER BY without DESC, actor"""
_BURSTS = f"""
SELECT actor, max(searches), formatDateTime(argMax(begin, searches), '%Y-%m-%d %H:%i', {{zone:String}}),
    argMax(ids, searches)
FROM (
    SELECT actor, toStartOfInterval(local, INTERVAL {BURST_MINUTES} MINUTE) AS begin, count() AS searches,
        arraySlice(groupArray(id), 1, {EXAMPLES}) AS ids
    FROM ({_ASKED}) WHERE action = 'search_opened' GROUP BY actor, begin HAVING searches >= {{least:UInt32}}
) GROUP BY actor ORDER BY 2 DESC, actor"""
# Without wildcards a look in a set; with them each of the plates is tried.
_OWNED = f"""
SELECT actor, hit, count(), arraySlice(groupArray(id), 1, {EXAMPLES}) FROM (
    SELECT actor, id, translate(pattern, 'ODQILZSGB', '000112568') AS key,
        concat('^(?:', replaceAll(replaceAll(key, '?', '.'), '*', '.*'), ')$') AS regex,
        arrayJoin(if(
            match(pattern, '[?*|\\\\[]'), arrayFilter(p -> match(p, regex), {{plates:Array(String)}}),
            arrayFilter(p -> p = key, {{plates:Array(String)}})
        )) AS hit
    FROM ({_ASKED}) WHERE action = 'search_opened' AND pattern != '*'
) GROUP BY actor, hit ORDER BY actor, hit"""


@dataclass(frozen=True, slots=True)
class Person:
    """One person's use."""

    officer: str
    searches: int
    purposes: tuple[tuple[str, int], ...]
    """Purpose and searches for it, most first."""
    plates: int
    """Different patterns."""
    nights: int
    """Searches from 22 to 6 h, Brussels time."""
    weekends: int
    denied: int
    shown_rows: int
    exports: int


@dataclass(frozen=True, slots=True)
class Unusual:
    """Use that somebody should explain."""

    kind: str
    """own_plate, colleagues_plate, volume, odd_hours, burst, no_case_number, same_plate, same_reason or denials."""
    officer: str
    count: int
    detail: str
    searches: tuple[str, ...]
    """Some of the searches, by id."""


@dataclass(frozen=True, slots=True)
class Report:
    """Everything of a time."""

    people: tuple[Person, ...]
    unusual: tuple[Unusual, ...]


class PlatesUnreadable(ValueError):
    """The list of officers' plates cannot be used; the message says how it must look."""


def plates_of_officers(path: Path) -> dict[str, tuple[str, ...]]:
    """Plate, compact, to the officers whose it is; from CSV with the columns officer and plate.

    Raises PlatesUnreadable.
    """
    found: dict[str, tuple[str, ...]] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for row in csv.DictReader(file):
                plate = "".join(c for c in row["plate"].upper() if c.isalnum())
                found[plate] = (*found.get(plate, ()), row["officer"].strip())
    except (OSError, KeyError, UnicodeDecodeError, AttributeError, csv.Error) as error:
        raise PlatesUnreadable(f"{path} must be a CSV file with the columns officer and plate") from error
    return found


def report(
    client: Client, since: datetime, until: datetime, plates: dict[str, tuple[str, ...]] | None = None
) -> Report:
    """Use from `since` until before `until`. plates: as `plates_of_officers` reads them."""
    asked = {"since": instant(since), "until": instant(until), "zone": LOCAL}
    rows = client.query(_PEOPLE, parameters=asked).result_rows
    people = [_person(row) for row in rows]
    unusual = [
        *_owned(client, asked, plates or {}),
        *_volume(people),
        *_odd_hours(rows),
        *_bursts(client, asked),
        *_unnumbered(client, asked),
        *_repeated(client, asked, "same_plate", "pattern", SAME_PLATE),
        *_repeated(client, asked, "same_reason", "reason", SAME_REASON),
        *_denials(client, asked),
    ]
    return Report(tuple(people), tuple(unusual))


def _person(row: Sequence[object]) -> Person:
    actor, searches, purposes, patterns, nights, weekends, _odd, denied, shown, exports, _ids = row
    pairs = tuple((str(name), int(count)) for name, count in purposes)  # type: ignore[attr-defined]
    return Person(actor, searches, pairs, patterns, nights, weekends, denied, shown, exports)  # type: ignore[arg-type]


def _volume(people: Sequence[Person]) -> Iterator[Unusual]:
    counts = sorted(one.searches for one in people if one.searches)
    if len(counts) < 2:
        return
    median = counts[(len(counts) - 1) // 2]
    for one in people:
        if one.searches >= VOLUME_LEAST and one.searches > VOLUME_TIMES * median:
            yield Unusual("volume", one.officer, one.searches, f"the median colleague searched {median} times", ())


def _odd_hours(rows: Sequence[Sequence[object]]) -> Iterator[Unusual]:
    for actor, searches, _purposes, _patterns, nights, weekends, odd, *_rest, ids in rows:
        if odd >= ODD_LEAST and odd >= ODD_SHARE * searches:  # type: ignore[operator]
            detail = f"of {searches} searches {nights} at night, {weekends} on weekends"
            yield Unusual("odd_hours", str(actor), odd, detail, tuple(ids))  # type: ignore[arg-type]


def _bursts(client: Client, asked: dict[str, str]) -> Iterator[Unusual]:
    for actor, count, begin, ids in client.query(_BURSTS, parameters={**asked, "least": BURST_LEAST}).result_rows:
        yield Unusual("burst", actor, count, f"within {BURST_MINUTES} minutes from {begin}", tuple(ids))


def _unnumbered(client: Client, asked: dict[str, str]) -> Iterator[Unusual]:
    given = {**asked, "least": UNNUMBERED_LEAST, "share": UNNUMBERED_SHARE}
    for actor, count, searches, ids in client.query(_UNNUMBERED, parameters=given).result_rows:
        yield Unusual("no_case_number", actor, count, f"of {searches} searches", tuple(ids))


def _repeated(client: Client, asked: dict[str, str], kind: str, what: str, least: int) -> Iterator[Unusual]:
    rows = client.query(_REPEATED % what, parameters={**asked, "least": least}).result_rows
    for actor, value, count, days, ids in rows:
        yield Unusual(kind, actor, count, f"{value[:100]} ({days} days)", tuple(ids))


def _denials(client: Client, asked: dict[str, str]) -> Iterator[Unusual]:
    for actor, count, codes in client.query(_DENIED, parameters={**asked, "least": DENIALS}).result_rows:
        yield Unusual("denials", actor, count, ", ".join(sorted(codes)), ())


def _owned(client: Client, asked: dict[str, str], plates: dict[str, tuple[str, ...]]) -> Iterator[Unusual]:
    owners: dict[str, tuple[str, ...]] = {}
    for plate, names in plates.items():
        key = plate.translate(_CLASSES)
        owners[key] = (*owners.get(key, ()), *names)
    if not owners:
        return
    rows = client.query(_OWNED, parameters={**asked, "plates": list(owners)}).result_rows
    for actor, key, count, ids in rows:
        kind = "own_plate" if actor in owners[key] else "colleagues_plate"
        yield Unusual(kind, actor, count, f"plate of {', '.join(owners[key])}", tuple(ids))
