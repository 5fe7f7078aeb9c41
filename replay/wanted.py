"""Hotlist entries: for the wanted cars of the fleet, and for plates that never drive here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from replay.plates import Plate, PlatePress
from replay.seeds import Weighted, stream
from schemas.hotlist import HotlistEntry, Instruction, ListKind

__all__ = ["ESCAPE", "STOLEN", "Terms", "listing", "unseen_listings"]


@dataclass(frozen=True, slots=True)
class Terms:
    """What goes with a kind of list."""

    kind: ListKind
    priority: int
    instruction: Instruction
    reason: str
    days: int | None
    """Validity; None: until removed."""


STOLEN = Terms("stolen_vehicle", 10, "stop", "Reported stolen", None)
ESCAPE = Terms("wanted_person", 1, "stop_with_backup", "Fled from a shooting", 3)
OTHERS = Weighted(
    [
        (STOLEN, 40.0),
        (Terms("stolen_plate", 15, "check_papers", "Plate reported stolen", None), 15.0),
        (Terms("wanted_person", 5, "stop_with_backup", "Linked to a wanted person", 30), 5.0),
        (Terms("missing_person", 0, "stop", "Linked to a missing person", 7), 2.0),
        (Terms("surveillance", 20, "observe_only", "Discreet check", 30), 8.0),
        (Terms("no_insurance", 60, "check_papers", "No insurance on record", 1), 15.0),
        (Terms("no_inspection", 70, "check_papers", "No technical inspection on record", 1), 15.0),
    ]
)
OWNERS = ("federal", "5339", "5340", "5341", "5342", "5343", "5344")


def listing(
    number: int, plate: Plate, vehicle: str, start: datetime, *, seed: int, terms: Terms = STOLEN
) -> HotlistEntry:
    """One entry, valid since some hours before `start`. number: makes the identifier."""
    rng = stream(seed, "listing", number)
    valid_from = start - timedelta(hours=rng.randrange(2, 400))
    return HotlistEntry(
        entry_id=f"sim-{number:06d}",
        list_kind=terms.kind,
        plate=plate.text,
        country=plate.country,
        owner=rng.choice(OWNERS),
        priority=terms.priority,
        reason=terms.reason,
        instruction=terms.instruction,
        dangerous=terms.instruction == "stop_with_backup",
        valid_from=valid_from,
        valid_until=None if terms.days is None else start + timedelta(days=terms.days),
        case_number=f"SIM-{start.year}-{number:06d}",
        vehicle=vehicle,
    )


def unseen_listings(press: PlatePress, count: int, first_number: int, start: datetime, seed: int) -> list[HotlistEntry]:
    """Entries for plates that no vehicle of the fleet carries."""
    rng = stream(seed, "unseen")
    return [
        listing(first_number + n, press.press(), "", start, seed=seed, terms=OTHERS.draw(rng)) for n in range(count)
    ]
