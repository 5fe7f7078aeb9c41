"""What cameras make of what passes: tracks of reads, misreads, misses, duplicates, late uploads, wrong clocks.

The rates are those of `replay.conditions`, the misreads those of `replay.misread`; a camera of the small simulation
(`replay.smart`) does the same to one vehicle at a time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from replay.city import City
from replay.history.garble import misread
from replay.history.plates import DISPLAY_WIDTH, PLATE_WIDTH
from replay.history.texts import Bytes, Indices, Texts
from replay.misread import SURE_MISREAD_RATE
from replay.rush.driving import Passed
from replay.rush.network import Network
from replay.rush.plan import TrafficPlan
from replay.rush.reads import DUPLICATE, FIRST, LATE, LEZ, LISTED, RIGHT, Reads
from replay.rush.vehicles import CLASS_NAMES, FRONTLESS, Fleet, Plates
from replay.smart import MAX_READS, READ_GAP_S

__all__ = ["PLAIN", "SHOWN", "TELLS_ALL", "TEXT_ONLY", "Seen", "Watch"]

TEXT_ONLY, PLAIN, TELLS_ALL = range(3)
"""Makes of cameras: they tell the text; a candidate with its confidence; each character with its doubts."""
MAKES = (0.40, 0.35, 0.25)
SHOWN = (TEXT_ONLY,)
"""Makes that write a plate with its separators, if they read it well."""
COUNTRY_TOLD = 0.8
"""A foreign band is told in most cases only."""
DOUBT, WRONG, SURE_BUT_WRONG, PIECE = 80, (500, 750), (900, 970), (150, 450)
"""Per mille: at most so far below certain; confidence of wrong characters, of the misreads that the reader is sure of,
and of what is left of an unreadable plate."""
FAR_OFF_SHARE, FAR_OFF = 0.02, 10.0
OTHER_CLOCK_S = 4.0
"""No clock is further off: beyond, it is the cars that a control room would suspect."""
GAP_MS = round(READ_GAP_S * 1000)
LATENCY_MS = (30, 110)
DUPLICATE_MS = (10, 500)
UPLOAD_MS = 3000
"""An upload takes so long."""
MOVES_EVERY_MS = 4 * 3_600_000
"""A mobile camera stays so long at a spot."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What became of some passages."""

    passed: Passed
    camera: NDArray[np.int32]
    plates: Plates
    listed: NDArray[np.bool_]
    reads: Reads
    """Track by track."""
    tracks: NDArray[np.int64]
    """Row of `passed` of each read."""
    missed: NDArray[np.bool_]
    """Passages of which no read was made."""


