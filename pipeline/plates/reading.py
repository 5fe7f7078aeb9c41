"""What a text that was read says as a plate: the band of the euro plate taken off, then repaired."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.plates.band import strip_band
from pipeline.plates.repair import Repair, repair

__all__ = ["plate_of"]


def plate_of(text: str, doubts: Sequence[Mapping[str, float]] = (), *, hint: str | None = None) -> Repair:
    """The plate that a compact text stands for; `doubts` and `hint` as for `repair`.

    The country of a band that was read as part of the text is a hint too, and `changed` is then true.
    """
    plate, band = strip_band(text)
    taken = len(text) - len(plate)
    found = repair(plate, doubts[taken:], hint=band or hint)
    return found._replace(changed=found.changed or taken > 0)
