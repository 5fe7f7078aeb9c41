"""What is forgotten of a plate, and when: no longer kept than something may still follow from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import TypeAlias

from pipeline.lez.enforcement import final_at
from pipeline.lez.periods import add_months
from pipeline.moments import later
from pipeline.notices.offences import Laws, register_of
from pipeline.notices.statements import is_offence
from schemas.codec import changed
from schemas.lez import LezPass, LezVerdict
from schemas.lez_file import HeldVerdict, LezFile
from schemas.lez_notice import LezNotice

__all__ = ["MOST_A_DAY", "NOTICE_MONTHS", "bounded", "due_at", "forgotten", "is_too_old"]

NOTICE_MONTHS = 24
"""No law book looks back further than twelve months (Antwerp's rising fines); so long a late passage or a judgment may
come and change a notice of the year before."""
NOTHING_CAME = timedelta(days=7)
"""A day that led to nothing is kept so long after it is final: what stood in its way may still fall, as when the day
before it is covered by a pass."""
OVERTAKEN = timedelta(days=1)
"""What led to no offence is kept so long for the statement that it overtook."""
PASS = timedelta(days=366)
"""As long as passes lie in their topic: a passage that comes in months late must meet the pass of its day."""
Place: TypeAlias = tuple[str, str, date]
"""Zone, country, local day: of one notice at most."""
MOST_A_DAY = 20
"""Offences of one place that a file keeps, the first ones: one of them is what the notice tells of."""
MOST_OTHERS, MOST_VERDICTS, MOST_PASSES, MOST_NOTICES = 200, 2000, 200, 200


def is_too_old(laws: Laws, verdict: LezVerdict, at: datetime) -> bool:
    """Whether nobody knows any more what the vehicle was told of that day."""
    law = laws[verdict.zone]
    return law.local_day(at) >= add_months(law.local_day(verdict.captured_at), NOTICE_MONTHS)


def forgotten(laws: Laws, file: LezFile, at: datetime) -> LezFile | None:
    """The file at this moment; None: nothing of it need be remembered."""
    terms = _Terms(laws, file)
    notices = tuple(one for one in file.notices if terms.notices[one.notice_id] > at)
    verdicts = tuple(one for one in file.verdicts if terms.of_verdict(one) > at)
    passes = tuple(one for one in file.passes if _pass_until(laws, one) > at)
    if not (notices or verdicts or passes or file.permits):
        return None
    return changed(file, notices=notices, verdicts=verdicts, passes=passes, decisions=file.decisions if notices else ())


def due_at(laws: Laws, file: LezFile) -> datetime | None:
    """When time alone will change something next; None: never."""
    terms = _Terms(laws, file)
    final = (one.final_at for one in file.notices if one.state == "waiting")
    verdicts = (terms.of_verdict(one) for one in file.verdicts)
    passes = (_pass_until(laws, one) for one in file.passes)
    return min([*final, *terms.notices.values(), *verdicts, *passes], default=None)


class _Terms:
    """Until when each part of a file is kept."""

    def __init__(self, laws: Laws, file: LezFile) -> None:
        self._laws = laws
        last = _last_days(file.notices)
        self.notices = {
            one.notice_id: laws[one.zone].end_of(add_months(last[_place(one)], NOTICE_MONTHS)) for one in file.notices
        }
        """Notice → until when."""
        self._of_day = {_place(one): self.notices[one.notice_id] for one in file.notices}
        self._of_told = {verdict: self.notices[one.notice_id] for one in file.notices for verdict in one.verdict_ids}

    def of_verdict(self, held: HeldVerdict) -> datetime:
        """What a notice rests on stays with it, as does what is said of its day."""
        law = self._laws[held.zone]
        day = law.local_day(held.captured_at)
        if is_offence(held):
            own = later(max(final_at(law, day, held.known_at), held.known_at), NOTHING_CAME)
        else:
            own = later(held.known_at, OVERTAKEN)
        notices = (self._of_day.get((*register_of(held), day)), self._of_told.get(held.verdict_id))
        return max([own, *(until for until in notices if until)])


def _last_days(notices: Sequence[LezNotice]) -> dict[Place, date]:
    """Day from which the term of each notice runs: a warning stays as long as a notice that rests on it."""
    last = {_place(one): one.day for one in notices}
    for one in notices:
        ground = (one.zone, one.country, one.warned_on or one.day)
        last[ground] = max(last.get(ground, one.day), one.day)
    return last


def _place(notice: LezNotice) -> Place:
    return notice.zone, notice.country, notice.day


def _pass_until(laws: Laws, bought: LezPass) -> datetime:
    return later(max(laws[bought.zone].end_of(bought.day), bought.bought_at), PASS)


# ---- bounds: a vehicle that passes without end ---------------------------------------------------------------------


def bounded(laws: Laws, file: LezFile) -> LezFile:
    """The file within its bounds: of each day the first passages, of all else the newest."""
    told = {one.verdict_ids[0] for one in file.notices}
    counts: Counter[tuple[str, str, date | None]] = Counter()
    kept = [one for one in file.verdicts if _fits(laws, one, counts) or one.verdict_id in told]
    return changed(
        file,
        verdicts=tuple(kept[-MOST_VERDICTS:]),
        passes=file.passes[-MOST_PASSES:],
        notices=file.notices[-MOST_NOTICES:],
    )


def _fits(laws: Laws, held: HeldVerdict, counts: Counter[tuple[str, str, date | None]]) -> bool:
    offence = is_offence(held)
    place = (*register_of(held), laws[held.zone].local_day(held.captured_at) if offence else None)
    counts[place] += 1
    return counts[place] <= (MOST_A_DAY if offence else MOST_OTHERS)