class Watch:
    """All cameras of a city. `silence`: (camera, from ms, until ms) in which one sends nothing."""

    def __init__(self, plan: TrafficPlan, network: Network, fleet: Fleet) -> None:
        self._plan, self._network, self._fleet = plan, network, fleet
        self._city: City = network.city
        self.cameras = self._city.cameras
        rng = np.random.default_rng([plan.seed, 5])
        count = len(self.cameras)
        self.make = rng.choice(len(MAKES), count, p=MAKES).astype(np.uint8)
        self._skew_ms = _skews(plan.skew_s, count, rng)
        self._phase_ms = rng.integers(0, int(plan.mobile_upload_s * 1000), count)
        self._moving_from, self._patrols_from = len(self._city.sites), count - len(self._city.patrol_cars)
        self._in_lez = np.array([bool(camera.lez_zones) for camera in self.cameras])
        self._frontless = np.array([name in FRONTLESS for name in CLASS_NAMES])
        self._rota: dict[int, NDArray[np.int32]] = {}
        self._tracks = 0
        self.silence: list[tuple[int, int, int]] = []

    def camera_of(self, passed: Passed) -> NDArray[np.int32]:
        """Who watches there then; −1: nobody, as no mobile camera stands there."""
        camera = self._network.watched.camera[passed.place]
        at_spots = np.flatnonzero(camera < 0)
        shifts = passed.at_ms[at_spots] // MOVES_EVERY_MS
        for shift in np.unique(shifts).tolist():
            rows = at_spots[shifts == shift]
            camera[rows] = self._standing(shift)[-1 - camera[rows]]
        return camera

    def _standing(self, shift: int) -> NDArray[np.int32]:
        """Spot → the mobile camera that stands there in a shift."""
        found = self._rota.get(shift)
        if found is None:
            found = np.full(len(self._city.spots), -1, np.int32)
            rng = np.random.default_rng([self._plan.seed, 6, shift + 1_000_000])
            chosen = rng.choice(len(found), len(self._city.mobile), replace=False)
            found[chosen] = self._moving_from + np.arange(len(chosen))
            self._rota = {**dict(list(self._rota.items())[-2:]), shift: found}
        return found

    def see(self, passed: Passed, camera: NDArray[np.int32], rng: np.random.Generator) -> Seen:
        """Passages, each before a camera, in an order that the plan decides → their reads."""
        plates, listed = self._fleet.plates(passed.vehicle), self._fleet.listed(passed.vehicle)
        kind, way = self._fleet.classes(passed.vehicle), self._ways(passed.place)
        missed = rng.random(len(passed)) < self._plan.conditions.missed_rate
        missed |= self._frontless[kind] & (way == 1)
        missed |= self._silent(camera, passed.at_ms)
        kept = np.flatnonzero(~missed)
        often = np.minimum(rng.geometric(1 - self._plan.conditions.repeat_rate, len(kept)), MAX_READS)
        tracks = np.repeat(kept, often)
        nth = np.arange(len(tracks)) - np.repeat(np.cumsum(often) - often, often)
        text, sure = self._texts(plates, tracks, rng)
        captured_ms = passed.at_ms[tracks] + nth * GAP_MS
        marks = self._marks(tracks, nth, (text == plates.compact.chars[tracks]).all(axis=1), listed, camera)
        moving = camera[tracks] >= self._moving_from
        reads = Reads(
            camera=camera[tracks],
            place=passed.place[tracks],
            captured_ms=captured_ms + self._skew_ms[camera[tracks]],
            received_ms=self._received(captured_ms, tracks, nth, camera, rng),
            text=Texts(text),
            raw=self._raw(text, plates, tracks, camera),
            truth=plates.compact.chars[tracks],
            sure=sure,
            country=self._countries(plates, tracks, rng),
            kind=kind[tracks],
            lane=np.where(rng.random(len(passed)) < 0.35, 2, 1).astype(np.uint8)[tracks],
            way=way[tracks],
            track=self._tracks + tracks,
            nth=nth.astype(np.uint8),
            box=_boxes(nth, rng),
            marks=marks | np.where(moving, LATE, 0).astype(np.uint8),
        )
        self._tracks += len(passed)
        return Seen(passed, camera, plates, listed, reads, tracks, missed)

    def with_duplicates(self, reads: Reads, rng: np.random.Generator) -> Reads:
        """… and those that are sent twice."""
        again = reads.take(np.flatnonzero(rng.random(len(reads)) < self._plan.conditions.duplicate_rate))
        later = again.received_ms + rng.integers(*DUPLICATE_MS, len(again))
        marks = ((again.marks | DUPLICATE) & ~np.uint8(FIRST)).astype(np.uint8)
        return Reads.joined([reads, replace(again, received_ms=later, marks=marks)])

    def _ways(self, place: NDArray[np.int32]) -> NDArray[np.uint8]:
        """As a read tells it. At a crossing a patrol car reads what is parked, which goes nowhere."""
        departing = self._network.watched.departing
        on_road = place < len(departing)
        return np.where(on_road, 1 + departing[np.where(on_road, place, 0)], 0).astype(np.uint8)

    def _silent(self, camera: NDArray[np.int32], at_ms: Indices) -> NDArray[np.bool_]:
        silent = np.zeros(len(camera), np.bool_)
        for one, from_ms, until_ms in self.silence:
            silent |= (camera == one) & (at_ms >= from_ms) & (at_ms < until_ms)
        return silent

    def _texts(self, plates: Plates, tracks: Indices, rng: np.random.Generator) -> tuple[Bytes, NDArray[np.int16]]:
        """Texts and the confidence of each character."""
        true = plates.compact.chars[tracks]
        wrong = np.flatnonzero(rng.random(len(tracks)) < self._plan.conditions.misread_rate)
        text = true.copy()
        text[wrong] = misread(Texts(true[wrong]), rng).chars
        sure = (1000 - rng.random(text.shape, dtype=np.float32) ** 2 * DOUBT).astype(np.int16)
        _doubt(sure, text, true, wrong, rng)
        covered = rng.random(len(plates.compact.chars)) < self._plan.unreadable_rate
        pieces = np.flatnonzero(covered[tracks])
        text[pieces] = _pieces(true[pieces], rng)
        sure[pieces] = rng.integers(*PIECE, (len(pieces), PLATE_WIDTH))
        return text, sure

    def _marks(
        self, tracks: Indices, nth: Indices, right: NDArray[np.bool_], listed: NDArray[np.bool_],
        camera: NDArray[np.int32],
    ) -> NDArray[np.uint8]:  # fmt: skip
        track_right = np.zeros(len(listed), np.bool_)
        track_right[tracks[right]] = True
        marks = np.where(nth == 0, FIRST, 0) | np.where(track_right[tracks], RIGHT, 0)
        marks |= np.where(listed[tracks], LISTED, 0) | np.where(self._in_lez[camera[tracks]], LEZ, 0)
        return marks.astype(np.uint8)

    def _received(
        self, captured_ms: Indices, tracks: Indices, nth: Indices, camera: NDArray[np.int32], rng: np.random.Generator
    ) -> Indices:
        """At once; from a moving camera with its next upload, the reads of a track one after the other."""
        received: Indices = captured_ms + rng.integers(*LATENCY_MS, len(captured_ms))
        takes_ms = rng.integers(0, UPLOAD_MS, len(camera))
        seen_by = camera[tracks]
        rows = np.flatnonzero(seen_by >= self._moving_from)
        conditions = self._plan.conditions
        is_patrol = seen_by[rows] >= self._patrols_from
        every = np.where(is_patrol, conditions.patrol_upload_s, self._plan.mobile_upload_s) * 1000
        phase = np.where(is_patrol, conditions.first_upload_s * 1000, self._phase_ms[seen_by[rows]])
        upload = np.ceil((captured_ms[rows] - nth[rows] * GAP_MS + 1000 - phase) / every) * every + phase
        received[rows] = upload.astype(np.int64) + takes_ms[tracks[rows]] + nth[rows]
        return received

    def _raw(self, text: Bytes, plates: Plates, tracks: Indices, camera: NDArray[np.int32]) -> Texts:
        raw = np.pad(text, ((0, 0), (0, DISPLAY_WIDTH - PLATE_WIDTH)))
        well = (text == plates.compact.chars[tracks]).all(axis=1)
        rows = np.flatnonzero(well & np.isin(self.make[camera[tracks]], SHOWN))
        raw[rows] = plates.display.chars[tracks[rows]]
        return Texts(raw)

    def _countries(self, plates: Plates, tracks: Indices, rng: np.random.Generator) -> NDArray[np.uint8]:
        codes = plates.country.codes[tracks]
        told = (codes == 1) | (rng.random(len(tracks)) < COUNTRY_TOLD)
        return np.where(told, codes, 0).astype(np.uint8)


