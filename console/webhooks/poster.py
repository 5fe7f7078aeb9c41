"""One attempt to deliver, and what its outcome means."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import httpx

from console.webhooks.target import TargetRefused, check_target

__all__ = ["Answer", "Poster"]

TOTAL_S = 10.0
TRY_AGAIN = frozenset({408, 425, 429})
LONGEST_RETRY_AFTER_S = 3600.0
Outcome = Literal["delivered", "unavailable", "refused", "gone"]


@dataclass(frozen=True, slots=True)
class Answer:
    """How an attempt ended."""

    outcome: Outcome
    """`unavailable`: try again. `refused`: this delivery never works. `gone`: send nothing any more."""
    detail: str
    """For a person; nothing that the target wrote."""
    retry_after_s: float = 0.0
    """The target asked not to be asked before."""


class Poster:
    """Sends to targets from one thread. Redirects are not followed, proxies of the environment not used."""

    def __init__(self, ca_file: Path | None = None, total_s: float = TOTAL_S) -> None:
        """ca_file: authority of the targets; None: those of the machine. total_s: for all of one attempt.

        The whole is limited, as a target that sends a byte now and then is never too slow for a limit on each step.
        """
        self._total_s = total_s
        self._runner = asyncio.Runner()
        self._client = httpx.AsyncClient(
            timeout=total_s,
            follow_redirects=False,
            trust_env=False,
            headers={"User-Agent": "anpr-webhooks/1", "Content-Type": "application/json"},
            verify=ssl.create_default_context(cafile=ca_file) if ca_file else True,
        )

    def post(self, url: str, headers: Mapping[str, str], body: bytes, *, insecure: bool = False) -> Answer:
        """Send once; returns within `total_s`, whatever the target does."""
        try:
            check_target(url, insecure=insecure)
        except TargetRefused as refused:
            return Answer("refused", str(refused))
        return self._runner.run(self._post(url, headers, body))

    async def _post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        try:
            async with (
                asyncio.timeout(self._total_s),
                # What the target writes is not read: its status says all.
                self._client.stream("POST", url, content=body, headers=dict(headers)) as answer,
            ):
                return _judge(answer)
        except TimeoutError:
            return Answer("unavailable", f"no answer within {self._total_s:g} s")
        except httpx.HTTPError as error:
            return Answer("unavailable", f"no answer: {type(error).__name__}")

    def close(self) -> None:
        """Let go of connections."""
        self._runner.run(self._client.aclose())
        self._runner.close()


def _judge(answer: httpx.Response) -> Answer:
    status = answer.status_code
    said = f"it answered {status}"
    if answer.is_success:
        return Answer("delivered", said)
    if status == httpx.codes.GONE:
        return Answer("gone", said)
    if status >= 500 or status in TRY_AGAIN:
        return Answer("unavailable", said, _retry_after_s(answer))
    if answer.is_redirect or answer.has_redirect_location:
        return Answer("refused", f"{said}; redirects are not followed")
    return Answer("refused", said)


def _retry_after_s(answer: httpx.Response) -> float:
    """In seconds only; a date would trust the target's clock."""
    later = answer.headers.get("Retry-After", "")
    return min(float(later), LONGEST_RETRY_AFTER_S) if later.isascii() and later.isdigit() else 0.0
