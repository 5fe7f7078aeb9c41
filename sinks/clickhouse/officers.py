"""Who may search, in which role, on whose cameras; and magistrates' decisions. Each change is a record of the audit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, get_args

from clickhouse_connect.driver.client import Client

from schemas.search import Role
from sinks.clickhouse.audit.chain import Chain
from sinks.clickhouse.audit.records import Audit, instant

__all__ = [
    "BOOTSTRAP_LEZ_ROLES",
    "BOOTSTRAP_ROLES",
    "FOREVER",
    "Decision",
    "Officer",
    "OfficerRefused",
    "Register",
    "SignInChange",
]

SignInChange = Literal["password_set", "password_ended", "second_factor_set", "second_factor_ended"]
FOREVER = datetime(2100, 1, 1, tzinfo=UTC)
"""End of a registration that has none."""
BOOTSTRAP = "bootstrap"
BOOTSTRAP_ROLES: tuple[Role, ...] = ("officer", "investigator", "hotlist_manager", "administrator")
BOOTSTRAP_LEZ_ROLES: tuple[Role, ...] = ("lez_agent", "administrator")
"""Of the database of the low-emission zones, whose register is another one."""


class OfficerRefused(ValueError):
    """The register cannot be changed like that; the message says what would do."""


@dataclass(frozen=True, slots=True)
class Officer:
    """One person in one role."""

    officer: str
    role: Role
    police_zone: str
    """Whose cameras; empty: all (federal)."""
    valid_from: datetime
    valid_until: datetime
    """`FOREVER`: until somebody ends it."""
    registered_by: str = ""
    registered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """A magistrate opens what is older than a month, for one file."""

    decision_id: str
    """Its reference."""
    magistrate: str
    case_number: str
    covers_from: datetime
    """Passages from then …"""
    covers_until: datetime
    """… until before then."""
    valid_until: datetime
    """Searches until before then."""


class Register:
    """Changes the register of officers and decisions, in the name of `actor`."""

    def __init__(self, client: Client, now: Callable[[], datetime], actor: str, chain: Chain | None = None) -> None:
        """chain: of the audit, as for `Audit`."""
        self._client, self._now, self._actor = client, now, actor
        self._audit = Audit(client, now, chain)

    def add(self, officer: Officer) -> None:
        """Register somebody, or change the zone or the time of who is registered. Raises OfficerRefused."""
        _check(officer)
        self._write("officer_registered", officer, {})

    def end(self, name: str, role: Role | None = None) -> Sequence[Officer]:
        """End the registration, in all roles or in one, from this moment; returns what ended. Raises OfficerRefused."""
        now = self._now()
        current = [one for one in self.list() if one.officer == name and role in (None, one.role)]
        open_still = [one for one in current if one.valid_until > now]
        if not open_still:
            raise OfficerRefused(f"nobody is registered as {name}{f' in the role {role}' if role else ''}")
        for one in open_still:
            ended = Officer(one.officer, one.role, one.police_zone, min(one.valid_from, now), now)
            self._write("officer_ended", ended, {})
        return open_still

    def list(self) -> Sequence[Officer]:
        """All registrations, the ended ones too, by name."""
        rows = self._client.query(
            "SELECT officer, role, police_zone, valid_from, valid_until, registered_by, registered_at "
            "FROM officers FINAL ORDER BY officer, role"
        ).result_rows
        return [Officer(*row) for row in rows]

    def current(self, name: str, role: Role | None = None) -> Sequence[Officer]:
        """Registrations of this officer that hold now, in the role; None: in any."""
        now = self._now()
        return [
            one
            for one in self.list()
            if one.officer == name and role in (None, one.role) and one.valid_from <= now < one.valid_until
        ]

    def require(self, role: Role | None) -> Sequence[Officer]:
        """Raises OfficerRefused unless `actor` is registered in the role now; None: in any. Returns how."""
        found = self.current(self._actor, role)
        if not found:
            wanted = f"as {role}" if role else "at all"
            raise OfficerRefused(f"{self._actor} is not registered {wanted}: ask an administrator")
        return found

    def token_given(self, name: str, until: datetime) -> None:
        """Record that a program may act in an officer's name until then. Raises OfficerRefused for who is nobody."""
        if not self.current(name):
            raise OfficerRefused(f"nobody is registered as {name}")
        self._audit.append("token_given", self._actor, {"officer": name, "until": instant(until)})

    def sign_in_changed(self, action: SignInChange, name: str) -> None:
        """Record a change of how somebody signs in, before it is made. Raises OfficerRefused for who is nobody."""
        if action in ("password_set", "second_factor_set") and not self.current(name):
            raise OfficerRefused(f"nobody is registered as {name}: anpr officers add")
        self._audit.append(action, self._actor, {"officer": name})

    def decide(self, decision: Decision) -> None:
        """Record a magistrate's decision. Whoever records it may not search by it. Raises OfficerRefused."""
        for name in ("decision_id", "magistrate", "case_number"):
            if not 1 <= len(getattr(decision, name).strip()) <= 64:
                raise OfficerRefused(f"{name} needs 1 to 64 characters")
        if decision.covers_from >= decision.covers_until:
            raise OfficerRefused("the decision covers no time: it ends before it begins")
        about = {
            "decision_id": decision.decision_id.strip(),
            "magistrate": decision.magistrate.strip(),
            "case_number": decision.case_number.strip(),
            "covers_from": instant(decision.covers_from),
            "covers_until": instant(decision.covers_until),
            "valid_until": instant(decision.valid_until),
        }
        self._audit.append("decision_recorded", self._actor, about)

    def bootstrap(self, roles: Sequence[Role] = BOOTSTRAP_ROLES) -> bool:
        """Register `actor` as federal in these roles where nobody ever was registered. False: somebody is.

        For an embedded store, whose data folder is its owner's anyway, and for the first administrator of a server.
        """
        if self._client.query("SELECT count() FROM officers").result_rows[0][0]:
            return False
        for role in roles:
            officer = Officer(self._actor, role, "", self._now(), FOREVER)
            self._write("officer_registered", officer, {"why": BOOTSTRAP})
        return True

    def _write(self, action: Any, officer: Officer, more: dict[str, str]) -> None:
        about = {
            "officer": officer.officer,
            "role": officer.role,
            "police_zone": officer.police_zone,
            "valid_from": instant(officer.valid_from),
            "valid_until": instant(officer.valid_until),
        }
        self._audit.append(action, self._actor, about | more)
        self._check_written(officer)

    def _check_written(self, officer: Officer) -> None:
        """The latest record holds, by the clock of who wrote it: one that is behind changes nothing."""
        kept = [one for one in self.list() if (one.officer, one.role) == (officer.officer, officer.role)]
        if [(one.police_zone, instant(one.valid_until)) for one in kept] != [
            (officer.police_zone, instant(officer.valid_until))
        ]:
            raise OfficerRefused(
                f"{officer.officer} was changed by another machine whose clock is ahead of this one, and that holds: "
                "set both clocks, then do it again"
            )


def _check(officer: Officer) -> None:
    if officer.role not in get_args(Role):
        raise OfficerRefused(f"{officer.role} is no role: one of {', '.join(get_args(Role))}")
    if not 1 <= len(officer.officer) <= 64 or officer.officer != officer.officer.strip():
        raise OfficerRefused("the officer's name needs 1 to 64 characters, without blanks around it")
    if officer.valid_from >= officer.valid_until:
        raise OfficerRefused("the registration ends before it begins: give a later end")
