"""What is told of a day: a notice, its next state, or its end; each change is a revision."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from pipeline.identity import fact_id
from pipeline.lez.enforcement import final_at
from pipeline.notices.offences import Laws, Offence, excuse_of, register_of
from pipeline.notices.reckoning import Proposal
from pipeline.notices.records import NoticeRecord
from pipeline.notices.wording import reasons_of
from schemas.codec import changed
from schemas.lez_file import LezFile
from schemas.lez_notice import LezNotice, NoticeState, WithdrawnFor

__all__ = ["notice_id_of", "states_of"]

STANDING = frozenset({"waiting", "proposed", "approved"})
MOST_VERDICTS = 500


def states_of(
    laws: Laws,
    file: LezFile,
    known: LezNotice | None,
    proposal: Proposal | None,
    offences: Sequence[Offence],
    at: datetime,
) -> list[LezNotice]:
    """States to tell of a day, in their order; none: all is as it was told last.

    What was approved and has lost its ground is told as withdrawn, even where the day leads to another notice: who
    had it sent must see that.
    """
    told: list[LezNotice] = []
    if known is not None and known.state in STANDING and _has_fallen(known, proposal):
        known = _withdrawn(known, _why_it_fell(laws, file, known), at)
        told.append(known)
    if proposal is not None and not proposal.decided:
        fresh = _following(known, _notice(file.plate, proposal, offences, known, at))
        told += [fresh] if fresh is not known else []
    return told


def _has_fallen(known: LezNotice, proposal: Proposal | None) -> bool:
    return proposal is None or (known.state == "approved" and not proposal.decided)


def _following(known: LezNotice | None, fresh: LezNotice) -> LezNotice:
    """The next state; the one that is known, if nothing has changed."""
    if known is None:
        return fresh
    same = changed(fresh, revision=known.revision, updated_at=known.updated_at)
    return known if same == known else changed(fresh, revision=known.revision + 1)


def _withdrawn(known: LezNotice, why: WithdrawnFor, at: datetime) -> LezNotice:
    """It has lost its ground; who had decided it stays in it."""
    return changed(known, state="withdrawn", withdrawn_for=why, revision=known.revision + 1, updated_at=at)


def _why_it_fell(laws: Laws, file: LezFile, notice: LezNotice) -> WithdrawnFor:
    """What became of the passage that the notice tells of."""
    held = next((one for one in file.verdicts if one.verdict_id == notice.verdict_ids[0]), None)
    if held is None:
        return "passage_withdrawn"
    elsewhere = register_of(held) != (notice.zone, notice.country)
    if elsewhere or laws[held.zone].local_day(held.captured_at) != notice.day:
        return excuse_of(laws, file, held) or "passage_revised"
    return excuse_of(laws, file, held) or ("rejudged" if held.cause == "rejudgement" else "lock")


def _notice(
    plate: str, proposal: Proposal, offences: Sequence[Offence], before: LezNotice | None, at: datetime
) -> LezNotice:
    told, follows = proposal.offence.held, proposal.enforcement
    final = final_at(proposal.offence.law, proposal.offence.day, told.known_at)
    country, reasons = told.country or "", reasons_of(proposal)
    return NoticeRecord(
        notice_id=notice_id_of(told.zone, country, plate, proposal.offence.day),
        revision=1,
        state=_state(before, final, at),
        kind=proposal.kind,
        zone=told.zone,
        plate=plate,
        country=country,
        day=proposal.offence.day,
        final_at=final,
        verdict_ids=_verdict_ids(proposal.offence, offences),
        passage_id=told.passage_id,
        camera_id=told.camera_id,
        captured_at=told.captured_at,
        rule=told.rule,
        unverified=told.unverified or follows.unverified,
        reason_en=reasons["en"],
        reason_fr=reasons["fr"],
        reason_nl=reasons["nl"],
        fine_eur=follows.fine_eur,
        fine_gbp=follows.fine_gbp,
        warned_on=follows.warned_on,
        updated_at=at,
    )


def notice_id_of(zone: str, country: str, plate: str, day: date) -> UUID:
    """One for a vehicle and local day."""
    return fact_id("lez-notice", zone, country, plate, day.isoformat())


def _state(before: LezNotice | None, final: datetime, at: datetime) -> NoticeState:
    """What was proposed stays so: the clock of another worker may be behind."""
    proposed = before is not None and before.state == "proposed" and before.final_at == final
    return "proposed" if proposed or final <= at else "waiting"


def _verdict_ids(told: Offence, offences: Sequence[Offence]) -> tuple[UUID, ...]:
    others = (one.held.verdict_id for one in offences if one is not told)
    return (told.held.verdict_id, *others)[:MOST_VERDICTS]
