"""Where people deal with cases: the same for the command line and for the console. Every look and act is recorded."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import uuid4

from clickhouse_connect.driver.client import Client

from console.case_answers import CaseAnswers
from pipeline.cases.actions import refusal
from pipeline.cases.records import ActionRecord
from pipeline.cases.rules import PUT_AWAY_AFTER
from pipeline.runtime.kafka import KafkaConfig
from schemas.case import Case, CaseState
from schemas.case_input import ActionKind, CaseAction
from sinks.clickhouse.audit.chain import Chain
from sinks.clickhouse.audit.records import Action, Audit
from sinks.clickhouse.officers import Register
from sinks.clickhouse.queries.cameras import cameras
from sinks.clickhouse.queries.cases import OPEN, cases_in, cases_named
from sinks.clickhouse.queries.feedback import Judged, feedback

__all__ = ["CaseDesk", "CaseRefused", "CaseUnknown", "Shown"]

ANSWER_S = 20.0
"""So long a command waits for the worker: it may be starting, which takes it some ten seconds."""
LISTED_DAYS = 30


class CaseRefused(ValueError):
    """It cannot be done, and nothing was; the message says why."""


class CaseUnknown(CaseRefused):
    """There is no such case."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A case, and what its cameras are called."""

    case: Case
    camera_names: dict[str, str]


class CaseDesk:
    """Cases of the store, and what officers do to them, through the log. Officers must be registered, in any role."""

    def __init__(
        self, client: Client, kafka: KafkaConfig | None, now: Callable[[], datetime], chain: Chain | None = None
    ) -> None:
        """kafka: None: cases can be looked at, not changed. chain: of the audit, as for `Audit`."""
        self._client, self._kafka, self._now = client, kafka, now
        self._chain = chain
        self._audit = Audit(client, now, chain)

    def list_cases(
        self,
        officer: str,
        *,
        states: Collection[CaseState] = OPEN,
        kinds: Collection[str] = (),
        days: int = LISTED_DAYS,
        limit: int = 100,
    ) -> Sequence[Case]:
        """Cases in these states, the most urgent first. Raises OfficerRefused."""
        self._require(officer)
        found = cases_in(self._client, states, self._now() - timedelta(days=days), kinds, limit)
        self._record("case_shown", officer, {"case_ids": [str(case.case_id) for case in found]})
        return found

    def show(self, officer: str, name: str) -> Shown:
        """The case of this identifier (its first digits do) or plate. Raises OfficerRefused, CaseRefused."""
        self._require(officer)
        case = self._named(name)
        self._record("case_shown", officer, {"case_ids": [str(case.case_id)]})
        return Shown(case, {one.camera_id: one.name for one in cameras(self._client)})

    def act(
        self,
        officer: str,
        name: str,
        what: ActionKind,
        *,
        to: str | None = None,
        text: str = "",
        wait_s: float = ANSWER_S,
    ) -> Case:
        """Do something to a case; returns it as it then stands. Recorded before it is sent.

        to: of `assign`. Raises OfficerRefused, CaseRefused where it cannot be done, CaseUnanswered where nobody says
        whether it is done; then it is in the log, and will be.
        """
        self._require(officer)
        case = self._named(name)
        action = ActionRecord(
            action_id=uuid4(), case_id=case.case_id, what=what, officer=officer, to=to, text=text.strip()
        )
        self._refuse_early(case, action)
        if self._kafka is None:
            raise CaseRefused("no broker is known here, and so nobody who could do it")
        self._record("case_changed", officer, _about(action))
        with CaseAnswers(self._kafka, case) as answers:
            after = answers.ask(action, self._now(), wait_s)
        event = next(e for e in reversed(after.timeline) if e.fact_id == action.action_id)
        if event.kind == "refused":
            raise CaseRefused(event.text)
        return after

    def report(self, officer: str, days: int) -> Sequence[Judged]:
        """What became of the cases of so many days, against the probabilities told. No plate. Raises OfficerRefused."""
        self._require(officer)
        return feedback(self._client, self._now() - timedelta(days=days))

    def _require(self, officer: str) -> None:
        Register(self._client, self._now, officer, self._chain).require(None)

    def _record(self, what: Action, officer: str, about: dict[str, object]) -> None:
        self._audit.append(what, officer, about)

    def _named(self, name: str) -> Case:
        found = cases_named(self._client, name)
        if not found:
            raise CaseUnknown(f"there is no case {name}: `anpr cases list` shows those that are open")
        by_plate = [case for case in found if case.plate == "".join(filter(str.isalnum, name.upper()))]
        if not by_plate and len(found) > 1:
            raise CaseRefused(f"{len(found)} cases begin with {name}: give more of the identifier")
        return (by_plate or found)[0]

    def _refuse_early(self, case: Case, action: CaseAction) -> None:
        """What the store already knows cannot be done; the worker has the last word."""
        if case.closed_at is not None and self._now() - case.closed_at > PUT_AWAY_AFTER:
            raise CaseRefused(f"the case has been over for more than {PUT_AWAY_AFTER.days} days and cannot be changed")
        if why := refusal(case, action):
            raise CaseRefused(why)


def _about(action: CaseAction) -> dict[str, object]:
    return {
        "case_id": str(action.case_id),
        "action_id": str(action.action_id),
        "what": action.what,
        "to": action.to or "",
        "text": action.text,
    }
