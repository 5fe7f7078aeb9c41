"""What the pipeline would have told of a history: columns of passages, revisions and withdrawals included."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from replay.city import City, build_city
from replay.history.garble import KEY_CLASS, alternative, garbled
from replay.history.plan import HistoryPlan
from replay.history.plates import DISPLAY_WIDTH, PLATE_WIDTH, spell
from replay.history.texts import Bytes, Codes, Indices, Texts, joined
from replay.history.trips import DAY_MS, Chains, Passed, drive_day

__all__ = ["Candidates", "History", "Passages"]

FRAME_EVERY = 6
"""One camera in so many sends frames, read by our engine: with detail per character, frame and picture."""
MISREAD_SHARE = 0.025
"""Of passages, after the consensus of their reads."""
SURE_MISREAD_SHARE = 0.1
"""Of misreads: certainty is no guard."""
DOUBTFUL_SHARE = 0.04
"""Of passages read rightly."""
REPAIRED_SHARE = 0.02
SEPARATED_SHARE = 0.15
"""Of passages of smart cameras: text sent with its separators."""
MORE_READS = 0.35
"""Chance of one more read after each, up to MOST_READS."""
MOST_READS = 8
READ_GAP_MS = 200
REVISED_SHARE = 0.05
"""Of passages: told once more, with more reads."""
CORRECTED_SHARE = 0.2
"""Of misreads: a later revision withdraws the wrong plate and tells the right one."""
LATE_SHARE = 0.005
LATE_MOST_MS = 20 * 3_600_000
CLASSES = ("", "car", "van", "truck", "bus", "motorcycle")
CLASS_SHARES = (0.02, 0.8, 0.1, 0.05, 0.01, 0.02)
CANDIDATE_PLACES = 12
ALTERNATIVES = 2
HEX = np.frombuffer(b"".join(b"%02x" % n for n in range(256)), np.uint8).reshape(256, 2)
Self = TypeVar("Self")


class _Rows:
    """Columns that can be picked by row."""

    __slots__ = ()

    def take(self: Self, rows: Indices) -> Self:
        """These rows, in this order."""
        picked = {}
        for field in fields(self):  # type: ignore[arg-type]
            column = getattr(self, field.name)
            picked[field.name] = column[rows] if isinstance(column, np.ndarray) else column.take(rows)
        return type(self)(**picked)


@dataclass(frozen=True, slots=True)
class Candidates(_Rows):
    """One text for each passage, a second one for some; detail where our engine read."""

    confidence: NDArray[np.float32]
    detailed: NDArray[np.bool_]
    chars: NDArray[np.float32]
    """(rows, 12): confidence of each character of the plate."""
    alternatives: NDArray[np.int64]
    """How many places have one: the least sure ones first."""
    place: NDArray[np.uint8]
    """(rows, 2)."""
    other: Bytes
    """(rows, 2): the other character."""
    share: NDArray[np.float32]
    """(rows, 2)."""
    second: NDArray[np.bool_]
    """Whether there is a second text: the plate with its least sure character replaced."""
    second_text: Texts
    second_confidence: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Passages(_Rows):
    """A block of messages of the topic `passages`, by columns. Times: ms since the epoch."""

    passage_id: Bytes
    """(rows, 16), big end first, as all identifiers."""
    revision: NDArray[np.uint32]
    withdrawn: NDArray[np.bool_]
    camera_id: Codes
    captured_at: Indices
    last_captured_at: Indices
    received_at: Indices
    best_captured_at: Indices
    plate_raw: Texts
    plate: Texts
    plate_key: Texts
    plate_display: Texts
    country: Codes
    confidence: NDArray[np.float32]
    certainty: Codes
    repaired: NDArray[np.bool_]
    candidates: Candidates
    read_count: NDArray[np.uint32]
    best_read_id: Bytes
    frame_id: Bytes
    """All zero: none."""
    box: NDArray[np.uint32]
    """(rows, 4): x, y, w, h."""
    evidence: Texts
    vehicle_class: Codes
    direction: Codes
    lane: NDArray[np.uint8]
    late: NDArray[np.bool_]
    reader: Codes
    offset: NDArray[np.uint64]

    def __len__(self) -> int:
        return len(self.captured_at)


class History:
    """Passages of a plan, in blocks about in order of time. The same plan and block size give the same rows."""

    def __init__(self, plan: HistoryPlan, block: int = 50_000) -> None:
        self.plan = plan
        self.city: City = build_city(plan.seed, plan.cameras, patrol_cars=0)
        self._chains = Chains.of(self.city, plan.seed)
        self._ids = tuple(site.camera.camera_id for site in self.city.sites)
        self._block = block

    def blocks(self) -> Iterator[Passages]:
        """All of them. Of so many rows as the plan says, each with a number of its own, and revisions besides."""
        offset = 0
        for day in range(self.plan.days):
            rng = np.random.default_rng([self.plan.seed, 3, day])
            midnight = round((self.plan.start + timedelta(days=day)).timestamp() * 1000)
            for passed in drive_day(self.plan, self._chains, day, self._block):
                told = _revised(_Teller(passed, midnight, self._ids, rng).told(), passed, rng)
                told.offset[:] = np.arange(offset, offset + len(told))
                offset += len(told)
                yield told


class _Teller:
    """Makes the columns of one block. Draws in a fixed order, so that the same seed gives the same rows."""

    def __init__(self, passed: Passed, midnight_ms: int, ids: tuple[str, ...], rng: np.random.Generator) -> None:
        self._passed, self._rng, self._rows = passed, rng, len(passed.at_ms)
        self._camera = Codes(ids, passed.camera.astype(np.uint16))
        self._captured = midnight_ms + passed.at_ms
        self._frames = passed.camera % FRAME_EVERY == 0
        self._misread = rng.random(self._rows) < MISREAD_SHARE
        sure = np.where(self._misread, SURE_MISREAD_SHARE, 1 - DOUBTFUL_SHARE)
        self._doubtful = rng.random(self._rows) >= sure
        self._reads = np.minimum(rng.geometric(1 - MORE_READS, self._rows), MOST_READS)

    def told(self) -> Passages:
        """First tellings."""
        zeros = np.zeros(self._rows, np.uint64)
        return Passages(
            withdrawn=zeros.astype(np.bool_),
            revision=self._reads.astype(np.uint32),
            camera_id=self._camera,
            captured_at=self._captured,
            offset=zeros,
            **self._texts(),
            **self._picture(),
            **self._sight(),
        )

    def _texts(self) -> dict[str, Any]:
        rng, rows = self._rng, self._rows
        plate, display, country = self._plates()
        confidence = np.where(self._doubtful, rng.uniform(0.45, 0.85, rows), 1 - rng.random(rows) ** 2 * 0.1)
        confidence = confidence.round(3).astype(np.float32)
        separated = (rng.random(rows) < SEPARATED_SHARE) & ~self._frames
        return {
            "plate": plate,
            "plate_key": Texts(KEY_CLASS[plate.chars]),
            "plate_display": display,
            "plate_raw": Texts(np.where(separated[:, None], display.chars, _wide(plate))),
            "country": country,
            "confidence": confidence,
            "certainty": Codes(("sure", "doubtful"), self._doubtful.astype(np.uint16)),
            "repaired": rng.random(rows) < REPAIRED_SHARE,
            "candidates": _candidates(plate, confidence, self._frames, self._doubtful, rng),
        }

    def _plates(self) -> tuple[Texts, Texts, Codes]:
        """Compact, as shown, country. A misread is shown compact: it has no national form."""
        spelt = spell(self._passed.vehicle)
        wrong = np.flatnonzero(self._misread)
        misread = garbled(spelt.plate.take(wrong), self._rng)
        spelt.plate.chars[wrong] = misread.chars
        spelt.display.chars[wrong] = _wide(misread)
        return spelt.plate, spelt.display, spelt.country

    def _picture(self) -> dict[str, Any]:
        """Identifiers and times of the reads, and the picture that is shown."""
        rng, rows, several = self._rng, self._rows, self._reads > 1
        last = self._captured + (self._reads - 1) * READ_GAP_MS + several * rng.integers(-40, 40, rows)
        best = self._best(last)
        late = rng.random(rows) < LATE_SHARE
        delay = np.where(late, rng.integers(3_600_000, LATE_MOST_MS, rows), rng.integers(40, 1200, rows))
        identifier = _identifiers(rows, rng)
        frame = np.where(self._frames[:, None], _identifiers(rows, rng), np.uint8(0))
        return {
            "last_captured_at": last,
            "best_captured_at": best,
            "received_at": last + delay,
            "late": late,
            "passage_id": identifier,
            "best_read_id": np.where((best == self._captured)[:, None], identifier, _identifiers(rows, rng)),
            "frame_id": frame,
            "evidence": _evidence(self._camera, best, frame, self._frames),
        }

    def _best(self, last: Indices) -> Indices:
        """Moments of the best reads: of several, the first or any other."""
        later = 1 + (self._rng.random(self._rows) * (self._reads - 1)).astype(np.int64)
        nth = np.where(self._rng.random(self._rows) < 0.5, 0, np.minimum(later, self._reads - 1))
        between = self._captured + nth * READ_GAP_MS + self._rng.integers(-40, 40, self._rows)
        return np.where(nth == 0, self._captured, np.where(nth == self._reads - 1, last, np.minimum(between, last)))

    def _sight(self) -> dict[str, Any]:
        rng, rows = self._rng, self._rows
        lane = np.where(rng.random(rows) < 0.35, 2, 1).astype(np.uint8)
        direction = np.where(self._frames, 0, 1 + self._passed.departing).astype(np.uint16)
        return {
            "read_count": self._reads.astype(np.uint32),
            "lane": lane,
            "box": _boxes(lane, rng),
            "vehicle_class": Codes(CLASSES, _classes(self._passed.vehicle, self._frames)),
            "direction": Codes(("", "approaching", "departing"), direction),
            "reader": Codes(("sim-smart/1", "anpr/1"), self._frames.astype(np.uint16)),
        }


def _wide(plate: Texts) -> Bytes:
    """Plates in a column of national forms."""
    return np.pad(plate.chars, ((0, 0), (0, DISPLAY_WIDTH - PLATE_WIDTH)))


def _identifiers(rows: int, rng: np.random.Generator) -> Bytes:
    """Version 8, as ours are; a best read has its passage's own here: in truth they differ by a constant."""
    made = np.frombuffer(rng.bytes(16 * rows), np.uint8).reshape(rows, 16).copy()
    made[:, 6] = made[:, 6] & 0x0F | 0x80
    made[:, 8] = made[:, 8] & 0x3F | 0x80
    return made


