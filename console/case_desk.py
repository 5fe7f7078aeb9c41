"""Where people deal with cases: the same for the command line and for the console. Every look and act is recorded."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from clickhouse_connect.driver.client import Client

from console.case_answers import CaseAnswers
from console.recent_cases import RecentCases
from pipeline.cases.actions import refusal
from pipeline.cases.comparison import not_compared
from pipeline.cases.records import ActionRecord
from pipeline.cases.rules import PUT_AWAY_AFTER
from pipeline.runtime.kafka import KafkaConfig
from schemas.case import Case, CaseState
from schemas.case_input import ActionKind, CaseAction, PictureSaid
from sinks.clickhouse.audit.chain import Chain
from sinks.clickhouse.audit.records import Action, Audit
from sinks.clickhouse.officers import Register
from sinks.clickhouse.queries.cameras import Registered, cameras
from sinks.clickhouse.queries.case_sight import CaseSight, sight_of
from sinks.clickhouse.queries.cases import OPEN, cases_in, cases_named, is_named, is_of_plate
from sinks.clickhouse.queries.feedback import Judged, feedback

__all__ = ["CaseDesk", "CaseElsewhere", "CaseRefused", "CaseUnknown", "PictureNotCompared", "Shown"]

ANSWER_S = 20.0
"""So long a command waits for the worker: it may be starting, which takes it some ten seconds."""
LISTED_DAYS = 30
Cameras = Callable[[], Mapping[str, Registered]]
"""Asks for the cameras that are registered, by identifier."""


class CaseRefused(ValueError):
    """It cannot be done, and nothing was; the message says why."""


class CaseUnknown(CaseRefused):
    """There is no such case."""


class CaseElsewhere(CaseRefused):
    """It is of another police zone."""


class PictureNotCompared(CaseRefused):
    """No reading of the case is sure, and nobody has said what its picture shows."""


@dataclass(frozen=True, slots=True)
class Shown:
    """A case, and where its cameras are."""

    case: Case
    cameras: Mapping[str, Registered]
    """All that are registered, by identifier."""

    @property
    def camera_names(self) -> dict[str, str]:
        """By identifier."""
        return {name: one.name for name, one in self.cameras.items()}


class CaseDesk:
    """Cases of the store, and what officers do to them, through the log. Officers must be registered, in any role.

    Who is registered for a police zone sees what `CaseSight` says; each of the others' cases that they come for is
    refused, and recorded.
    """

    def __init__(
        self,
        client: Client,
        kafka: KafkaConfig | None,
        now: Callable[[], datetime],
        chain: Chain | None = None,
        recent: RecentCases | None = None,
    ) -> None:
        """kafka: None: cases can be looked at, not changed. chain: of the audit, as for `Audit`.

        recent: what was heard of cases that the store may not know yet.
        """
        self._client, self._kafka, self._now = client, kafka, now
        self._chain = chain
        self._audit = Audit(client, now, chain)
        self._recent = recent or RecentCases()

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
        sight, since = self._sight(officer), self._now() - timedelta(days=days)
        stored = cases_in(self._client, states, since, kinds, limit, sight)
        zones = _zones(sight, self._registered)

        def asked_for(case: Case) -> bool:
            of_kind = not kinds or not set(kinds).isdisjoint(case.list_kinds)
            return case.state in states and case.opened_at >= since and of_kind and sight.sees(case, zones)

        found = sorted(filter(asked_for, self._recent.beside(stored)), key=_urgency)[:limit]
        self._record("case_shown", officer, {"case_ids": [str(case.case_id) for case in found]})
        return found

    def show(self, officer: str, name: str) -> Shown:
        """The case of this identifier (its first digits do) or plate. Raises OfficerRefused, CaseRefused."""
        known = self._registered()
        case = self._seen(officer, name, lambda: known)
        self._record("case_shown", officer, {"case_ids": [str(case.case_id)]})
        return Shown(case, known)

    def act(
        self,
        officer: str,
        name: str,
        what: ActionKind,
        *,
        to: str | None = None,
        text: str = "",
        picture: PictureSaid | None = None,
        picture_of: UUID | None = None,
        wait_s: float = ANSWER_S,
    ) -> Case:
        """Do something to a case; returns it as it then stands. Recorded before it is sent.

        to: of `assign`. picture: what the officer says of it, which a case without a sure reading waits for.
        picture_of: the hit whose picture they looked at; None: the newest. Raises OfficerRefused, CaseRefused where it
        cannot be done (PictureNotCompared: yet), CaseUnanswered where nobody says whether it is done; then it is in
        the log, and will be.
        """
        case = self._seen(officer, name, self._registered)
        action = ActionRecord(
            action_id=uuid4(),
            case_id=case.case_id,
            what=what,
            officer=officer,
            to=to,
            text=text.strip(),
            picture=picture,
            picture_of=picture_of,
        )
        self._refuse_early(case, action)
        if self._kafka is None:
            raise CaseRefused("no broker is known here, and so nobody who could do it")
        self._record("case_changed", officer, _about(action))
        with CaseAnswers(self._kafka, case) as answers:
            after = answers.ask(action, self._now(), wait_s)
        self._recent.note(after)
        event = next(e for e in reversed(after.timeline) if e.fact_id == action.action_id)
        if event.kind == "refused":
            raise _refused(after, action, event.text)
        return after

    def report(self, officer: str, days: int) -> Sequence[Judged]:
        """What became of the cases of so many days, against the probabilities told. No plate. Raises OfficerRefused."""
        self._sight(officer)
        return feedback(self._client, self._now() - timedelta(days=days))

    def _sight(self, officer: str) -> CaseSight:
        """Which cases they see. Raises OfficerRefused for who is not registered."""
        found = Register(self._client, self._now, officer, self._chain).require(None)
        return sight_of(officer, {one.role: one.police_zone for one in found})

    def _seen(self, officer: str, name: str, registered: Cameras) -> Case:
        """The case that they name. Raises OfficerRefused, CaseRefused, recorded where it is of another zone."""
        sight = self._sight(officer)
        case = self._named(name)
        if not sight.sees(case, _zones(sight, registered)):
            self._record("case_denied", officer, {"case_id": str(case.case_id), "zones": sorted(sight.zones)})
            raise CaseElsewhere(
                f"this case is of another police zone, and you look in {', '.join(sorted(sight.zones))}: "
                "who deals with it can assign it to you"
            )
        return case

    def _registered(self) -> Mapping[str, Registered]:
        return {one.camera_id: one for one in cameras(self._client)}

    def _record(self, what: Action, officer: str, about: dict[str, object]) -> None:
        self._audit.append(what, officer, about)

    def _named(self, name: str) -> Case:
        known = self._recent.beside(cases_named(self._client, name))
        found = sorted((case for case in known if is_named(case, name)), key=_open_and_newest)
        if not found:
            raise CaseUnknown(f"there is no case {name}: `anpr cases list` shows those that are open")
        by_plate = [case for case in found if is_of_plate(case, name)]
        if not by_plate and len(found) > 1:
            raise CaseRefused(f"{len(found)} cases begin with {name}: give more of the identifier")
        return (by_plate or found)[0]

    def _refuse_early(self, case: Case, action: CaseAction) -> None:
        """What the store already knows cannot be done; the worker has the last word.

        Whether the picture was compared it alone says: the store is a second or two behind, and whoever has just
        compared it would be told to do so.
        """
        if case.closed_at is not None and self._now() - case.closed_at > PUT_AWAY_AFTER:
            raise CaseRefused(f"the case has been over for more than {PUT_AWAY_AFTER.days} days and cannot be changed")
        why = refusal(case, action)
        if why and why != not_compared(case, action):
            raise CaseRefused(why)


def _zones(sight: CaseSight, registered: Cameras) -> Mapping[str, str | None]:
    """Police zone by camera; nothing, and not asked for, for who looks in all of them."""
    return {name: one.police_zone for name, one in registered().items()} if sight.zones else {}


def _urgency(case: Case) -> tuple[object, ...]:
    """As `cases_open.sql` has it."""
    return (case.priority, case.alert_class, -case.escalation, case.opened_at, case.case_id)


def _open_and_newest(case: Case) -> tuple[object, ...]:
    """As `cases_named.sql` has it."""
    return (case.state not in OPEN, -case.opened_at.timestamp(), case.case_id)


def _refused(case: Case, action: CaseAction, why: str) -> CaseRefused:
    return PictureNotCompared(why) if why == not_compared(case, action) else CaseRefused(why)


def _about(action: CaseAction) -> dict[str, object]:
    return {
        "case_id": str(action.case_id),
        "action_id": str(action.action_id),
        "what": action.what,
        "to": action.to or "",
        "text": action.text,
        "picture": action.picture or "",
        **({"picture_of": str(action.picture_of)} if action.picture_of else {}),
    }
