"""An agent looks at notices, and approves or rejects one: recorded, then sent to the worker that keeps them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from uuid import uuid4

from anpr.lez.desk import Asked, Desk, utc_now, wait_for
from anpr.lez.question import AskedWrongly
from pipeline.notices.decisions import undecidable
from pipeline.notices.records import DecisionRecord, InputRecord
from pipeline.notices.telling import notice_id_of
from schemas.codec import encode
from schemas.lez_notice import Decision, LezNotice, NoticeDecision, NoticeState
from sinks.clickhouse.lez.queries.notices import history_of_notice, notices_in, notices_named
from sinks.clickhouse.lez.searches import LezSearchRequest

__all__ = ["FEWEST_DIGITS", "Deciding"]

TOPIC = "lez-inputs"
MOST_DAYS = 1830
"""As far as the purpose reaches."""
FEWEST_DIGITS = 6


class Deciding:
    """Notices, looked at for one reason. Each look and each decision is a record first."""

    def __init__(self, desk: Desk, reason: str, days: int = MOST_DAYS) -> None:
        """days: how far back. Raises SearchRefused."""
        self._desk = desk
        now = utc_now()
        request = LezSearchRequest(
            reason=reason,
            officer=desk.officer,
            purpose="notice_review",
            captured_from=now - timedelta(days=days) + timedelta(hours=1),
            captured_until=now + timedelta(hours=1),
        )
        self.asked: Asked = desk.open(request)

    def listed(self, states: Sequence[NoticeState], zone: str, limit: int) -> Sequence[LezNotice]:
        """Notices in these states, the oldest first. Raises SearchRefused."""
        search = self.asked.search
        return self._ask("notices", lambda: notices_in(self._desk.client, search, states, zone, limit))

    def named(self, name: str) -> LezNotice:
        """The notice whose identifier begins so. Raises SearchRefused; AskedWrongly where it is none, or several."""
        if len(name) < FEWEST_DIGITS:
            raise AskedWrongly(f"{name}: give {FEWEST_DIGITS} digits of the notice's identifier or more")
        found = self._ask("notice", lambda: notices_named(self._desk.client, self.asked.search, name))
        if not found:
            raise AskedWrongly(f"there is no notice {name}: `anpr lez notices` lists them")
        if len(found) > 1:
            raise AskedWrongly(f"several notices begin with {name}: give more of the identifier")
        return found[0]

    def history(self, notice: LezNotice) -> Sequence[LezNotice]:
        """All states that were told of it. Raises SearchRefused."""
        search = self.asked.search
        return self._ask("notice_history", lambda: history_of_notice(self._desk.client, search, notice))

    def decide(self, name: str, what: Decision, note: str) -> LezNotice | None:
        """Approve or reject a notice; as it then stands. None: sent, but the store does not show it yet.

        Raises SearchRefused, DeliveryFailed; AskedWrongly where it cannot be decided so.
        """
        before = self.named(name)
        decision = DecisionRecord(
            decision_id=uuid4(),
            notice_id=before.notice_id,
            revision=before.revision,
            what=what,
            agent=self._desk.officer,
            text=note,
        )
        if why := undecidable(before, decision) or self._unwarned(before, decision):
            raise AskedWrongly(f"cannot {what} it: {why}")
        self._desk.record("notice_decided", self._about(decision))
        said = InputRecord(plate=before.plate, at=utc_now(), decision=decision)
        self._desk.publish(TOPIC, [(before.plate, encode(said))])
        return self._after(before)

    def _unwarned(self, notice: LezNotice, decision: NoticeDecision) -> str:
        """What the worker would refuse too, and could tell to nobody but the dead letters."""
        if decision.what == "reject" or notice.warned_on is None:
            return ""
        warning = notice_id_of(notice.zone, notice.country, notice.plate, notice.warned_on)
        found = self._ask("notice", lambda: notices_named(self._desk.client, self.asked.search, str(warning)))
        if any(one.state != "approved" for one in found):
            return f"it rests on the warning of {notice.warned_on}, which is {found[0].state}: decide that first"
        return ""

    def _after(self, before: LezNotice) -> LezNotice | None:
        found = [before]

        def shows() -> bool:
            found[:] = notices_named(self._desk.client, self.asked.search, str(before.notice_id))
            return found[0].revision > before.revision

        return found[0] if wait_for(shows) else None

    def _about(self, decision: NoticeDecision) -> dict[str, object]:
        return {
            "notice_id": str(decision.notice_id),
            "revision": decision.revision,
            "decision_id": str(decision.decision_id),
            "what": decision.what,
            "note": decision.text,
            "search_id": str(self.asked.search.search_id),
        }

    def _ask(self, question: str, answer: Callable[[], Sequence[LezNotice]]) -> Sequence[LezNotice]:
        def counted() -> tuple[Sequence[LezNotice], int]:
            found = answer()
            return found, len(found)

        return self._desk.ask(self.asked, question, counted)