def _skews(spread_s: float, count: int, rng: np.random.Generator) -> Indices:
    factor = np.where(rng.random(count) < FAR_OFF_SHARE, FAR_OFF, 1.0)
    skew_s = (rng.normal(0.0, 1.0, count) * spread_s * factor).clip(-OTHER_CLOCK_S, OTHER_CLOCK_S)
    return (skew_s * 1000).astype(np.int64)


def _doubt(
    sure: NDArray[np.int16], text: Bytes, true: Bytes, wrong: Indices, rng: np.random.Generator
) -> None:  # fmt: skip
    """Wrong characters are doubted, unless the reader is sure; of a text of other length, an edge."""
    differs = text[wrong] != true[wrong]
    lengths = np.count_nonzero(text[wrong], axis=1)
    other_length = np.flatnonzero(lengths != np.count_nonzero(true[wrong], axis=1))
    differs[other_length] = False
    edge = np.where(rng.random(len(other_length)) < 0.5, 0, lengths[other_length] - 1)
    differs[other_length, edge] = True
    is_sure = rng.random(len(wrong)) < SURE_MISREAD_RATE
    low = np.where(is_sure, SURE_BUT_WRONG[0], WRONG[0])[:, None]
    high = np.where(is_sure, SURE_BUT_WRONG[1], WRONG[1])[:, None]
    doubted = (low + rng.random(differs.shape) * (high - low)).astype(np.int16)
    sure[wrong] = np.where(differs, doubted, sure[wrong])


def _pieces(true: Bytes, rng: np.random.Generator) -> Bytes:
    """Three or four characters from the front, or from behind the second."""
    from_ = np.where(rng.random(len(true)) < 0.5, 0, 2)[:, None]
    place = np.arange(true.shape[1])[None, :]
    left = np.take_along_axis(true, (place + from_).clip(max=true.shape[1] - 1), axis=1)
    return np.where(place < rng.integers(3, 5, len(true))[:, None], left, 0).astype(np.uint8)


def _boxes(nth: Indices, rng: np.random.Generator) -> NDArray[np.int16]:
    """A plate at a usual place in a 1920 × 1080 picture, growing from look to look."""
    width = rng.integers(110, 170, len(nth)) + 15 * nth
    return np.stack([rng.integers(300, 1500, len(nth)), 500 + 40 * nth, width], axis=1).astype(np.int16)