def _classes(vehicle: Indices, frames: NDArray[np.bool_]) -> NDArray[np.uint16]:
    """Always the same for a vehicle; our engine tells none."""
    spot = vehicle * 40_503 % 65_536 / 65_536
    found = np.searchsorted(np.cumsum(CLASS_SHARES), spot, side="right").clip(max=len(CLASSES) - 1)
    return np.where(frames, 0, found).astype(np.uint16)


def _boxes(lane: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint32]:
    """A lane has its place in the picture; the lower in it, the nearer and the larger."""
    rows = len(lane)
    y = rng.integers(300, 800, rows)
    w = 60 + y // 5 + rng.integers(-8, 9, rows)
    x = 250 + lane.astype(np.int64) * 450 + rng.normal(0, 60, rows).astype(np.int64)
    h = (w * 0.24 + rng.uniform(-1.5, 1.5, rows)).astype(np.int64)
    return np.stack([x.clip(min=0), y, w, h], axis=1).astype(np.uint32)


def _candidates(
    plate: Texts, confidence: NDArray[np.float32], frames: NDArray[np.bool_], doubtful: NDArray[np.bool_],
    rng: np.random.Generator,
) -> Candidates:  # fmt: skip
    """Our engine tells of each character; a doubtful text of any reader comes with a second one."""
    rows = len(plate.chars)
    ours = np.flatnonzero(frames)
    chars = np.zeros((rows, CANDIDATE_PLACES), np.float32)
    chars[ours] = (1 - rng.random((len(ours), CANDIDATE_PLACES)) ** 6 * 0.2).round(3)
    present = plate.chars != 0
    unsure = np.argsort(np.where(present, np.where(frames[:, None], chars, rng.random(chars.shape)), 2.0), axis=1)
    place = unsure[:, :ALTERNATIVES]
    seen = np.take_along_axis(plate.chars, place, axis=1)
    other = alternative(seen)
    left = 1 - np.take_along_axis(chars, place, axis=1)
    told = ((other != seen) & (left > 0.02)).cumprod(axis=1).sum(axis=1)
    second = Texts(plate.chars.copy())
    np.put_along_axis(second.chars, place[:, :1], other[:, :1], axis=1)
    return Candidates(
        confidence=confidence,
        detailed=frames,
        chars=chars,
        alternatives=np.where(frames, told, 0),
        place=place.astype(np.uint8),
        other=other,
        share=(left * 0.8).round(3).astype(np.float32),
        second=doubtful & (other[:, 0] != seen[:, 0]),
        second_text=second,
        second_confidence=((1 - confidence) * 0.8).round(3).astype(np.float32),
    )


