"""Evidence pictures as people see them: with whose look it is written all over, faintly, so that a copy tells.

A search opens the pictures of passages that it has shown, for as long as it is open. That a passage was shown is in the
audit; its picture, a part of it, is not recorded again. A case opens the pictures of its own sightings to whoever may
see the case, as the case itself does, and each look is recorded as a look at the case.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Sequence
from functools import cache
from typing import Literal, Protocol, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from PIL import Image, ImageDraw, ImageFont, UnidentifiedImageError

from console.case_desk import CaseDesk
from console.fonts import REGULAR
from console.investigating.room import InvestigationRoom
from console.searching.room import SearchRoom
from console.store import Store
from pipeline.evidence import frame_of
from pipeline.runtime.clock import Clock
from schemas.case import Case
from sinks.evidence import EvidenceStore

__all__ = ["Kind", "NoFrame", "NoPicture", "PictureGone", "Pictures", "watermarked"]

LOCAL = ZoneInfo("Europe/Brussels")
Kind: TypeAlias = Literal["crop", "frame"]
"""The plate with a margin, or all that the camera saw."""
MOST_PIXELS = 50_000_000
QUALITY = 88
LEAST_WIDTH = 240
"""Pixels: a crop of a far plate is drawn larger, or the mark would not be readable."""
OPACITY = 70
"""Of 255: the plate stays readable, in print too."""


class NoPicture(LookupError):
    """None was kept, or none that can be read; the message says which."""


class NoFrame(NoPicture):
    """The plate with a margin was kept, and the whole frame was not."""

    code = "frame_none"

    def __init__(self) -> None:
        super().__init__("the whole frame was not kept, only the plate with a margin: ask for the crop")


class PictureGone(LookupError):
    """One was kept, and has been removed."""


class _Keys(Protocol):
    def get(self, key: str) -> bytes:
        """A picture. Raises FileNotFoundError, EvidenceUnusable."""
        ...


class Pictures:
    """Looks pictures up for people. Threads may share it; all of it waits for the evidence store."""

    def __init__(
        self, store: Store, room: SearchRoom, questions: InvestigationRoom, cases: CaseDesk, clock: Clock
    ) -> None:
        self._place, self._cases, self._clock = store.evidence, cases, clock
        self._room, self._questions = room, questions
        self._kept: _Keys | None = None
        self._lock = threading.Lock()

    def of_search(self, officer: str, search_id: UUID, passage_id: UUID, kind: Kind = "crop") -> bytes:
        """JPEG of a passage that the search has shown. Raises SearchRefused, NoPicture, PictureGone."""
        kept = self._room.mine(officer, search_id)
        shown = self._room.passage(kept, passage_id)
        if shown is None:
            raise NoPicture("this search has not shown such a passage: ask for its passages first")
        return self._marked(shown.evidence, kind, f"search {search_id}", officer)

    def of_investigation(self, officer: str, search_id: UUID, passage_id: UUID, kind: Kind = "crop") -> bytes:
        """JPEG of a passage that an investigator's question has shown. Raises SearchRefused, NoPicture, PictureGone."""
        key = self._questions.picture_of(officer, search_id, passage_id)
        if key is None:
            raise NoPicture("this search has not shown such a passage with its picture")
        return self._marked(key, kind, f"search {search_id}", officer)

    def of_case(self, officer: str, name: str, fact_id: UUID, kind: Kind = "crop") -> bytes:
        """JPEG of a sighting of the case, or of one of its anomalies. Raises as `CaseDesk.show`, and as above."""
        case = self._cases.show(officer, name).case
        return self._marked(_evidence_of(case, fact_id), kind, f"case {case.case_id}", officer)

    def _marked(self, key: str, kind: Kind, whose: str, officer: str) -> bytes:
        if not key:
            raise NoPicture("no picture was kept of this")
        picture = self._got(key) if kind == "crop" else self._frame(key)
        return watermarked(picture, [whose, officer, f"{self._clock.now().astimezone(LOCAL):%Y-%m-%d %H:%M:%S}"])

    def _got(self, key: str) -> bytes:
        try:
            return self._evidence().get(key)
        except FileNotFoundError as error:
            raise PictureGone("this picture has been removed: its time was over") from error

    def _frame(self, crop: str) -> bytes:
        """The whole frame that a plate's picture was cut from."""
        key = frame_of(crop)
        try:
            if key is not None:
                return self._evidence().get(key)
        except FileNotFoundError:
            self._got(crop)  # PictureGone where both are
        raise NoFrame

    def _evidence(self) -> _Keys:
        with self._lock:
            if self._kept is None:
                self._kept = EvidenceStore.at(self._place, self._clock)
            return self._kept


def _evidence_of(case: Case, fact_id: UUID) -> str:
    """Key of the picture; empty: none. Raises NoPicture for what is no part of the case."""
    for event in case.timeline:
        if event.fact_id == fact_id and event.evidence:  # what opened the case has the first hit's id, and no picture
            return event.evidence
    for anomaly in case.anomalies:
        if anomaly.anomaly_id == fact_id:
            return anomaly.evidence[0] if anomaly.evidence else ""
    if any(event.fact_id == fact_id for event in case.timeline):
        return ""
    raise NoPicture("the case has no such sighting")


def watermarked(picture: bytes, lines: Sequence[str]) -> bytes:
    """The picture as JPEG, the lines over all of it, faint and again and again. Raises NoPicture for what is none."""
    try:
        with Image.open(io.BytesIO(picture)) as opened:
            if opened.width * opened.height > MOST_PIXELS:
                raise NoPicture("the picture that was kept is too large")
            image = opened.convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, Image.DecompressionBombError) as error:
        raise NoPicture("the picture that was kept cannot be read") from error
    if image.width < LEAST_WIDTH:
        scale = -(-LEAST_WIDTH // image.width)
        image = image.resize((image.width * scale, image.height * scale), Image.Resampling.BICUBIC)
    marked = Image.alpha_composite(image.convert("RGBA"), _mark(image.size, " · ".join(lines)))
    out = io.BytesIO()
    marked.convert("RGB").save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def _mark(size: tuple[int, int], text: str) -> Image.Image:
    """The text in rows, each moved on, so that no part of some width is without all of it."""
    width, height = size
    font = _font(max(9, min(width // 40, 28)))
    sheet = Image.new("RGBA", size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(sheet)
    long = max(1, int(draw.textlength(f"{text}   ", font=font)))
    row = int(font.size * 2.4)
    for number, top in enumerate(range(2, height, row)):
        for left in range(-((number * long) // 3 % long), width, long):
            draw.text((left + 1, top + 1), text, font=font, fill=(0, 0, 0, OPACITY))
            draw.text((left, top), text, font=font, fill=(255, 255, 255, OPACITY + 20))
    return sheet


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(REGULAR, size)
