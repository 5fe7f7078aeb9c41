"""What the table `passages` leaves out, put together again, as the view `passages_unpacked` does.

Lists use this, as the database plans these columns of a view for longer than it takes to find the passages.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

__all__ = ["evidence_key", "plate_displayed"]

IN_FULL = "="
CHARACTER = "_"


def plate_displayed(plate: str, display_shape: str) -> str:
    """National form with separators. display_shape: `_` for each character of the plate; empty: as the plate; after
    `=`: in full.
    """
    if display_shape.startswith(IN_FULL):
        return display_shape[1:]
    if not display_shape:
        return plate
    characters = iter(plate)
    return "".join(next(characters, "") if sign == CHARACTER else sign for sign in display_shape)


def evidence_key(camera_id: str, captured_at: datetime, frame_id: UUID | str, evidence_rest: str) -> str:
    """Key of the picture; empty: none. captured_at: of the passage, UTC. evidence_rest: from `-` on what comes after
    camera, day and frame; else the key in full.
    """
    if not evidence_rest.startswith("-"):
        return evidence_rest
    return f"{camera_id}/{captured_at:%Y/%m/%d}/{frame_id}{evidence_rest}"
