"""What is right and what is not: boxes and texts compared, counted, made into figures. Pure.

Three questions, asked apart: was the plate found (boxes), was it read (texts of the frame), would it have been read
had it been found (texts of the labelled box alone).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple, Protocol, TypeAlias

import numpy as np

__all__ = [
    "Box",
    "Dropped",
    "Found",
    "FrameScore",
    "Label",
    "Pair",
    "Verdict",
    "character_errors",
    "figures",
    "fold",
    "iou",
    "lost_plates",
    "match_boxes",
    "no_plates",
    "pair_texts",
    "verdict",
]

FOLD = str.maketrans("OIBSZ", "01852")
FOUND_AT_IOU = 0.5
APART_BELOW_IOU = 0.1


class Box(NamedTuple):
    """An upright rectangle, px of the frame; (x, y) is its upper left corner."""

    x: float
    y: float
    w: float
    h: float


class Label(NamedTuple):
    """A plate that is in the picture. text: compact `[A-Z0-9]+`; None where only its place is known."""

    box: Box
    text: str | None


class Found(NamedTuple):
    """What an engine took for a plate. confidence: 0–1."""

    box: Box
    text: str
    confidence: float


class Dropped(NamedTuple):
    """What an engine read and the stage leaves out, and why."""

    read: Found
    reason: str


class Pair(NamedTuple):
    """A label and the read that belongs to it, None if it was missed."""

    label: Label
    read: Found | None


Verdict: TypeAlias = Literal["right", "alike", "wrong", "missed"]
"""Right; right but for O and 0, I and 1, B and 8, S and 5, Z and 2, where the label may err; wrong; not read."""


@dataclass(frozen=True, slots=True)
class FrameScore:
    """One frame read by one engine.

    reads: what becomes reads. dropped: what was read besides and is left out as no plate. full: its labels and what was
    read of them. boxes: its labels and what was read of their crops; empty where texts
    are not known. detections: boxes of plates, legible or not, of engines that tell them apart from what they read,
    else the reads. detected: labels whose box is among them. stray: reads that are no plate. ms, cpu_s: what
    `read` took.
    """

    labels: tuple[Label, ...]
    reads: tuple[Found, ...]
    full: tuple[Pair, ...]
    boxes: tuple[Pair, ...]
    detections: tuple[Found, ...]
    detected: tuple[Label, ...]
    stray: tuple[Found, ...]
    dropped: tuple[Dropped, ...]
    ms: float
    cpu_s: float


def fold(text: str) -> str:
    """The text with look-alike letters as digits: O=0, I=1, B=8, S=5, Z=2."""
    return text.translate(FOLD)


class Rectangle(Protocol):
    """Anything upright with a corner and an extent: a box of this module, of a contract, of an engine."""

    @property
    def x(self) -> float:
        """Left edge."""
        ...

    @property
    def y(self) -> float:
        """Upper edge."""
        ...

    @property
    def w(self) -> float:
        """Width."""
        ...

    @property
    def h(self) -> float:
        """Height."""
        ...


def iou(one: Rectangle, other: Rectangle) -> float:
    """Area in common ÷ area of both together, 0–1; 0 where either has no area."""
    common = _overlap(one.x, one.w, other.x, other.w) * _overlap(one.y, one.h, other.y, other.h)
    together = one.w * one.h + other.w * other.h - common
    return common / together if common > 0 else 0.0


def _overlap(start: float, length: float, other_start: float, other_length: float) -> float:
    return max(0.0, min(start + length, other_start + other_length) - max(start, other_start))


def _holds_centre(outer: Box, inner: Box) -> bool:
    x, y = inner.x + inner.w / 2, inner.y + inner.h / 2
    return outer.x <= x <= outer.x + outer.w and outer.y <= y <= outer.y + outer.h


def match_boxes(labels: Sequence[Label], reads: Iterable[Found]) -> tuple[Label, ...]:
    """The labels that were found: the surest read takes first, the label it covers best, at an IoU of 0.5 or more."""
    free = list(range(len(labels)))
    for read in sorted(reads, key=lambda r: -r.confidence):
        best = max(free, key=lambda i: iou(labels[i].box, read.box), default=None)
        if best is not None and iou(labels[best].box, read.box) >= FOUND_AT_IOU:
            free.remove(best)
    return tuple(label for i, label in enumerate(labels) if i not in free)


def no_plates(labels: Sequence[Label], reads: Iterable[Found]) -> tuple[Found, ...]:
    """The reads that are no plate: IoU below 0.1 with every label, and their centre outside every label.

    A line read within a plate, or a plate read with its surroundings, is badly boxed but no sign or advert. A plate
    that is in the picture and not among its labels counts here too.
    """
    return tuple(read for read in reads if not any(_belong(label.box, read.box) for label in labels))


def lost_plates(labels: Sequence[Label], dropped: Iterable[Dropped]) -> tuple[Dropped, ...]:
    """What was left out although a plate is there: read rightly or not."""
    return tuple(one for one in dropped if not no_plates(labels, [one.read]))


def _belong(label: Box, read: Box) -> bool:
    return iou(label, read) >= APART_BELOW_IOU or _holds_centre(label, read)


def pair_texts(labels: Sequence[Label], reads: Sequence[Found]) -> tuple[Pair, ...]:
    """Each label with at most one read, each read with at most one label, in the order of the labels.

    Equal texts first, wherever they stand; then those equal but for look-alikes; then whatever was read at the
    label's place, the nearest first. Labels without a text are left out.
    """
    wanted = [label for label in labels if label.text is not None]
    free = list(reads)
    pairs: dict[int, Found] = {}
    for closeness in (_same_text, _alike, _same_place):
        for i, read in _closest_first(wanted, free, closeness):
            if i not in pairs and read in free:
                pairs[i] = read
                free.remove(read)
    return tuple(Pair(label, pairs.get(i)) for i, label in enumerate(wanted))


def _closest_first(
    labels: Sequence[Label], reads: Sequence[Found], closeness: Callable[[Label, Found], float]
) -> list[tuple[int, Found]]:
    """(index of the label, read) of all that are close at all, the closest first, then the surest."""
    close = [(closeness(label, read), read.confidence, i, read) for i, label in enumerate(labels) for read in reads]
    return [(i, read) for near, _, i, read in sorted(close, key=lambda c: (-c[0], -c[1], c[2])) if near > 0]


def _same_text(label: Label, read: Found) -> float:
    return (1 + iou(label.box, read.box)) * (label.text == read.text)


def _alike(label: Label, read: Found) -> float:
    return (1 + iou(label.box, read.box)) * (fold(label.text or "") == fold(read.text))


def _same_place(label: Label, read: Found) -> float:
    return (1 + iou(label.box, read.box)) * _belong(label.box, read.box)


def verdict(pair: Pair) -> Verdict:
    """How well the label was read."""
    if pair.read is None:
        return "missed"
    if pair.read.text == pair.label.text:
        return "right"
    return "alike" if fold(pair.read.text) == fold(pair.label.text or "") else "wrong"


def character_errors(wanted: str, read: str) -> int:
    """Characters to insert, delete or replace to make one of the other (Levenshtein)."""
    row = list(range(len(read) + 1))
    for i, char in enumerate(wanted):
        above, row = row, [i + 1]
        for j, other in enumerate(read):
            row.append(min(above[j + 1] + 1, row[j] + 1, above[j] + (char != other)))
    return row[-1]


def figures(scores: Sequence[FrameScore]) -> dict[str, object]:
    """The figures of one engine over its frames: shares 0–1, milliseconds, seconds. None where nothing tells."""
    labels, reads = sum(len(s.labels) for s in scores), sum(len(s.reads) for s in scores)
    detected, detections = sum(len(s.detected) for s in scores), sum(len(s.detections) for s in scores)
    full, boxes = [p for s in scores for p in s.full], [p for s in scores for p in s.boxes]
    return {
        "frames": len(scores),
        "plates": labels,
        "reads": reads,
        "detection": {"recall": _share(detected, labels), "precision": _share(detected, detections)},
        "full": _accuracy(full),
        "boxes": _accuracy(boxes),
        "character_error_rate": _error_rate(full),
        "label_doubtful": sum(verdict(p) == "alike" for p in full) if full else None,
        "not_plates": _share(sum(len(s.stray) for s in scores), reads),
        "dropped": _dropped(scores),
        "ms_per_frame": _quantiles([s.ms for s in scores]),
        "cpu_s_per_frame": round(sum(s.cpu_s for s in scores) / len(scores), 4) if scores else None,
    }


def _dropped(scores: Sequence[FrameScore]) -> dict[str, object]:
    """Readings left out as no plates, how many of them lie on a labelled plate, and all of them by reason."""
    reasons = Counter(one.reason for s in scores for one in s.dropped)
    on_labels = sum(len(lost_plates(s.labels, s.dropped)) for s in scores)
    return {"readings": reasons.total(), "on_labels": on_labels, "reasons": dict(sorted(reasons.items()))}


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _accuracy(pairs: Sequence[Pair]) -> dict[str, float | None] | None:
    """exact: texts equal. folded: equal with look-alikes folded on both sides."""
    if not pairs:
        return None
    verdicts = [verdict(pair) for pair in pairs]
    exact = verdicts.count("right")
    return {"exact": _share(exact, len(pairs)), "folded": _share(exact + verdicts.count("alike"), len(pairs))}


def _error_rate(pairs: Sequence[Pair]) -> float | None:
    """Character errors ÷ characters of the labels; a plate that was missed counts with all of its characters."""
    errors = sum(character_errors(p.label.text or "", p.read.text if p.read else "") for p in pairs)
    return _share(errors, sum(len(p.label.text or "") for p in pairs))


def _quantiles(values: Sequence[float]) -> dict[str, float | None]:
    return {f"p{q}": round(float(np.percentile(values, q)), 1) if values else None for q in (50, 95)}
