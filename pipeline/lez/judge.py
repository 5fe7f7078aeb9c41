"""Judge one vehicle in one zone at one moment: a pure function of the facts and the law book."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pipeline.lez.law import Cell, LawBook
from schemas.lez import LezPass, Vehicle, VerdictKind

__all__ = ["Judgement", "judge"]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the law says, and which rule said it."""

    verdict: VerdictKind
    rule: str
    reason: str
    action: Literal["none", "warning", "fine"] = "none"
    fine_eur: int | None = None
    euro: int | None = None


def judge(
    law: LawBook,
    vehicle: Vehicle | None,
    country: str | None,
    passes: Collection[LezPass],
    *,
    at: datetime,
    known_at: datetime,
) -> Judgement:
    """Verdict for a vehicle seen at `at`, by the law and registry known at `known_at`.

    `vehicle`: its record, None if the registry has none. `country`: of the plate's shape, for a vehicle that is
    not in the registry. `passes`: all of this plate.
    """
    if vehicle is None:
        return _unregistered(law, country)
    exemption = _exemption(law, vehicle)
    if exemption is not None:
        return exemption
    banned = _by_calendar(law, vehicle, at, known_at)
    if banned.verdict == "non_compliant" and _has_pass(law, passes, at):
        return Judgement("pass", f"{law.zone}:day_pass", "A day pass covers this moment.", euro=banned.euro)
    return banned


def _unregistered(law: LawBook, country: str | None) -> Judgement:
    if country in (None, "BE"):
        return Judgement("unknown", f"{law.zone}:no_record", "The registry holds no vehicle with this plate.")
    return Judgement("unregistered", f"{law.zone}:foreign", "A foreign vehicle that has not registered for the zone.")


def _exemption(law: LawBook, vehicle: Vehicle) -> Judgement | None:
    if vehicle.fuel in law.exempt_fuels:
        return Judgement("exempt", f"{law.zone}:fuel:{vehicle.fuel}", f"Exempt: {vehicle.fuel} drive.")
    if vehicle.category in law.exempt_categories:
        return Judgement("exempt", f"{law.zone}:category:{vehicle.category}", "Exempt: tractor.")
    if vehicle.exemptions:
        ground = vehicle.exemptions[0]
        return Judgement("exempt", f"{law.zone}:exemption:{ground}", f"Exempt: {ground}.")
    return None


def _by_calendar(law: LawBook, vehicle: Vehicle, at: datetime, known_at: datetime) -> Judgement:
    group = law.fuel_group(vehicle.fuel)
    covered = vehicle.category == "M1" or (vehicle.category == "N1" and vehicle.n1_class == "I")
    if group is None or not covered:
        return Judgement(
            "unknown",
            f"{law.zone}:not_in_law_book",
            "The law book holds no calendar for this kind of vehicle.",
        )
    euro = _euro(law, vehicle)
    if euro is None:
        return Judgement("unknown", f"{law.zone}:no_euro", "Neither Euro class nor first registration known.")
    cell = law.cell(group, euro, known_at)
    if cell is None or law.local(at).date() < cell.banned_from:
        until = "" if cell is None else f" until {cell.banned_from}"
        rule = f"{law.zone}:allowed" if cell is None else cell.rule_id(law.zone)
        return Judgement("compliant", rule, f"Euro {euro} {group} may enter{until}.", euro=euro)
    return _banned(law, cell, at)


def _euro(law: LawBook, vehicle: Vehicle) -> int | None:
    if vehicle.euro is not None:
        return vehicle.euro
    if vehicle.first_registered is not None:
        return law.euro_from_registration(vehicle.first_registered)
    return None


def _banned(law: LawBook, cell: Cell, at: datetime) -> Judgement:
    reason = f"Euro {cell.euro} {cell.fuels} is banned since {cell.banned_from} ({cell.source})."
    rule = cell.rule_id(law.zone)
    if not cell.warnings_only:
        return Judgement("non_compliant", rule, reason, "fine", law.fine_eur, cell.euro)
    warned = law.local(at).date() >= cell.warnings_from
    return Judgement("non_compliant", rule, reason, "warning" if warned else "none", euro=cell.euro)


def _has_pass(law: LawBook, passes: Collection[LezPass], at: datetime) -> bool:
    days = law.covered_days(at)
    return any(p.zone == law.zone and p.day in days and not p.cancelled for p in passes)
