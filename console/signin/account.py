"""What people change of their own sign-in, each time with the password: recorded first, then done."""

from __future__ import annotations

from dataclasses import dataclass

import segno

from console.signin.desk import Entered, SignIn
from console.signin.passwords import made_secret

__all__ = ["Account", "Offered"]


@dataclass(frozen=True, slots=True)
class Offered:
    """A second factor that is not in force yet."""

    secret: str
    """To type into an app, base32."""
    picture: str
    """The same as a QR code: a `data:` address of an SVG."""


class Account:
    """Of one officer, who signs in by a password of ours. Errors of ClickHouse pass through: then nothing is changed.

    All raise SignInRefused where the password or code is not right.
    """

    def __init__(self, signin: SignIn, officer: str, address: str) -> None:
        """address: where the request comes from."""
        self._signin, self._officer, self._address = signin, officer, address

    def change_password(self, password: str, code: str, new: str) -> Entered:
        """Sign out everywhere but here, where a new session begins. Raises PasswordRefused."""
        self._signin.users.check_new(self._officer, new)
        self._prove(password, code)
        self._signin.record("password_set", self._officer)
        self._signin.users.set_password(self._officer, new)
        return self._signin.begin_again(self._officer, self._address)

    def offer_second_factor(self) -> Offered:
        """One to scan; nothing is kept of it."""
        secret, address = made_secret(self._officer)
        return Offered(secret, segno.make(address).svg_data_uri(scale=4, border=4, light="white"))

    def set_second_factor(self, password: str, code: str, secret: str, first: str) -> None:
        """Ask for its codes from now on. code: of the one before, if any; first: of the new one.

        Raises PasswordRefused.
        """
        self._signin.users.check_code(secret, first)
        self._prove(password, code)
        self._signin.record("second_factor_set", self._officer)
        self._signin.users.set_second_factor(self._officer, secret, first)

    def end_second_factor(self, password: str, code: str) -> None:
        """Ask for the password alone."""
        self._prove(password, code)
        self._signin.record("second_factor_ended", self._officer)
        self._signin.users.end_second_factor(self._officer)

    def _prove(self, password: str, code: str) -> None:
        self._signin.prove(self._officer, password, code, self._address)
