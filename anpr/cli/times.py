"""Times as people type and read them: those of Brussels. Everything inside is UTC."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from console.searching.understanding import CLOCKS_AHEAD, DEFAULT_DAYS
from sinks.clickhouse.refusal import SearchRefused

__all__ = ["CLOCKS_AHEAD", "DEFAULT_DAYS", "LOCAL", "ago_text", "local_text", "moment_of", "time_range"]

LOCAL = ZoneInfo("Europe/Brussels")
YEARS = range(2000, 2101)
"""What a day may lie in: others are slips, and far enough off they are beyond the calendar of the store."""


def time_range(now: datetime, days: int | None, since: str | None, until: str | None) -> tuple[datetime, datetime]:
    """The time that is searched, UTC. Raises SearchRefused."""
    if days is not None and since is not None:
        raise SearchRefused("give --days or --from, not both", "range_twice")
    end = moment_of(until, "--to", timedelta(days=1)) if until else now + CLOCKS_AHEAD
    if since:
        return moment_of(since, "--from", timedelta(0)), end
    return min(now, end) - timedelta(days=days or DEFAULT_DAYS), end


def moment_of(text: str, option: str, whole_day: timedelta) -> datetime:
    """A day or a moment as typed, in Brussels time unless it says another; to a day `whole_day` is added."""
    wrong = f"{option} {text} is no day or moment: write 2026-11-25 or '2026-11-25 13:30'"
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise SearchRefused(wrong, "range_wrong") from error
    if moment.year not in YEARS:
        raise SearchRefused(wrong, "range_wrong")
    if len(text) <= len("2026-11-25"):
        moment += whole_day
    return (moment if moment.tzinfo else moment.replace(tzinfo=LOCAL)).astimezone(UTC)


def local_text(moment: datetime) -> str:
    """A moment to the second."""
    return f"{moment.astimezone(LOCAL):%Y-%m-%d %H:%M:%S}"


def ago_text(gone: timedelta) -> str:
    """A time that has passed, in its largest unit: 3 h, 2 d."""
    seconds = max(0, int(gone.total_seconds()))
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60)):
        if seconds >= length:
            return f"{seconds // length} {unit}"
    return f"{seconds} s"
