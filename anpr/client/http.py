"""Hits over HTTP: one long answer of server-sent events, taken up again where it broke."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import random
import ssl
import time
from collections.abc import Iterator
from pathlib import Path

import httpx

from anpr.client.errors import SubscriptionFailed, SubscriptionRefused
from anpr.client.events import Event, EventParser, EventTooLarge
from anpr.client.reading import Reader, Unreadable
from anpr.client.sources import Http
from schemas.hit import Hit
from schemas.selection import LOWEST_PRIORITY, HitSelection

__all__ = ["HttpFeed"]

LOGGER = logging.getLogger("anpr.client")
PATH = "/api/v1/hits/stream"
SILENCE_S = 45.0
"""The server shows life every 15 s; after so long without any the connection is taken for dead."""
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 30.0
TRY_AGAIN = frozenset({408, 425, 429})


class _Broken(Exception):
    """The connection ended; another one goes on. `after_s`: not before."""

    def __init__(self, why: str, after_s: float = 0.0) -> None:
        super().__init__(why)
        self.after_s = after_s


class HttpFeed:
    """Goes on behind the last hit that is done, after a break of the line and, with a file, of the program."""

    def __init__(self, source: Http, selection: HitSelection) -> None:
        self._source, self._reader = source, Reader(Hit)
        self._query = _query(selection, source)
        self._client = httpx.Client(
            base_url=source.url,
            headers={"Authorization": f"Bearer {source.token}", "Accept": "text/event-stream"},
            timeout=httpx.Timeout(10.0, read=SILENCE_S),
            verify=ssl.create_default_context(cafile=source.ca_file) if source.ca_file else True,
        )
        self._place = _kept(source.position)
        self._in_hand: str | None = None
        self._events: Iterator[Event] | None = None
        self._failures = 0
        self.unreadable = 0
        """Events that did not fit the contract; they are logged and passed over."""

    def next(self, wait_s: float | None) -> Hit | None:
        """The next hit. Raises SubscriptionRefused, SubscriptionFailed."""
        deadline = None if wait_s is None else time.monotonic() + wait_s
        while deadline is None or time.monotonic() < deadline:
            try:
                hit = self._take(deadline)
            except _Broken as broken:
                self._events = None
                self._pause(broken, deadline)
                continue
            if hit is not None:
                return hit
        return None

    def _take(self, deadline: float | None) -> Hit | None:
        """One event further: its hit, or None where it brings none."""
        if self._events is None:
            self._events = self._connect(deadline)
        event = next(self._events, None)
        if event is None:
            raise _Broken("the answer ended")
        self._failures = 0
        if event.name == "end":
            raise _Broken(f"the platform ended the stream: {_reason(event.data)}")
        hit = self._decode(event) if event.name == "hit" else None
        if hit is None:
            self._keep(event.id)
        else:
            self._in_hand = event.id
        return hit

    def _connect(self, deadline: float | None) -> Iterator[Event]:
        """Events of one connection. Raises _Broken, SubscriptionFailed."""
        parser = EventParser(self._place)
        headers = {} if self._place is None else {"Last-Event-ID": self._place}
        read_s = SILENCE_S if deadline is None else min(SILENCE_S, max(0.05, deadline - time.monotonic()))
        try:
            with self._client.stream(
                "GET", PATH, params=self._query, headers=headers, timeout=httpx.Timeout(10.0, read=read_s)
            ) as answer:
                _check(answer)
                for chunk in answer.iter_raw():
                    yield from parser.feed(chunk)
        except (httpx.TransportError, EventTooLarge) as error:
            raise _Broken(str(error) or type(error).__name__) from error

    def _decode(self, event: Event) -> Hit | None:
        try:
            return self._reader.read(event.data.encode())
        except Unreadable as error:
            self.unreadable += 1
            LOGGER.error("event %s: %s, passed over", event.id, error)
            return None

    def _pause(self, broken: _Broken, deadline: float | None) -> None:
        """Wait longer each time, and never as long as others do: they lost the same server."""
        most = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2**self._failures)
        self._failures = min(self._failures + 1, 10)
        wait_s = max(broken.after_s, random.uniform(most / 2, most))
        if deadline is not None:
            wait_s = min(wait_s, max(0.0, deadline - time.monotonic()))
        LOGGER.info("%s; again in %.1f s", broken, wait_s)
        time.sleep(wait_s)

    def done(self) -> None:
        """The hit in hand is dealt with: whatever happens, the stream goes on behind it."""
        if self._in_hand is not None:
            self._keep(self._in_hand)
            self._in_hand = None

    def _keep(self, place: str | None) -> None:
        if place is None or place == self._place:
            return
        self._place = place
        path = self._source.position
        if path is not None:
            draft = path.with_name(f"{path.name}.{os.getpid()}")
            with draft.open("w", encoding="utf-8") as file:
                file.write(place)
                file.flush()
                os.fsync(file.fileno())  # an empty file after a power cut would mean: begin now
            draft.replace(path)

    def close(self) -> None:
        """Hang up."""
        self._events = None
        self._client.close()


def _check(answer: httpx.Response) -> None:
    status = answer.status_code
    if status == httpx.codes.OK:
        return
    with contextlib.suppress(httpx.TransportError):
        answer.read()
    said = _problem(answer)
    if status in (401, 403):
        raise SubscriptionRefused(f"the platform refuses this program ({status}): {said}")
    if status < 500 and status not in TRY_AGAIN:
        raise SubscriptionFailed(f"the platform does not take the question ({status}): {said}")
    later = answer.headers.get("Retry-After", "")
    raise _Broken(f"the platform answers {status}: {said}", min(float(later), 300.0) if later.isdigit() else 0.0)


def _problem(answer: httpx.Response) -> str:
    """The sentence of a problem document (RFC 9457), or the status in words."""
    try:
        return str(answer.json()["detail"])
    except (ValueError, KeyError, TypeError, httpx.ResponseNotRead):
        return answer.reason_phrase


def _reason(data: str) -> str:
    try:
        return str(json.loads(data)["reason"])
    except (ValueError, KeyError, TypeError):
        return "no reason given"


def _kept(path: Path | None) -> str | None:
    """The place in the file, if there is one. Raises SubscriptionFailed for a file that cannot be read."""
    if path is None or not path.exists():
        return None
    try:
        return path.read_text("utf-8").strip() or None
    except (OSError, UnicodeDecodeError) as error:
        raise SubscriptionFailed(f"{path}, where the place in the stream is kept, cannot be read: {error}") from error


def _query(selection: HitSelection, source: Http) -> list[tuple[str, str | int | float | bool | None]]:
    flags = {name: getattr(selection, name) for name in ("late", "retroactive", "withdrawn")}
    return [
        *(("kind", one) for one in sorted(selection.kinds)),
        *(("zone", one) for one in sorted(selection.zones)),
        *(("class", one) for one in sorted(selection.classes)),
        *((("priority", selection.priority),) if selection.priority != LOWEST_PRIORITY else ()),
        *((name, "false") for name, wanted in flags.items() if not wanted),
        ("from", source.start),
    ]
