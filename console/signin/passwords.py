"""Local users: passwords as argon2id hashes, and time-based second factors (RFC 6238)."""

from __future__ import annotations

import hmac
import secrets
import threading
import unicodedata
from collections.abc import Callable
from datetime import datetime
from typing import Literal

import pyotp
from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from console.signin.file import SignInFile

__all__ = ["LEAST_CHARACTERS", "LocalUsers", "PasswordRefused", "made_password", "made_secret"]

LEAST_CHARACTERS, MOST_CHARACTERS = 12, 256
STEP_S = 30
ISSUER = "ANPR back office"
"""As an app on a telephone shows it."""
_hasher = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1, type=Type.ID)
"""19 MiB, two passes, one lane: what OWASP asks for at least. What a check costs: `python bench/sign_in.py`. A hash
made with other parameters is made anew when its officer signs in."""
_AT_ONCE = threading.BoundedSemaphore(2)
"""Hashes under way: many who guess must not take all memory."""
_NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$T6EBwfSj+W8fhTjInPjqSA$3ulm0CutSyiC534onCS+wWbepB9H3kVGFprlqEPkZZQ"
"""Compared with for a name that has no password, so that the answer takes as long: made as `_hasher` makes them now."""
_NO_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


class PasswordRefused(ValueError):
    """This password or second factor will not do; one sentence that says why."""

    def __init__(self, code: Literal["length", "name", "code", "none"], why: str) -> None:
        super().__init__(why)
        self.code = code
        """The same in a word, for programs."""


def made_password() -> str:
    """One that nobody guesses (79 bits) and everybody can type: four groups of four, no look-alikes."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4))


def made_secret(officer: str) -> tuple[str, str]:
    """A new secret of codes, and the same as the address that a QR code shows to an app."""
    secret = pyotp.random_base32()
    return secret, pyotp.TOTP(secret).provisioning_uri(name=officer, issuer_name=ISSUER)


class LocalUsers:
    """Who signs in with a password of ours. Whether somebody may do anything, the register of officers says."""

    def __init__(self, file: SignInFile, now: Callable[[], datetime]) -> None:
        self._file, self._now = file, now

    def names(self) -> list[str]:
        """Those who have a password."""
        return [row[0] for row in self._file.rows("SELECT officer FROM users ORDER BY officer")]

    def set_password(self, officer: str, password: str) -> None:
        """Set or change it; a second factor stays, sessions end. Raises PasswordRefused."""
        self.check_new(officer, password)
        self._file.change(
            "INSERT INTO users (officer, password) VALUES (?, ?) "
            "ON CONFLICT (officer) DO UPDATE SET password = excluded.password",
            *(officer, _hashed(password)),
        )
        self._file.change("DELETE FROM sessions WHERE officer = ?", officer)

    def check_new(self, officer: str, password: str) -> None:
        """Raises PasswordRefused for one that could be guessed."""
        if not LEAST_CHARACTERS <= len(password) <= MOST_CHARACTERS:
            why = f"a password needs {LEAST_CHARACTERS} to {MOST_CHARACTERS} characters: take a sentence"
            raise PasswordRefused("length", why)
        if len(officer) > 3 and officer.casefold() in password.casefold():
            raise PasswordRefused("name", "the password contains the name: take another one")

    def remove(self, officer: str) -> bool:
        """Take password, second factor and sessions away. False: there was no password."""
        self._file.change("DELETE FROM sessions WHERE officer = ?", officer)
        return bool(self._file.change("DELETE FROM users WHERE officer = ?", officer))

    def has_second_factor(self, officer: str) -> bool:
        """Whether a code is asked for beside the password."""
        return bool(self._file.rows("SELECT 1 FROM users WHERE officer = ? AND secret IS NOT NULL", officer))

    def codes_in_use(self) -> bool:
        """Whether anybody needs a code: else the field need not be shown."""
        return bool(self._file.rows("SELECT 1 FROM users WHERE secret IS NOT NULL LIMIT 1"))

    def check_code(self, secret: str, code: str) -> int:
        """The half minute of a code of this secret. Raises PasswordRefused for one that is not right now."""
        step = _step_of(secret, code, self._now(), 0)
        if step is None:
            raise PasswordRefused("code", "this code is not right: is the clock of the telephone right?")
        return step

    def set_second_factor(self, officer: str, secret: str, code: str) -> None:
        """Ask for codes of this secret from now on. code: proves that the officer has it. Raises PasswordRefused."""
        step = self.check_code(secret, code)
        if not self._file.change("UPDATE users SET secret = ?, last_step = ? WHERE officer = ?", secret, step, officer):
            raise PasswordRefused("none", f"{officer} has no password here: anpr officers password")

    def end_second_factor(self, officer: str) -> bool:
        """Ask for the password alone. False: it was so before."""
        order = "UPDATE users SET secret = NULL, last_step = 0 WHERE officer = ? AND secret IS NOT NULL"
        return bool(self._file.change(order, officer))

    def check(self, officer: str, password: str, code: str) -> bool:
        """Whether all is right. Takes the same time whatever is wrong, and says not what. A code holds once."""
        found = self._file.rows("SELECT password, secret, last_step FROM users WHERE officer = ?", officer)
        known, secret, last_step = found[0] if found else (_NOBODY, None, 0)
        right = _verified(known, password) and bool(found)
        step = _step_of(secret or _NO_SECRET, code, self._now(), last_step)
        if not right or (secret is not None and step is None):
            return False
        if secret is not None and not self._use(officer, secret, step):
            return False
        if _hasher.check_needs_rehash(known):
            self._make_anew(officer, known, password)
        return True

    def _make_anew(self, officer: str, known: str, password: str) -> None:
        """The hash of a right password, as hashes are made now; unless somebody has changed the password meanwhile."""
        order = "UPDATE users SET password = ? WHERE officer = ? AND password = ?"
        self._file.change(order, _hashed(password), officer, known)

    def _use(self, officer: str, secret: str, step: int | None) -> bool:
        """False: somebody used this code at the same moment."""
        order = "UPDATE users SET last_step = ? WHERE officer = ? AND secret = ? AND last_step < ?"
        return bool(self._file.change(order, step, officer, secret, step))


def _step_of(secret: str, code: str, now: datetime, after: int) -> int | None:
    """The half minute whose code this is, one off at most; None: none after `after`."""
    made, here = pyotp.TOTP(secret), int(now.timestamp()) // STEP_S
    given = "".join(code.split()).encode("utf-8", "replace")
    near = (here - 1, here, here + 1)
    fits = [step for step in near if hmac.compare_digest(made.at(step * STEP_S).encode(), given)]
    return next((step for step in fits if step > after), None)


def _bytes(password: str) -> bytes:
    """The same for every keyboard that writes it."""
    return unicodedata.normalize("NFC", password[: MOST_CHARACTERS + 1]).encode("utf-8", "surrogatepass")


def _hashed(password: str) -> str:
    with _AT_ONCE:
        return _hasher.hash(_bytes(password))


def _verified(known: str, password: str) -> bool:
    with _AT_ONCE:
        try:
            return _hasher.verify(known, _bytes(password))
        except (VerificationError, InvalidHashError):
            return False
