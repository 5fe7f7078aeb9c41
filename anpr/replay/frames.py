"""When the pictures of a folder were taken, as their names or the cameras' notes in them (EXIF) say."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

from PIL import ExifTags, Image, UnidentifiedImageError

from anpr.pictures import VIDEOS
from anpr.replay.pace import Pace

__all__ = ["OwnTime", "moment_in_name", "moment_in_picture", "own_times"]

NAME = re.compile(
    r"(?<!\d)(20\d\d)[-_.]?([01]\d)[-_.]?([0-3]\d)[T_\-. ]?([0-2]\d)[-_.:h]?([0-5]\d)[-_.:m]?([0-5]\d)"
    r"(?:[-_.,](\d{1,6}))?(Z?)(?!\d)"
)
"""2026-11-25_13-30-05.250, 20261125T133005Z and the like."""
EXIF_PART = 0x8769
UNREADABLE = (
    *(OSError, UnidentifiedImageError, SyntaxError, ValueError, EOFError, OverflowError, struct.error, IndexError),
    *(KeyError, TypeError, zlib.error, Image.DecompressionBombError, Image.DecompressionBombWarning),
)
"""What Pillow lets out on files that are damaged, or that claim more than anybody sends (`pipeline.vision.decode`)."""


def moment_in_name(name: str, zone: tzinfo) -> datetime | None:
    """The moment that a file name tells, UTC; in `zone` unless it ends in Z. None: it tells none."""
    for found in NAME.finditer(name):
        *numbers, fraction, utc = found.groups()
        try:
            moment = datetime(*map(int, numbers), tzinfo=UTC if utc else zone)  # type: ignore[arg-type, misc]
        except ValueError:
            continue  # digits that are no day
        return (moment + timedelta(microseconds=int((fraction or "0").ljust(6, "0")))).astimezone(UTC)
    return None


def moment_in_picture(path: Path, zone: tzinfo) -> datetime | None:
    """The moment that a camera noted in its picture (EXIF DateTimeOriginal), UTC; None: none, or none that is one."""
    try:
        with Image.open(path) as picture:
            noted = picture.getexif().get_ifd(EXIF_PART)
    except UNREADABLE:
        return None  # whether it is a picture at all is told where it is sent
    text, offset = noted.get(ExifTags.Base.DateTimeOriginal), noted.get(ExifTags.Base.OffsetTimeOriginal, "")
    part = str(noted.get(ExifTags.Base.SubsecTimeOriginal, "")).strip()
    try:
        moment = datetime.fromisoformat(str(text).replace(":", "-", 2) + str(offset))
        moment += timedelta(microseconds=int(part[:6].ljust(6, "0")) if part.isdecimal() else 0)
        return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def own_times(
    sources: Sequence[Path], zone: tzinfo, start: datetime, interval: timedelta
) -> tuple[dict[Path, datetime], int]:
    """When each file was taken, and of how many it is told by none: then all are `interval` apart from `start` on.

    Of several videos without a time each would begin at the same moment: they count as pictures here.
    """
    known = {source: moment_in_name(source.name, zone) or _noted(source, zone) for source in sources}
    told = {source: moment for source, moment in known.items() if moment is not None}
    if len(told) == len(known):
        return told, 0
    return {source: start + n * interval for n, source in enumerate(sources)}, len(known) - len(told)


def _noted(source: Path, zone: tzinfo) -> datetime | None:
    return None if source.suffix.lower() in VIDEOS else moment_in_picture(source, zone)


@dataclass(frozen=True, slots=True)
class OwnTime:
    """Pictures in the time in which they were taken (see `anpr.ingest.Timing`)."""

    times: Mapping[Path, datetime]
    pace: Pace
    stop: Callable[[], bool]
    shift: timedelta = timedelta(0)
    """Added to every time: so that the first picture was taken now."""

    def in_order(self, sources: Sequence[Path]) -> Sequence[Path]:
        """By time, then by name."""
        return sorted(sources, key=lambda source: (self.times[source], source))

    def taken_at(self, source: Path) -> datetime:
        """As its name or the camera says."""
        return self.times[source] + self.shift

    def wait(self, captured_at: datetime, meanwhile: Callable[[], object]) -> bool:
        """Until as much time has gone by as between the pictures, by the speed."""
        self.pace.wait(int(captured_at.timestamp() * 1000), meanwhile)
        return not self.stop()