def _evidence(camera: Codes, best_ms: Indices, frame: Bytes, frames: NDArray[np.bool_]) -> Texts:
    """`camera/2026/11/24/frame-0.jpg` where there is a frame."""
    rows = np.flatnonzero(frames)
    days, day = np.unique(best_ms[rows] // DAY_MS, return_inverse=True)
    folders = [f"/{datetime.fromtimestamp(int(d) * 86_400, UTC):%Y/%m/%d}/" for d in days]
    hexadecimal = HEX[frame[rows]].reshape(len(rows), 32)
    named = np.full((len(rows), 42), ord("-"), np.uint8)
    for begin, end, to in ((0, 8, 0), (8, 12, 9), (12, 16, 14), (16, 20, 19), (20, 32, 24)):
        named[:, to : to + end - begin] = hexadecimal[:, begin:end]
    named[:, 36:] = np.frombuffer(b"-0.jpg", np.uint8)
    cameras = Texts.of(camera.names).take(camera.codes[rows].astype(np.int64))
    keys = joined(cameras, Texts.of(folders, 12).take(day), Texts(named))
    out = np.zeros((len(frames), keys.chars.shape[1]), np.uint8)
    out[rows] = keys.chars
    return Texts(out)


def _revised(told: Passages, passed: Passed, rng: np.random.Generator) -> Passages:
    """The block with what was said again: more reads of the same, or another plate and the old one withdrawn."""
    rows = len(told)
    more = rng.random(rows) < REVISED_SHARE
    misread = np.flatnonzero(told.plate_display.lengths == told.plate.lengths)  # has no national form
    wrong = misread[rng.random(len(misread)) < CORRECTED_SHARE]
    more[wrong] = False
    again = np.flatnonzero(more)
    out = told.take(np.concatenate([np.arange(rows), again, wrong, wrong]))
    later, withdrawn = slice(rows, None), slice(rows + len(again), rows + len(again) + len(wrong))
    right = np.arange(withdrawn.stop, len(out))
    out.revision[later] += 1
    out.read_count[later] += 1
    out.last_captured_at[later] += READ_GAP_MS
    out.received_at[later] += READ_GAP_MS
    out.withdrawn[withdrawn] = True
    spelt = spell(passed.vehicle[wrong])
    out.plate.chars[right], out.plate_display.chars[right] = spelt.plate.chars, spelt.display.chars
    out.plate_key.chars[right] = KEY_CLASS[spelt.plate.chars]
    return out
