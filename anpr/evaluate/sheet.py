"""A page of the failures that a person can look at: one HTML file that holds its pictures, fit to be sent on."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from html import escape
from pathlib import Path

import cv2

from anpr.evaluate.crop import crop_of
from anpr.evaluate.score import Box, Dropped, Found, FrameScore, Label, lost_plates, verdict
from pipeline.vision.types import Image

__all__ = ["MOST_CARDS", "Failure", "Sheet", "failures_of"]

MOST_CARDS = 400
FRAME_WIDTH_PX = 640
CROP_HEIGHT_PX = 72
MOST_CROP_WIDTH_PX = 480
CROP_MARGIN = 0.3
JPEG_QUALITY = 82
LABEL_COLOUR, READ_COLOUR = (80, 200, 60), (60, 60, 230)  # BGR
KINDS = {
    "missed": "not read",
    "wrong": "read wrongly",
    "alike": "differs only by O/0, I/1, B/8, S/5 or Z/2: the label may err, look",
    "not found": "no box over it",
    "no plate": "read where no plate is labelled",
    "dropped": "read at a labelled plate, and left out as no plate",
}
STYLE = """
body { font: 15px/1.4 system-ui, sans-serif; margin: 1.5rem; background: #f4f4f2; color: #1c1c1c }
main { display: grid; grid-template-columns: repeat(auto-fill, minmax(660px, 1fr)); gap: 1rem }
article { background: #fff; border-radius: 6px; padding: .7rem; box-shadow: 0 1px 3px #0003 }
h2 { font-size: 1rem; margin: 0 0 .5rem; overflow-wrap: anywhere } img { display: block; max-width: 100% }
table { border-collapse: collapse; margin-top: .6rem } td { padding: .25rem .8rem .25rem 0; vertical-align: middle }
code { font: 600 1.15rem ui-monospace, monospace; letter-spacing: .06em } .alike { color: #8a5a00 }
.missed, .wrong, .not-found, .dropped { color: #b00020 } .no-plate { color: #5a3d9a } small { color: #555 }
"""


@dataclass(frozen=True, slots=True)
class Failure:
    """One thing that went wrong in a frame. kind: a key of KINDS. box: where to look."""

    kind: str
    box: Box
    truth: str
    read: str
    confidence: float | None


def failures_of(score: FrameScore) -> tuple[Failure, ...]:
    """Labels that were read wrongly or not, labels without text that were not found, reads that are no plate, and
    plates that were taken for none."""
    texts = [(verdict(p), p) for p in score.full]
    wrong = [_failure(kind, p.label, p.read) for kind, p in texts if kind != "right"]
    lost = [label for label in score.labels if label.text is None and label not in score.detected]
    unseen = [_failure("not found", label, None) for label in lost]
    stray = [Failure("no plate", read.box, "", read.text, read.confidence) for read in score.stray]
    dropped = [_dropped(one) for one in lost_plates(score.labels, score.dropped)]
    return (*wrong, *unseen, *stray, *dropped)


def _dropped(one: Dropped) -> Failure:
    return Failure("dropped", one.read.box, "", f"{one.read.text} ({one.reason})", one.read.confidence)


def _failure(kind: str, label: Label, read: Found | None) -> Failure:
    text, confidence = (read.text, read.confidence) if read else ("", None)
    return Failure(kind, label.box, label.text or "", text, confidence)


class Sheet:
    """Gathers failures, pictures included, and writes them as a page."""

    def __init__(self) -> None:
        """Empty."""
        self._cards: list[str] = []
        self.failing_frames = 0

    def add(self, engine: str, frame: str, image: Image, score: FrameScore) -> None:
        """Keep what one engine did wrong in one frame. Beyond MOST_CARDS frames are only counted."""
        failures = failures_of(score)
        self.failing_frames += bool(failures)
        if failures and len(self._cards) < MOST_CARDS:
            self._cards.append(_card(engine, frame, image, score, failures))

    def write(self, path: Path, title: str) -> None:
        """The page. Raises OSError."""
        shown = f"{self.failing_frames} frames with failures"
        if self.failing_frames > len(self._cards):
            shown += f", the first {len(self._cards)} are shown"
        note = f"{shown}. Green: labelled. Red: read."
        path.write_text(_page(title, note, self._cards), "utf-8")


def _page(title: str, note: str, cards: list[str]) -> str:
    head = f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{escape(title)}</title><style>{STYLE}</style>'
    return f"{head}<h1>{escape(title)}</h1><p>{escape(note)}</p><main>{''.join(cards)}</main></html>\n"


def _card(engine: str, frame: str, image: Image, score: FrameScore, failures: tuple[Failure, ...]) -> str:
    rows = "".join(_row(image, failure) for failure in failures)
    picture = _img(_scaled(_drawn(image, score), width=FRAME_WIDTH_PX), f"{frame} with boxes")
    return f"<article><h2>{escape(frame)} <small>{escape(engine)}</small></h2>{picture}<table>{rows}</table></article>"


def _row(image: Image, failure: Failure) -> str:
    crop = crop_of(image, failure.box, CROP_MARGIN)
    shown = _img(_scaled(crop, height=CROP_HEIGHT_PX), "crop") if crop.size else ""
    sure = "" if failure.confidence is None else f" <small>{failure.confidence:.0%}</small>"
    truth = f"<small>truth</small> <code>{escape(failure.truth)}</code><br>" if failure.truth else ""
    read = f"<small>read</small> <code>{escape(failure.read) or '–'}</code>{sure}"
    kind = f'<td class="{failure.kind.replace(" ", "-")}">{escape(KINDS[failure.kind])}</td>'
    return f"<tr><td>{shown}</td><td>{truth}{read}</td>{kind}</tr>"


def _drawn(image: Image, score: FrameScore) -> Image:
    """The frame with its labels in green and its reads in red, lines as thick as the later shrinking asks for."""
    drawn = image.copy()
    thick = max(1, round(2 * image.shape[1] / FRAME_WIDTH_PX))
    for box, colour in (*((x.box, LABEL_COLOUR) for x in score.labels), *((x.box, READ_COLOUR) for x in score.reads)):
        corner, opposite = (round(box.x), round(box.y)), (round(box.x + box.w), round(box.y + box.h))
        cv2.rectangle(drawn, corner, opposite, colour, thick)
    return drawn


def _scaled(image: Image, *, width: int = MOST_CROP_WIDTH_PX, height: int = 10_000) -> Image:
    """As large as fits into width × height, proportions kept."""
    scale = min(width / image.shape[1], height / image.shape[0])
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC).astype("uint8")


def _img(image: Image, alt: str) -> str:
    """The picture as a tag that holds its bytes."""
    _done, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])
    encoded = base64.b64encode(data.tobytes()).decode("ascii")
    return f'<img alt="{escape(alt)}" src="data:image/jpeg;base64,{encoded}">'
