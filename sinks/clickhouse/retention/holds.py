"""Holds: what a case keeps beyond twelve months.

A hold copies what it covers into `held_passages`: what is there when it is placed by one INSERT SELECT, what comes in
later by a materialized view (migration 0007). Its release deletes the copies; what is younger than twelve months stays
in `passages` and goes when its time comes. The hold itself follows from its audit record and stays for ten years.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from clickhouse_connect.driver.client import Client

from pipeline.plates.text import compact, plate_key
from sinks.clickhouse.audit.chain import Chain
from sinks.clickhouse.audit.records import Audit, instant
from sinks.clickhouse.reasons import checked_reason
from sinks.clickhouse.refusal import SearchRefused
from sinks.clickhouse.retention.rules import YEAR

__all__ = ["UNTIL_RELEASED", "Hold", "HoldRefused", "HoldRequest", "Holds", "Released", "keeps"]

UNTIL_RELEASED = datetime(2090, 1, 1, tzinfo=UTC)
"""End of a hold, and its release, while there is none."""
MOST_PLATES, MOST_CAMERAS = 100, 100
MOST_DAYS_OF_ALL = 31
"""A hold of everybody at some cameras covers at most this many days: it keeps bystanders too."""
TRIES = 3
MAY_HOLD = ("investigator", "administrator")
_PLATE = re.compile(r"[A-Z0-9]{2,12}")
_WILD = frozenset("?*[]|")
_COPIED = """passage_id, revision, withdrawn, camera_id, captured_at, last_captured_at, received_at, plate_raw, plate,
    plate_key, plate_display, country, confidence, certainty, repaired, candidates, read_count, best_read_id,
    best_captured_at, frame_id, box, evidence, vehicle_class, direction, lane, position, late, reader,
    _log, _partition, _offset"""
_COVERED = """captured_at >= {from:DateTime64(3, 'UTC')} AND captured_at < {until:DateTime64(3, 'UTC')}
    AND (empty({cameras:Array(String)}) OR camera_id IN {cameras:Array(String)})"""
_OF_PLATES = f"""plate IN (
        SELECT plate FROM plates WHERE plate_key IN {{keys:Array(String)}}
        AND month >= toYYYYMM({{from:DateTime64(3, 'UTC')}})
    ) AND {_COVERED}"""
_OF_ALL = f"""(plate, captured_at) IN (
        SELECT plate, captured_at FROM passages_by_camera WHERE {_COVERED}
    ) AND {_COVERED}"""
_MISSING = "(passage_id, revision) NOT IN (SELECT passage_id, revision FROM held_passages WHERE hold_id = {hold:UUID})"
_COPY = f"""INSERT INTO held_passages (hold_id, case_number, held_at, {_COPIED})
SELECT {{hold:UUID}}, {{case:String}}, now64(3), {_COPIED} FROM passages_unpacked WHERE %s AND {_MISSING}"""
_COUNT = f"SELECT count() FROM passages WHERE %s AND {_MISSING}"
_LIST = """SELECT hold_id, case_number, plates, cameras, captured_from, captured_until, reason, placed_by, placed_at,
    released_by, released_at, release_reason
FROM holds FINAL ORDER BY placed_at, hold_id"""
_ROWS = """SELECT hold_id, uniqExact(passage_id),
    uniqExactIf(passage_id, captured_at < {year_ago:DateTime64(3, 'UTC')})
