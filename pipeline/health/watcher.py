"""The watcher: counts of all cameras in by the order of the log; anomalies, rows out. All else is behind it.

Time is what the log says: a message without a camera tells how far all reads were counted, and then all files are
looked at, once a minute of that time. So what is told follows from the log and the files alone, and doing a piece of
it again after a crash tells the same again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from typing import Protocol

from pipeline.health.common import Common, unreadable_share
from pipeline.health.counting import MOST_HOURS, counted, hour_in
from pipeline.health.delays import look_at_clock, look_at_direction
from pipeline.health.hours import judged
from pipeline.health.limits import Limits
from pipeline.health.progress import is_told, reached, seconds_watched, with_look, with_progress
from pipeline.health.rows import row_of
from pipeline.health.silence import chance_of_silence
from pipeline.health.together import ALL, by_zone, looked_at_rates, silent_together, subject_of, told_silent
from pipeline.health.troubles import Troubles, kinds_of, span
from pipeline.health.week import HOUR, Usual, hour_of, hour_of_week, usual
from pipeline.moments import later
from schemas.anomaly import Anomaly
from schemas.camera import Camera
from schemas.camera_health import CameraHealth
from schemas.camera_tally import CameraTally
from schemas.codec import changed
from schemas.health_file import HealthFile

__all__ = ["Shelf", "Watcher"]

SETTLES = timedelta(minutes=1)
"""An hour is judged so long after its end."""
WATCHED_LEAST_S = 3300.0
"""Less of it, and an hour is not judged."""
SILENT = "camera_silent"
ESTABLISHED = timedelta(hours=1)
"""A camera that came so short a time ago, or was silent so long ago, says nothing about others."""


class Shelf(Protocol):
    """Where files are kept."""

    def get(self, subject: str) -> HealthFile | None:
        """The file of this subject."""
        ...

    def subjects(self) -> AbstractSet[str]:
        """All that there are."""
        ...


class Watcher:
    """Files as they become, until `taken`: `changes`, `anomalies`, `rows`."""

    def __init__(self, cameras: Mapping[str, Camera], shelf: Shelf, limits: Limits | None = None) -> None:
        """cameras: those registered, by id."""
        self._cameras, self._shelf, self._limits = cameras, shelf, limits or Limits()
        self.changes: dict[str, HealthFile | None] = {}
        self.anomalies: list[Anomaly] = []
        self.rows: list[CameraHealth] = []
        self._held: dict[str, HealthFile | None] = {}
        """All files, read once: each is looked at every minute, and decoding one takes longer than looking."""
        self._usual: dict[tuple[str, datetime], Usual | None] = {}

    def taken(self) -> None:
        """What was found is kept and sent."""
        self.changes, self.anomalies, self.rows = {}, [], []

    def take(self, tally: CameraTally) -> str:
        """One message. Returns why it was left out; empty: it was not."""
        if tally.camera_id is None:
            self._keep(with_progress(self._get(ALL), tally, ALL))
            self._look_when_due()
            return ""
        if tally.camera_id not in self._cameras:
            return "camera_unknown"
        before = self._get(tally.camera_id)
        after = counted(before, tally)
        if after is before:
            return "already_counted"
        self._keep(after)
        return ""

    # ---- files -------------------------------------------------------------------------------------------------

    def forget(self) -> None:
        """The shelf is another one now."""
        self.taken()
        self._held.clear()
        self._usual.clear()

    def _get(self, subject: str) -> HealthFile | None:
        if subject not in self._held:
            self._held[subject] = self._shelf.get(subject)
        return self._held[subject]

    def _all(self) -> HealthFile:
        file = self._get(ALL)
        assert file is not None
        return file

    def _keep(self, file: HealthFile) -> None:
        self._held[file.subject] = self.changes[file.subject] = file

    def _files(self) -> dict[str, HealthFile]:
        """Of registered cameras. Those of others go."""
        found: dict[str, HealthFile] = {}
        for subject in self._held.keys() | self._shelf.subjects():
            file = self._get(subject)
            if file is None or subject.startswith(ALL):
                continue
            if subject in self._cameras:
                found[subject] = file
            else:
                self._held[subject] = self.changes[subject] = None
        return found

    def _zone(self, camera_id: str) -> str:
        return self._cameras[camera_id].police_zone or ""

    def _rated(self, camera_id: str) -> bool:
        """Whether its rate and its silence mean something: it hangs where it is, and is never off duty."""
        return self._cameras[camera_id].kind == "fixed"

    def _is_explained(self, camera_id: str) -> bool:
        """Whether it is told already that all of its zone, or all, are silent."""
        scopes = (self._get(ALL), self._get(subject_of(self._zone(camera_id))))
        return any(file is not None and "cameras_silent" in kinds_of(file) for file in scopes)

    # ---- looking -----------------------------------------------------------------------------------------------

    def _look_when_due(self) -> None:
        all_of_them = self._all()
        at, before = reached(all_of_them), all_of_them.told_until
        if before is not None and at - before < self._limits.look_every:
            return
        self._keep(with_look(all_of_them, at, self._limits))
        self._look(at)

    def _look(self, at: datetime) -> None:
        files = {one: file for one, file in self._files().items() if is_told(file, self._all(), at)}
        self._close_hours(files, at)
        common = self._common_now(files, at)
        quiet = self._quiet(files, at, common)
        together = self._look_together(files, quiet, at)
        for camera_id, file in files.items():
            self._look_at(file, at, quiet.get(camera_id, 1.0), common, together)

    def _look_at(self, file: HealthFile, at: datetime, chance: float, common: Common, together: frozenset[str]) -> None:
        camera, troubles, limits = self._cameras[file.subject], Troubles(file), self._limits
        after = file
        if camera.kind != "upload":
            self._look_at_silence(file, at, chance, troubles, together)
            look_at_clock(file, at, troubles, limits, uploads=camera.kind != "fixed")
            after = look_at_direction(file, at, troubles, limits) if camera.kind == "fixed" else file
        if troubles.told:
            after = changed(after, open=troubles.kept())
            self.anomalies += troubles.told
        if file.told_until is None or at - file.told_until >= limits.row_every or troubles.told:
            after = changed(after, told_until=at)
            self.rows.append(row_of(after, at, common, self._zone(file.subject)))
        if after is not file:
            self._keep(after)

    def _look_at_silence(
        self, file: HealthFile, at: datetime, chance: float, troubles: Troubles, together: frozenset[str]
    ) -> None:
        if file.last_at is None or not self._rated(file.subject):
            return
        held = troubles.get(SILENT)
        if held is not None and file.last_at > held.anomaly.observed_at:
            troubles.end(SILENT, at)
            return
        explained = ALL in together or subject_of(self._zone(file.subject)) in together
        if held is None and (chance >= self._limits.silent_chance or explained):
            return
        length = at - file.last_at
        detail = f"no read for {span(length)}: by chance once in {_one_in(chance)} times"
        troubles.tell(SILENT, file.last_at, at, 1 - chance, detail, length.total_seconds())

    # ---- all at once -------------------------------------------------------------------------------------------

    def _quiet(self, files: Mapping[str, HealthFile], at: datetime, common: Common) -> dict[str, float]:
        """How likely the present silence of each camera is if all is well; those that are not silent are left out."""
        steady = self._all().steady_from
        found: dict[str, float] = {}
        for camera_id, file in files.items():
            if file.last_at is None or not self._rated(camera_id):
                continue
            since = file.last_at if steady is None else max(file.last_at, steady)
            if at - since >= self._limits.silent_at_least:
                factor = common.factor(self._zone(camera_id), camera_id)
                found[camera_id] = chance_of_silence(file, since, at, factor)
        return found

    def _look_together(
        self, files: Mapping[str, HealthFile], quiet: Mapping[str, float], at: datetime
    ) -> frozenset[str]:
        """Zones of which one silence is told, or lasts, instead of that of each camera."""
        limits = self._limits
        watched = {one: file for one, file in files.items() if self._rated(one) and _may_say(file, at)}
        zones = by_zone((one, self._zone(one)) for one in watched)
        suspects = by_zone((one, self._zone(one)) for one in watched if quiet.get(one, 1.0) < limits.suspect_chance)
        usually = {one: known.reads for one, file in watched.items() if (known := self._usual_in(file, hour_of(at)))}
        new, lasting = silent_together(suspects, zones, usually, limits)
        found: set[str] = set()
        for subject in dict.fromkeys([ALL, *map(subject_of, zones)]):
            file = self._get(subject)
            held = file is not None and "cameras_silent" in kinds_of(file)
            count = lasting.get(subject, 0) if held else new.get(subject, 0)
            if count and ALL in found and not held:
                continue  # said of all already
            if count or held:
                ours = [one for zone, of in suspects.items() for one in of if subject in (ALL, subject_of(zone))]
                since = min((watched[one].last_at or at for one in ours), default=at)
                self._tell_together(told_silent(file, subject, count, since, at))
            if count:
                found.add(subject)
        return frozenset(found)

    def _tell_together(self, told: tuple[HealthFile, Iterable[Anomaly]]) -> None:
        file, anomalies = told
        self._keep(file)
        self.anomalies += anomalies

    def _common_now(self, files: Mapping[str, HealthFile], at: datetime) -> Common:
        """Of the hour that ends now: this one so far, and as much of the last."""
        common, now = Common(), hour_of(at)
        share, before = (at - now) / HOUR, later(now, -HOUR)
        for camera_id, file in files.items():
            this, last = self._usual_in(file, now), self._usual_in(file, before)
            if this is None or last is None or SILENT in kinds_of(file) or not self._rated(camera_id):
                continue
            reads = _reads_in(file, now) + (1 - share) * _reads_in(file, before)
            common.add(camera_id, self._zone(camera_id), reads, share * this.reads + (1 - share) * last.reads, this.own)
        return common

    def _usual_in(self, file: HealthFile, hour_from: datetime) -> Usual | None:
        key = (file.subject, hour_from)
        if key not in self._usual:
            self._usual[key] = usual(file.learnt, hour_of_week(hour_from))
        return self._usual[key]

    # ---- hours that are over -----------------------------------------------------------------------------------

    def _close_hours(self, files: dict[str, HealthFile], at: datetime) -> None:
        over = hour_of(later(at, -SETTLES))
        due = {file.judged_until for file in files.values() if file.judged_until and file.judged_until < over}
        if due:
            self._usual.clear()
        # No count of an earlier hour is kept. A wrong stamp of long ago would else make millions of hours to judge.
        hour_from = max(min(due, default=over), later(over, -MOST_HOURS * HOUR))
        while hour_from < over:
            self._close(files, hour_from)
            hour_from += HOUR

    def _close(self, files: dict[str, HealthFile], hour_from: datetime) -> None:
        watched = seconds_watched(self._all(), hour_from) >= WATCHED_LEAST_S
        common = self._common_of(files, hour_from)
        if watched:
            for told in looked_at_rates({one: f for one in self._scopes(files) if (f := self._get(one))}, common,
                                        hour_from, self._limits):  # fmt: skip
                self._tell_together(told)
        for camera_id, file in files.items():
            if _is_due(file, hour_from):
                files[camera_id] = self._closed(file, hour_from, common, watched=watched)

    def _scopes(self, files: Iterable[str]) -> set[str]:
        return {ALL, *(subject_of(self._zone(one)) for one in files)}

    def _closed(self, file: HealthFile, hour_from: datetime, common: Common, *, watched: bool) -> HealthFile:
        troubles, end = Troubles(file), hour_from + HOUR
        after = file
        whole = file.first_at is not None and file.first_at < hour_from + SETTLES
        if watched and whole and self._cameras[file.subject].kind != "upload":
            after = judged(
                file, hour_from, common, troubles, self._limits, self._zone(file.subject),
                rated=self._rated(file.subject) and not self._is_explained(file.subject),
            )  # fmt: skip
        hours = tuple(one for one in after.hours if one.hour_from >= hour_from)
        after = changed(after, hours=hours, judged_until=end, open=troubles.kept(), told_until=end)
        self.anomalies += troubles.told
        self.rows.append(row_of(after, end, common, self._zone(file.subject), over=True))
        self._keep(after)
        return after

    def _common_of(self, files: Mapping[str, HealthFile], hour_from: datetime) -> Common:
        """Of an hour. Cameras that are silent, or not learnt, say nothing of it."""
        common, local_hour = Common(), hour_of_week(hour_from) % 24
        for camera_id, file in files.items():
            if not _is_due(file, hour_from):
                continue  # what it counted is let go
            expected, count = self._usual_in(file, hour_from), hour_in(file.hours, hour_from)
            if expected is not None and SILENT not in kinds_of(file) and self._rated(camera_id):
                reads = 0 if count is None else count.reads
                common.add(camera_id, self._zone(camera_id), reads, expected.reads, expected.own)
            share = unreadable_share(file.learnt, local_hour)
            if share is not None and count is not None:
                common.add_unreadable(count.unreadable, count.reads, share)
        return common


def _is_due(file: HealthFile, hour_from: datetime) -> bool:
    return file.judged_until is not None and file.judged_until <= hour_from


def _may_say(file: HealthFile, at: datetime) -> bool:
    """Whether its silence says something of others: it is known for long enough, and not silent for longer."""
    held = next((one for one in file.open if one.anomaly.kind == SILENT), None)
    known = file.first_at is not None and at - file.first_at > ESTABLISHED
    return known and (held is None or at - held.anomaly.observed_at <= ESTABLISHED)


def _reads_in(file: HealthFile, hour_from: datetime) -> int:
    count = hour_in(file.hours, hour_from)
    return 0 if count is None else count.reads


def _one_in(chance: float) -> str:
    """In words, no more exact than it is."""
    if chance < 1e-12:
        return "a thousand billion"
    return f"{float(f'{1 / chance:.1g}'):,.0f}"
