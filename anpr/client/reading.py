"""Messages as records of a contract, for programs that are exchanged at another time than the platform."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

from pydantic import ValidationError

from anpr.client.errors import SubscriptionFailed
from schemas.base import Contract
from schemas.codec import Refused, current_form, decoder

__all__ = ["Reader", "Unreadable"]

R = TypeVar("R", bound=Contract)


class Unreadable(ValueError):
    """A message that does not fit its contract: says in which way, without repeating what is in it."""


class Reader(Generic[R]):
    """Of one contract. Messages of an older version are made into the current one."""

    def __init__(self, model: type[R]) -> None:
        self._model = model
        self._current: Callable[[bytes], bytes] = current_form(model)
        self._why: Callable[[bytes], object] = decoder(model)

    def read(self, value: bytes) -> R:
        """The record.

        Raises Unreadable for a message that nobody could read; SubscriptionFailed for one of a newer version, which
        must not be passed over: a newer program reads it.
        """
        try:
            return self._model.model_validate_json(self._current(value))
        except Refused as refused:
            raise Unreadable(refused.detail) from refused
        except ValidationError as error:
            self._refuse_newer(value)
            raise Unreadable(f"{error.error_count()} faults") from error

    def _refuse_newer(self, value: bytes) -> None:
        try:
            self._why(value)
        except Refused as refused:
            if refused.reason == "unknown_version":
                raise SubscriptionFailed(
                    f"a {self._model.contract} of {refused.detail}: install a newer anpr; it goes on with this message"
                ) from refused
