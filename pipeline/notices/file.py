"""The file of one plate, and what a message makes of it: the one function that the worker calls."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias

from pipeline.notices.decisions import Refusal, decided
from pipeline.notices.forgetting import bounded, forgotten, is_too_old
from pipeline.notices.offences import Laws, Register, offences_of
from pipeline.notices.reckoning import reckoned
from pipeline.notices.records import FileRecord, InputRecord, PassRecord, PermitsRecord, VerdictRecord
from pipeline.notices.statements import matters, was_seen, with_pass, with_seen, with_verdict
from pipeline.notices.telling import states_of
from schemas.case_input import Origin
from schemas.codec import changed
from schemas.lez import LezPass, LezPermits, LezVerdict
from schemas.lez_file import LezFile
from schemas.lez_notice import LezInput, LezNotice

__all__ = ["Given", "Handled", "Said", "handle", "is_much", "told_last", "with_told"]

MOST_BEFORE_ONE_MORE = 150

Said: TypeAlias = LezVerdict | LezPass | LezPermits | LezInput | None
"""None: nothing is granted to the plate any more."""


@dataclass(frozen=True, slots=True)
class Given:
    """One message about a plate."""

    plate: str
    said: Said
    at: datetime
    """Our clock: when it was taken; of a decision or a tick, when it was said."""
    origin: Origin
    """Place in the log that it was taken from."""


@dataclass(frozen=True, slots=True)
class Handled:
    """What follows from one message."""

    file: LezFile | None
    """The plate's file now; None: nothing need be remembered."""
    notices: tuple[LezNotice, ...] = ()
    """States to tell, in this order."""
    refused: Refusal | None = None
    """Why the message can have no effect."""
    dropped: str = ""
    """Why it was left out on purpose."""
    seen: bool = False
    """True: it has had its effect on the file already; what followed from that may have been cut short."""


def handle(laws: Laws, file: LezFile | None, given: Given) -> Handled:
    """The file after a message, and the states to tell. The same message again changes nothing, and tells nothing.

    The file is kept before anything is told of it. So whoever finds a file that another one has kept tells `told_last`
    before anything new: when a message comes that it has seen, or that changes it.
    """
    if file is not None and was_seen(file, given.origin):
        return Handled(file, seen=True)
    if why := _idle(laws, file, given):
        return Handled(file, dropped=why)
    before = file or FileRecord(plate=given.plate)
    heard = _heard(laws, before, given)
    if isinstance(heard, tuple):
        return Handled(file, refused=heard)
    after, told = _told_anew(laws, bounded(laws, heard), given.at)
    kept = forgotten(laws, after, given.at)
    if kept == file:
        return Handled(file)
    decided_now = tuple(one for one in heard.notices if one not in before.notices)
    return Handled(with_seen(kept, given.origin) if kept else None, (*decided_now, *told))


def told_last(file: LezFile) -> tuple[LezNotice, ...]:
    """What was to be told when it was kept last; telling it again does no harm."""
    return (*file.telling, *file.notices)


def is_much(told: Sequence[LezNotice]) -> bool:
    """Whether a file must be kept before more follows: it could not hold all that is still to be told.

    One message adds no more than one state between for each notice of the file.
    """
    return len(told) > MOST_BEFORE_ONE_MORE


def with_told(file: LezFile, told: Sequence[LezNotice]) -> LezFile:
    """The file with those of the states to tell that it would not know otherwise, as another one followed at once."""
    return changed(file, telling=tuple(one for one in told if one not in file.notices))


def _idle(laws: Laws, file: LezFile | None, given: Given) -> str:
    """Why a verdict need not be looked at; empty: it must."""
    if not isinstance(given.said, VerdictRecord):
        return ""
    if file is None and not matters(given.said):
        return "no_offence"
    return "too_old" if given.said.zone in laws and is_too_old(laws, given.said, given.at) else ""


def _heard(laws: Laws, file: LezFile, given: Given) -> LezFile | Refusal:
    """The file with what was said in it, nothing yet following from that."""
    said = given.said
    if isinstance(said, VerdictRecord | PassRecord) and said.zone not in laws:
        return "unknown_zone", f"no law book of the zone {said.zone}"
    if isinstance(said, VerdictRecord):
        return with_verdict(file, said)
    if isinstance(said, PassRecord):
        return with_pass(file, said)
    if isinstance(said, InputRecord):
        return file if said.decision is None else decided(file, said.decision, given.at)
    if said is None or isinstance(said, PermitsRecord):
        return changed(file, permits=said)
    raise TypeError(f"a {type(said).__name__} of another making than `schemas.codec.compiled`")


def _told_anew(laws: Laws, file: LezFile, at: datetime) -> tuple[LezFile, Sequence[LezNotice]]:
    """All notices as they follow from what is held, and the states to tell."""
    offences, known, told = offences_of(laws, file), _by_register(file.notices), list[LezNotice]()
    for register in sorted(offences.keys() | known.keys()):
        days, before = offences.get(register, {}), known.get(register, {})
        standing = reckoned(days, before)
        for day in sorted(before.keys() | standing.keys()):
            told += states_of(laws, file, before.get(day), standing.get(day), days.get(day, ()), at)
    latest = {one.notice_id: one for one in (*file.notices, *told)}
    return changed(file, notices=tuple(sorted(latest.values(), key=lambda one: (one.day, one.notice_id)))), told


def _by_register(notices: Iterable[LezNotice]) -> dict[Register, dict[date, LezNotice]]:
    found: defaultdict[Register, dict[date, LezNotice]] = defaultdict(dict)
    for notice in notices:
        found[notice.zone, notice.country][notice.day] = notice
    return found
