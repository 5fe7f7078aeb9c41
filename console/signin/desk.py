"""Where people sign in and out: every one of it is a record of the audit, or does not happen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from console.signin.attempts import Attempts
from console.signin.file import SignInFile
from console.signin.journeys import Journeys
from console.signin.passwords import LocalUsers
from console.signin.provider import Provider
from console.signin.registrations import Registrations
from console.signin.rules import Rules
from console.signin.sessions import Session, Sessions, Way
from pipeline.runtime.clock import Clock
from sinks.clickhouse.audit.records import Audit
from sinks.clickhouse.officers import SignInChange

__all__ = ["Entered", "Outcome", "SignIn", "SignInLater", "SignInNotRegistered", "SignInRefused"]

Outcome = Literal["done", "wrong", "later", "locked", "unregistered"]
UNKNOWN = "somebody unknown"
"""Whom the audit names for a name that is not in the register: it may be a password in the wrong field."""


class SignInRefused(ValueError):
    """Nobody was signed in."""


class SignInLater(SignInRefused):
    """Too many attempts before this one."""

    def __init__(self, wait_s: int) -> None:
        super().__init__(f"too many attempts: try again in {_told(wait_s)}")
        self.wait_s = wait_s


class SignInNotRegistered(SignInRefused):
    """Right, but nobody here."""


@dataclass(frozen=True, slots=True)
class Entered:
    """Somebody is in."""

    key: str
    """For the browser, and nobody else."""
    session: Session


class SignIn:
    """Of one process; blocking, threads may share it. Errors of ClickHouse pass through: then nobody gets in."""

    def __init__(
        self,
        file: SignInFile,
        registrations: Registrations,
        audit: Audit,
        clock: Clock,
        rules: Rules,
        *,
        provider: Provider | None = None,
        count: Callable[[Outcome], None] = lambda _: None,
    ) -> None:
        """provider: of the organisation; then passwords of ours do not count. count: told how each attempt ended."""
        self.rules, self.provider, self.registrations = rules, provider, registrations
        self.users = LocalUsers(file, clock.now)
        self.sessions = Sessions(file, clock.now, rules)
        self.journeys = Journeys(file, clock.now)
        self._attempts = Attempts(file, clock.now)
        self._audit, self._count = audit, count

    def enter(self, name: str, password: str, code: str, address: str, *, replaces: str | None = None) -> Entered:
        """Sign in by password. replaces: key of the session that the browser had. Raises SignInRefused."""
        self.prove(name, password, code, address)
        self._require_registered(name, address)
        return self._begin(name, "password", address, replaces)

    def enter_as(self, name: str, address: str, *, replaces: str | None = None) -> Entered:
        """Sign in whom the provider named. Raises SignInNotRegistered."""
        self._require_registered(name, address)
        return self._begin(name, "oidc", address, replaces)

    def unlock(self, key: str, session: Session, password: str, code: str, address: str) -> Entered:
        """Go on with a session that was locked, under a new key. Raises SignInRefused."""
        self.prove(session.officer, password, code, address)
        self._audit.append("signed_in", session.officer, {"address": address, "way": "unlocked"})
        self._count("done")
        return self._entered(self.sessions.renew(key, session))

    def leave(self, key: str, session: Session) -> None:
        """Sign out. It holds even where it cannot be recorded; then errors of ClickHouse tell so."""
        self.sessions.end(key)
        self._audit.append("signed_out", session.officer, {"way": session.way})

    def begin_again(self, officer: str, address: str) -> Entered:
        """A new session for who has just changed the password, which ended all others."""
        return self._begin(officer, "password", address, None)

    def record(self, change: SignInChange, officer: str) -> None:
        """What somebody changes of the own sign-in, before it is changed."""
        self._audit.append(change, officer, {"officer": officer})

    def prove(self, name: str, password: str, code: str, address: str) -> None:
        """That it is this person. Raises SignInRefused; what is wrong is not told."""
        taken = self._attempts.take(name, address)
        if taken.wait_s:
            self._count("later")
            raise SignInLater(taken.wait_s)
        if not self.users.check(name, password, code):
            self._refuse(name, address, "locked" if taken.locks else "wrong")
            raise SignInRefused("name, password or code is not right")
        self._attempts.succeeded(name, address)

    def _require_registered(self, name: str, address: str) -> None:
        if not self.registrations.zones_now(name):
            self._refuse(name, address, "unregistered")
            raise SignInNotRegistered("you are not registered here, or no longer: ask an administrator")

    def _refuse(self, name: str, address: str, why: Outcome) -> None:
        known = bool(self.registrations.zones(name))
        self._count(why)
        self._audit.append("sign_in_refused", name if known else UNKNOWN, {"address": address, "why": why})

    def _begin(self, officer: str, way: Way, address: str, replaces: str | None) -> Entered:
        self._audit.append("signed_in", officer, {"address": address, "way": way})
        if replaces is not None:
            self.sessions.end(replaces)
        self._count("done")
        return self._entered(self.sessions.begin(officer, way))

    def _entered(self, key: str) -> Entered:
        session = self.sessions.find(key)
        if session is None:  # unlocked in the very moment in which its time was over
            raise SignInRefused("the session has ended: sign in")
        return Entered(key, session)


def _told(seconds: int) -> str:
    return f"{seconds} s" if seconds < 100 else f"{round(seconds / 60)} minutes"
