"""Which passages break the law, by all that has come to be known of them; and why the others do not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

from pipeline.lez.book import LawBook
from pipeline.lez.rights import covering_pass, covering_permit, registered_in_time
from pipeline.notices.statements import is_offence
from schemas.lez_file import HeldVerdict, LezFile
from schemas.lez_notice import WithdrawnFor

__all__ = ["Laws", "Offence", "Register", "excuse_of", "offences_of", "register_of"]

Laws: TypeAlias = Mapping[str, LawBook]
"""Zone → its law."""
Register: TypeAlias = tuple[str, str]
"""Zone and country: what one vehicle may be told of. Two vehicles of two countries may bear one text."""


@dataclass(frozen=True, slots=True)
class Offence:
    """One passage that no pass and no permit covers."""

    held: HeldVerdict
    law: LawBook
    day: date
    """Local day of the passage."""


def register_of(held: HeldVerdict) -> Register:
    """Where it counts."""
    return held.zone, held.country or ""


def offences_of(laws: Laws, file: LezFile) -> dict[Register, dict[date, Sequence[Offence]]]:
    """Register → local day → its offences, the first passage first."""
    found: dict[Register, dict[date, list[Offence]]] = defaultdict(lambda: defaultdict(list))
    for held in file.verdicts:
        if excuse_of(laws, file, held) == "":
            day = laws[held.zone].local_day(held.captured_at)
            found[register_of(held)][day].append(Offence(held, laws[held.zone], day))
    return {register: dict(days) for register, days in found.items()}


def excuse_of(laws: Laws, file: LezFile, held: HeldVerdict) -> WithdrawnFor:
    """Why the passage leads to nothing; empty: it does not."""
    if held.withdrawn:
        return "passage_withdrawn"
    if held.verdict == "pass":
        return "day_pass" if held.rule.endswith(":day_pass") else "permit"
    if not is_offence(held):
        return "rejudged" if held.cause == "rejudgement" else "passage_revised"
    return _right(laws[held.zone], file, held)


def _right(law: LawBook, file: LezFile, held: HeldVerdict) -> WithdrawnFor:
    """What was bought or granted counts whenever it came to be known; the law says whether it was in time."""
    at, known_at = held.captured_at, _all_known_at(file, held)
    if file.passes and covering_pass(law, file.passes, at, known_at):
        return "day_pass"
    permits = file.permits
    if permits is None or permits.country != held.country:
        return ""
    if held.verdict == "unregistered" and registered_in_time(law, permits.permits, at, known_at):
        return "registration"
    return "permit" if covering_permit(law, permits.permits, at, known_at, standard=held.standard) else ""


def _all_known_at(file: LezFile, held: HeldVerdict) -> datetime:
    """A moment at which all that the file holds was known; the same in whatever order it came."""
    permits = file.permits.permits if file.permits else ()
    moments = [*(one.bought_at for one in file.passes), *(one.decided_at for one in permits)]
    return max([held.known_at, *moments])
