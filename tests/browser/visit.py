"""A page in a real browser, and all that went wrong in it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from playwright.sync_api import BrowserContext, ConsoleMessage, Locator, Page, Request, Response, expect

from pipeline.plates.text import compact
from tests.browser.city import City

__all__ = ["Watch", "complete", "inaccessible", "leave", "lock", "settled", "sign_in", "too_wide"]

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text("utf-8")
TITLED = "titled: "
TELL_TITLES = f"""addEventListener("DOMContentLoaded", () => {{
  const tell = () => console.debug("{TITLED}" + document.title);
  new MutationObserver(tell).observe(document.head, {{ childList: true, subtree: true, characterData: true }});
  tell();
}})"""
IDENTIFIER = re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|\b(Case|Dossier) [0-9a-f]{8}\b")
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")


@dataclass
class Watch:
    """Notes what no page may do: fail, break its own rules, load from elsewhere."""

    url: str
    faults: list[str] = field(default_factory=list)
    named: set[str] = field(default_factory=set)
    """Titles and addresses of its pages, and of all that they asked for: what histories, windows and logs keep."""

    def over(self, context: BrowserContext) -> None:
        """From now on, all pages of it, and the windows that they open: from their first request."""
        context.add_init_script(TELL_TITLES)
        context.on("page", lambda page: page.on("framenavigated", lambda frame: self.named.add(frame.url)))
        context.on("console", self._console)
        context.on("weberror", lambda found: self.faults.append(f"script: {found.error}"))
        context.on("request", self._request)
        context.on("response", self._response)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type == "debug" and message.text.startswith(TITLED):
            self.named.add(message.text.removeprefix(TITLED))
        if message.type in ("error", "warning"):
            self.faults.append(f"{message.type}: {message.text} ({message.location.get('url', '')})")

    def _request(self, request: Request) -> None:
        if not request.url.startswith(("data:", "blob:")):
            self.named.add(request.url)
        if not request.url.startswith((self.url, "data:", "blob:")):
            self.faults.append(f"loads from elsewhere: {request.url}")

    def _response(self, response: Response) -> None:
        if response.status >= 500:
            self.faults.append(f"{response.status}: {response.url}")

    def with_plates(self, known: Iterable[str]) -> list[str]:
        """Titles and addresses that hold one of these plates, however written. Identifiers are hexadecimal."""
        texts = {compact(IDENTIFIER.sub(" ", unquote(one).removeprefix(self.url))): one for one in self.named}
        return [one for text, one in texts.items() if any(plate in text for plate in known)]

    def unexpected(self, expected: Iterable[str]) -> list[str]:
        """Faults that fit none of these expressions."""
        return [one for one in self.faults if not any(re.search(pattern, one) for pattern in expected)]


def sign_in(page: Page, city: City, name: str, path: str = "/") -> None:
    """As a person does, with what the demo printed."""
    page.goto(f"{city.url}/sign-in?next={path}")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(city.users[name])
    page.get_by_role("button", name="Sign in").click()
    expect(page).not_to_have_url(re.compile("/sign-in"))


def leave(page: Page) -> None:
    """Sign out, by the menu."""
    page.get_by_label("Account and settings").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/sign-in"))


def lock(page: Page) -> Locator:
    """Lock the session, by the menu; the dialog that asks who is there."""
    page.get_by_label("Account and settings").click()
    page.get_by_role("button", name="Lock").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    return dialog


def settled(page: Page, path: str) -> None:
    """Open a page and wait until it shows what it has."""
    page.goto(path)
    complete(page)


def complete(page: Page) -> None:
    """Nothing is being loaded any more, the map is drawn."""
    waiting = page.get_by_text(re.compile("Loading …|is being read"))
    expect(waiting.filter(visible=True)).to_have_count(0)
    expect(page.locator("main")).to_be_visible()
    expect(page.locator(".busy:not(.map-patrol)")).to_have_count(0)  # a patrol may be busy
    page.wait_for_function(
        "() => { const map = document.getElementById('map'); return !map || map.querySelector('path') }"
    )


MAP_MARKER = "leaflet-marker-icon"
"""Where it stands is what it says: WCAG 2.5.8 excepts pins on maps, which the city may put close together."""


def inaccessible(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 AA and its own best practice, a line each."""
    page.evaluate(AXE)
    found: dict[str, Any] = page.evaluate(
        "tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", RULES
    )
    return [
        f"{page.url}: {one['id']}: {node['html'][:160]} | {node['failureSummary'].splitlines()[1].strip()}"
        for one in found["violations"]
        for node in one["nodes"]
        if (one["id"], MAP_MARKER in node["html"]) != ("target-size", True)
    ]


def too_wide(page: Page) -> bool:
    """Whether one must scroll sideways."""
    return bool(page.evaluate("document.documentElement.scrollWidth > window.innerWidth"))