FROM held_passages FINAL WHERE NOT withdrawn GROUP BY hold_id"""


class HoldRefused(ValueError):
    """The hold cannot be placed or released like that; the message says what would do."""


@dataclass(frozen=True, slots=True)
class HoldRequest:
    """What a case wants to keep."""

    case_number: str
    reason: str
    plates: tuple[str, ...] = ()
    """As typed. Empty: every plate at the cameras."""
    cameras: tuple[str, ...] = ()
    """Empty: wherever the plates passed."""
    captured_from: datetime | None = None
    """None: as far back as there is anything, twelve months."""
    captured_until: datetime | None = None
    """None: until it is released."""


@dataclass(frozen=True, slots=True)
class Hold:
    """What a case keeps."""

    hold_id: UUID
    case_number: str
    plates: tuple[str, ...]
    """Compact."""
    cameras: tuple[str, ...]
    captured_from: datetime
    captured_until: datetime
    """`UNTIL_RELEASED`: no end."""
    reason: str
    placed_by: str
    placed_at: datetime
    released_by: str = ""
    released_at: datetime = UNTIL_RELEASED
    release_reason: str = ""
    rows: int = 0
    """Passages it keeps now."""
    rows_past_year: int = 0
    """Of these, how many would be gone without it."""

    @property
    def active(self) -> bool:
        """True until it is released."""
        return not self.released_by


@dataclass(frozen=True, slots=True)
class Released:
    """What a release did."""

    hold: Hold
    rows: int
    """Copies deleted."""
    rows_past_year: int
    """Of these, past twelve months: they are nowhere else."""


def keeps(hold: Hold, plate: str, camera_id: str, captured_at: datetime) -> bool:
    """Whether a hold keeps a passage, by the rule that the database applies to it.

    A plate is held with all that are read for it within its confusion class.
    """
    return (
        hold.active
        and hold.captured_from <= captured_at < hold.captured_until
        and (not hold.plates or plate_key(plate) in map(plate_key, hold.plates))
        and (not hold.cameras or camera_id in hold.cameras)
    )


class Holds:
    """Places and releases holds in the name of `actor`, and has the database keep what they cover."""

    def __init__(self, client: Client, now: Callable[[], datetime], actor: str, chain: Chain | None = None) -> None:
        """chain: of the audit, as for `Audit`."""
        self._client, self._now, self._actor = client, now, actor
        self._audit = Audit(client, now, chain)

    def place(self, asked: HoldRequest) -> Hold:
        """Keep what this covers from now on, with what is stored of it already. Raises HoldRefused."""
        self._check_authority()
        hold = _checked(asked, self._actor, self._now())
        self._audit.append("hold_placed", self._actor, _about(hold))
        for _ in range(TRIES):  # a block that was under way while the hold was placed may be in by now
            if not self.top_up(hold):
                break
        return self.get(hold.hold_id)

    def release(self, hold_id: UUID, reason: str) -> Released:
        """Give up a hold and delete its copies; the record that it was there stays. Raises HoldRefused."""
        self._check_authority()
        hold = self.get(hold_id)
        if not hold.active:
            raise HoldRefused(f"this hold was released on {hold.released_at:%Y-%m-%d} by {hold.released_by}")
        told = {"release_reason": _reason(reason, hold.plates), "rows": hold.rows, "past_year": hold.rows_past_year}
        self._audit.append("hold_released", self._actor, _about(hold) | told)
        self.drop_released()
        return Released(self.get(hold_id), hold.rows, hold.rows_past_year)

    def get(self, hold_id: UUID) -> Hold:
        """One hold. Raises HoldRefused if there is none."""
        for hold in self.list():
            if hold.hold_id == hold_id:
                return hold
        raise HoldRefused(f"there is no hold {hold_id}: `anpr store hold list` shows them")

    def list(self) -> Sequence[Hold]:
        """All holds with their rows, oldest first; the released ones too."""
        counted = self._client.query(_ROWS, parameters={"year_ago": YEAR.before(self._now())}).result_rows
        rows = {hold_id: (int(count), int(past)) for hold_id, count, past in counted}
        return [_hold(row, *rows.get(row[0], (0, 0))) for row in self._client.query(_LIST).result_rows]

    def missing(self, hold: Hold) -> int:
        """Stored passages that an active hold covers and has no copy of; 0 unless something went wrong."""
        text = _COUNT % (_OF_PLATES if hold.plates else _OF_ALL)
        return int(self._client.query(text, parameters=_scope(hold)).result_rows[0][0])

    def top_up(self, hold: Hold) -> int:
        """Copy what is missing; returns how many rows were."""
        missing = self.missing(hold)
        if missing:
            text = _COPY % (_OF_PLATES if hold.plates else _OF_ALL)
            # A repeated copy is no repeated block: after a release and a new hold it has to be taken again.
            self._client.command(text, parameters=_scope(hold), settings={"insert_deduplicate": 0})
        return missing

    def pictures(self) -> frozenset[str]:
        """Keys of the pictures that active holds keep."""
        text = """SELECT DISTINCT evidence FROM held_passages FINAL WHERE evidence != '' AND NOT withdrawn
        AND hold_id NOT IN (SELECT hold_id FROM holds WHERE revision = 2)"""
        return frozenset(row[0] for row in self._client.query(text).result_rows)

    def released_rows(self) -> int:
        """Copies of holds that are released: 0 unless a release was interrupted."""
        text = "SELECT count() FROM held_passages WHERE hold_id IN (SELECT hold_id FROM holds WHERE revision = 2)"
        return int(self._client.query(text).result_rows[0][0])

    def drop_released(self) -> int:
        """Delete copies of holds that are released, for good, on every replica; returns how many rows."""
        rows = self.released_rows()
        if rows:
            self._client.command(
                "ALTER TABLE held_passages DELETE WHERE hold_id IN (SELECT hold_id FROM holds WHERE revision = 2)",
                settings={"mutations_sync": 2, "allow_nondeterministic_mutations": 1},
            )
        return rows

    def _check_authority(self) -> None:
        """Raises HoldRefused unless the actor is registered in a role that may hold."""
        text = """SELECT count() FROM officers FINAL WHERE officer = {actor:String} AND role IN {roles:Array(String)}
        AND valid_from <= {now:DateTime64(3, 'UTC')} AND valid_until > {now:DateTime64(3, 'UTC')}"""
        given = {"actor": self._actor, "roles": list(MAY_HOLD), "now": self._now()}
        if not self._client.query(text, parameters=given).result_rows[0][0]:
            raise HoldRefused(f"{self._actor} may not hold: that takes an {' or '.join(MAY_HOLD)} (anpr officers add)")


def _hold(row: Sequence[Any], rows: int, rows_past_year: int) -> Hold:
    """One of `_LIST`."""
    hold_id, case_number, plates, cameras, *rest = row
    since, until, reason, placed_by, placed_at, released_by, released_at, release_reason = rest
    return Hold(
        hold_id=hold_id,
        case_number=case_number,
        plates=tuple(plates),
        cameras=tuple(cameras),
        captured_from=since,
        captured_until=until,
        reason=reason,
        placed_by=placed_by,
        placed_at=placed_at,
        released_by=released_by,
        released_at=released_at,
        release_reason=release_reason,
        rows=rows,
        rows_past_year=rows_past_year,
    )


def _checked(asked: HoldRequest, actor: str, now: datetime) -> Hold:
    """A hold of what was asked for. Raises HoldRefused."""
    plates = tuple(dict.fromkeys(map(_plate, asked.plates)))
    if not 1 <= len(asked.case_number.strip()) <= 64:
        raise HoldRefused("a hold belongs to a case: give its number, up to 64 characters")
    if not plates and not asked.cameras:
        raise HoldRefused("a hold needs plates, cameras or both")
    if len(plates) > MOST_PLATES or len(asked.cameras) > MOST_CAMERAS:
        raise HoldRefused(f"a hold takes up to {MOST_PLATES} plates and {MOST_CAMERAS} cameras: place several")
    earliest = YEAR.before(now)
    since = max(asked.captured_from or earliest, earliest)  # what is due by now is not brought back
    until = min(asked.captured_until or UNTIL_RELEASED, UNTIL_RELEASED)
    if since >= until:
        raise HoldRefused("nothing is left to hold: it ends before it begins, or more than twelve months ago")
    if not plates and until - since > timedelta(days=MOST_DAYS_OF_ALL):
        raise HoldRefused(f"without plates everybody is held: give a time of up to {MOST_DAYS_OF_ALL} days")
    reason = _reason(asked.reason, plates)
    return Hold(uuid4(), asked.case_number.strip(), plates, asked.cameras, since, until, reason, actor, now)


def _plate(typed: str) -> str:
    plate = compact(typed)
    if not _PLATE.fullmatch(plate) or set(typed) & _WILD:
        raise HoldRefused(f"'{typed[:40]}' is no plate in full: a hold takes no wildcards")
    return plate


def _reason(reason: str, plates: Sequence[str]) -> str:
    try:
        return checked_reason(reason, "".join(plates[:1]))
    except SearchRefused as refused:
        raise HoldRefused(str(refused)) from refused


def _about(hold: Hold) -> dict[str, Any]:
    """A hold as its audit record has it; the database makes its row of this."""
    return {
        "hold_id": str(hold.hold_id),
        "case_number": hold.case_number,
        "plates": list(hold.plates),
        "cameras": list(hold.cameras),
        "captured_from": instant(hold.captured_from),
        "captured_until": instant(hold.captured_until),
        "reason": hold.reason,
        "placed_by": hold.placed_by,
        "placed_at": instant(hold.placed_at),
    }


def _scope(hold: Hold) -> dict[str, Any]:
    return {
        "hold": hold.hold_id,
        "case": hold.case_number,
        "keys": [plate_key(plate) for plate in hold.plates],
        "cameras": list(hold.cameras),
        "from": hold.captured_from,
        "until": hold.captured_until,
    }
