"""What becomes of notices when verdicts change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from anpr.lez.difference import Standing, Survey
from pipeline.lez.facts import Facts
from schemas.codec import changed, compiled
from schemas.lez import LezVerdict
from schemas.lez_notice import LezNotice, NoticeState
from tests.pipeline.lez.test_rejudgement import taken

NoticeRecord = compiled(LezNotice)
AT = datetime(2026, 6, 1, 10, tzinfo=UTC)
DIESEL_4, DIESEL_6 = (Facts("BE", "M1", "diesel", standard=euro) for euro in ("4", "6"))


def barred(number: int) -> LezVerdict:
    """One that a notice may rest on."""
    return changed(taken(DIESEL_4, AT), verdict_id=UUID(int=number))


def allowed(number: int) -> LezVerdict:
    """The same vehicle, cleaner."""
    return changed(taken(DIESEL_6, AT), verdict_id=UUID(int=number))


def notice(state: NoticeState, *numbers: int) -> LezNotice:
    """Rests on these verdicts."""
    return NoticeRecord(
        notice_id=UUID(int=100 + numbers[0]),
        revision=1,
        state=state,
        kind="fine",
        zone="brussels",
        plate="1ABC234",
        country="BE",
        day=AT.date(),
        final_at=AT + timedelta(days=2),
        verdict_ids=tuple(UUID(int=number) for number in numbers),
        passage_id=UUID(int=1),
        camera_id="cam-1",
        captured_at=AT,
        rule="",
        reason_en="",
        reason_fr="",
        reason_nl="",
        updated_at=AT,
    )


@pytest.mark.parametrize(
    ("change", "stay", "becomes"),
    [
        ([allowed(1), allowed(2)], [], "withdrawn"),
        ([allowed(1)], [barred(2)], "reckoned anew"),
        ([changed(barred(1), action="warning"), allowed(2)], [], "reckoned anew"),
        ([changed(barred(1), action="none"), allowed(2)], [], "withdrawn"),
        ([changed(barred(1), sure=False), allowed(2)], [], "withdrawn"),
        ([], [barred(1), allowed(2)], None),
        ([allowed(3)], [barred(1), barred(2)], None),
    ],
)
def test_a_notice_stands_as_long_as_a_verdict_bears_it(
    change: list[LezVerdict], stay: list[LezVerdict], becomes: str | None
) -> None:
    standing, found = Standing(iter([notice("approved", 1, 2)])), Survey()
    for one in change:
        standing.changes(one)
    for one in stay:
        standing.stays(one)
    standing.sum_up(found)
    assert dict(found.notices) == ({(becomes, "approved", "fine"): 1} if becomes else {})
    assert found.approved == ([UUID(int=101)] if becomes == "withdrawn" else [])
