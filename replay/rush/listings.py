"""The hotlist that goes with a fleet: one entry for each of its listed vehicles."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import numpy as np

from replay.plates import Plate
from replay.rush.vehicles import Fleet
from replay.seeds import stream
from replay.wanted import OTHERS, listing
from schemas.hotlist import HotlistEntry

__all__ = ["listed_entries"]

AT_ONCE = 500_000


def listed_entries(fleet: Fleet, start: datetime, seed: int) -> Iterator[HotlistEntry]:
    """Of all kinds of lists, valid since before the start; those of scenarios come with the scenarios."""
    rng = stream(seed, "kinds of lists")
    for first in range(0, fleet.count, AT_ONCE):
        numbers = np.arange(first, min(first + AT_ONCE, fleet.count))
        vehicles = numbers[fleet.listed(numbers)]
        plates = fleet.plates(vehicles)
        displays = plates.display.strings()
        for vehicle, display, country in zip(vehicles.tolist(), displays, plates.country.codes.tolist(), strict=True):
            plate = Plate(display, plates.country.names[country], "")
            yield listing(vehicle, plate, "", start, seed=seed, terms=OTHERS.draw(rng))
