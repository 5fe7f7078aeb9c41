"""The ingest door as a device sees it: one upload, and what became of it."""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

import httpx

from anpr.edge.items import Batch, Refused

__all__ = ["Answer", "Door", "DoorRefused", "Outcome"]

Outcome = Literal["taken", "later", "too_large", "other_content", "refused", "not_admitted"]
"""`later`: send it again. `refused`: this very upload will never be taken. `not_admitted`: the token, or the address,
is wrong; it may be mended."""
READ_S = 60.0
"""The door answers within ten seconds, or says that it will not."""
LONGEST_WAIT_S = 3600.0
MEANINGS: Mapping[int, Outcome] = {
    400: "refused",
    408: "later",
    409: "other_content",
    413: "too_large",
    415: "refused",
    422: "refused",
    429: "later",
}
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


class DoorRefused(ValueError):
    """The door cannot be used as it is named; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Of the door to one upload."""

    outcome: Outcome
    words: str
    """For a person."""
    refused: tuple[Refused, ...] = ()
    """Items that will never be taken."""
    after_s: float = 0.0
    """Not again before."""
    skew_s: float | None = None
    """This device's clock less the platform's, s."""


class Door:
    """One address, one token."""

    def __init__(
        self, url: str, token: str | Callable[[], str], ca_file: Path | None = None, *, insecure: bool = False
    ) -> None:
        """token: itself, or what is asked for it before each upload. ca_file: unset, those that Mozilla trusts.

        insecure: allow an address without TLS that is not on this machine. Raises DoorRefused.
        """
        _check(url, insecure=insecure)
        self._token: Callable[[], str] = token if callable(token) else lambda: token
        try:
            trusted = ssl.create_default_context(cafile=ca_file) if ca_file else True
        except (OSError, ssl.SSLError) as error:
            raise DoorRefused(f"the certificate authority in {ca_file} cannot be read: {error}") from error
        self._client = httpx.Client(
            base_url=url, timeout=httpx.Timeout(10.0, read=READ_S, write=READ_S), verify=trusted
        )

    def upload(self, spool: str, batch: Batch) -> Answer:
        """Send a batch. Never raises for what a line or a server does."""
        path, headers, body = _request(batch)
        headers |= {
            "Authorization": f"Bearer {self._token()}",
            "Anpr-Spool": spool,
            "Anpr-Sequence": str(batch.number),
            "Anpr-Clock": datetime.now(UTC).isoformat(),
        }
        try:
            answer = self._client.post(path, content=body, headers=headers)
        except httpx.TransportError as error:
            return Answer("later", f"the door cannot be reached: {type(error).__name__}: {error}")
        return _read(answer)

    def close(self) -> None:
        """Hang up."""
        self._client.close()


def _check(url: str, *, insecure: bool) -> None:
    found = urlsplit(url)
    if found.scheme not in ("http", "https") or not found.hostname:
        raise DoorRefused("the door's address is https://HOST[:PORT]")
    if found.scheme == "http" and not insecure and found.hostname not in LOOPBACK:
        raise DoorRefused("reads are personal data: the door's address begins with https")


def _request(batch: Batch) -> tuple[str, dict[str, str], bytes]:
    if batch.kind == "frame":
        item = batch.items[0]
        png = item.body.startswith(b"\x89PNG")
        media_type = "image/png" if png else "image/jpeg"
        return "/api/v1/frames", {"Content-Type": media_type, "Anpr-Frame": item.about}, item.body
    body = b"\n".join(item.body for item in batch.items)
    return "/api/v1/reads", {"Content-Type": "application/x-ndjson"}, body


def _read(answer: httpx.Response) -> Answer:
    status, said = answer.status_code, _object(answer)
    words = f"{status}: {said.get('detail') or answer.reason_phrase}"
    refused = _refusals(said)
    if status == httpx.codes.OK:
        return _taken(said, refused)
    if refused:
        return Answer("taken", words, refused)
    outcome = MEANINGS.get(status, "later" if status >= 500 else "not_admitted")
    return Answer(outcome, words, after_s=_after_s(answer))


def _taken(said: Mapping[str, Any], refused: tuple[Refused, ...]) -> Answer:
    """A proxy's page may be 200 too: then it is no answer of the door."""
    if not isinstance(said.get("accepted"), int):
        return Answer("not_admitted", "200, but not from an ingest door: is the address right?")
    skew = said.get("clock_skew_s")
    words = "200: was there already" if said.get("repeated") else f"200: {said['accepted']} taken"
    return Answer("taken", words, refused, skew_s=float(skew) if isinstance(skew, int | float) else None)


def _object(answer: httpx.Response) -> dict[str, Any]:
    try:
        found = json.loads(answer.content)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _refusals(said: Mapping[str, Any]) -> tuple[Refused, ...]:
    listed = said.get("refused")
    if not isinstance(listed, list):
        return ()
    found = [one for one in listed if isinstance(one, dict) and isinstance(one.get("index"), int)]
    return tuple(Refused(one["index"], str(one.get("reason")), str(one.get("detail"))) for one in found)


def _after_s(answer: httpx.Response) -> float:
    told = answer.headers.get("Retry-After", "")
    return min(float(told), LONGEST_WAIT_S) if told.isdigit() else 0.0
