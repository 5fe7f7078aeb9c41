"""Every page in Dutch: nothing on it is English but what people wrote, and what is marked as such."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest
from playwright.sync_api import Error, Page, Response, expect

from console.pages.menu import MENU
from schemas.search import Role
from tests.browser.conftest import Visit
from tests.browser.visit import complete, settled, too_wide
from tests.console.pages.english import english_in

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300), pytest.mark.usefixtures("a_clone", "ill")]
DUTCH = "nl-BE"
"""French is made by the same scripts, of words that are looked through in `test_words.py`."""
BY_PEOPLE = {"reason", "note", "text", "vehicle", "name", "camera_name", "about"}
"""Members of answers that hold what somebody wrote, in their own language, or what something is called."""
REASON = "Vol de voiture, Rue Neuve"
SAID = """() => {
  const found = [], skipped = "script, style, code, kbd, [lang]:not(html), .plate";
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const within = node.parentElement;
    if (node.data.trim() && !within.closest(skipped) && within.checkVisibility()) found.push(node.data.trim());
  }
  for (const name of ["aria-label", "title", "placeholder", "alt"])
    for (const one of document.querySelectorAll(`body [${name}]`))
      if (!one.closest(skipped)) found.push(one.getAttribute(name));
  return [...new Set(found)];
}"""
Act = Callable[[Page], None]


class Told:
    """What the API told a page that people wrote."""

    def __init__(self, page: Page) -> None:
        self._answers: list[Response] = []
        self._texts: set[str] = set()
        page.on("response", self._heard)

    def _heard(self, answer: Response) -> None:
        if "/api/" in answer.url and answer.headers.get("content-type", "").startswith("application/json"):
            self._answers.append(answer)

    def without(self, said: str) -> str:
        """What is said, without any of it."""
        while self._answers:
            with suppress(Error):  # of a page that was left: nothing of it is seen any more
                self._texts |= set(_by_people(self._answers.pop().json()))
        for text in sorted(self._texts, key=len, reverse=True):
            said = said.replace(text, " ")
        return said


def _by_people(told: Any, name: str = "") -> Iterator[str]:
    if isinstance(told, dict):
        for key, value in told.items():
            yield from _by_people(value, "about" if name == "about" else key)
    elif isinstance(told, list):
        for value in told:
            yield from _by_people(value, name)
    elif isinstance(told, str) and name in BY_PEOPLE and len(told) > 2:
        yield told


def faults_of(page: Page, told: Told) -> list[str]:
    """What of the page is English, and whether it is wider than the screen in its language."""
    complete(page)
    said: list[str] = page.evaluate(SAID)
    assert len(said) > 5, page.url
    english = [f"{page.url}: {one}" for one in said if english_in(told.without(one))]
    return english + ([f"{page.url} is wider than the screen"] if too_wide(page) else [])


def _searched(page: Page) -> None:
    page.locator("#pattern").fill("8QQQ12?")
    page.locator("#reason").fill(REASON)
    page.locator("#go").click()
    page.locator("#results .acts .btn").first.click()
    expect(page.locator("#follow h2").first).to_be_visible()


def _opened(page: Page) -> None:
    page.locator("#table tbody a").first.click()
    expect(page.locator("#shown")).to_be_visible()


def _anomalies(page: Page) -> None:
    page.locator("#reason").fill(REASON)
    page.locator("#look").click()
    expect(page.locator("#chosen h3")).to_be_visible()


def _camera(page: Page) -> None:
    page.locator("#cameras tbody button").first.click()
    expect(page.locator("#camera-name")).to_be_visible()


def _notices(page: Page) -> None:
    page.locator("#notices-form [name=reason]").fill(REASON)
    page.locator("#notices-form [type=submit]").click()
    expect(page.locator("#notices-foot p")).to_be_visible()


ACTS: dict[str, Act] = {
    "/search": _searched,
    "/cases": _opened,
    "/anomalies": _anomalies,
    "/cameras": _camera,
    "/zones": _notices,
}
"""Page → how it comes to show something."""
WHO: dict[str, Role] = {page.path: page.roles[0] for page in MENU} | {"/sign-in": "officer", "/account": "officer"}


@pytest.mark.parametrize("path", WHO)
def test_nothing_is_left_in_english(path: str, visit: Visit) -> None:
    page = visit(*([] if path == "/sign-in" else [WHO[path]]), locale=DUTCH)
    told = Told(page)
    settled(page, path)
    faults = faults_of(page, told)
    for tab in page.get_by_role("tab").all():
        tab.click()
        faults += faults_of(page, told)
    if path in ACTS:
        settled(page, path)
        ACTS[path](page)
        faults += faults_of(page, told)
    assert faults == []


def test_nothing_is_left_in_english_of_what_is_refused(visit: Visit, expected: list[str]) -> None:
    expected += ["status of 4"]
    page = visit("officer", locale=DUTCH)
    told = Told(page)
    page.goto("/zones")
    assert faults_of(page, told) == []
    settled(page, "/search")
    page.locator("#pattern").fill("8QQQ123")
    page.locator("#reason").fill("x")
    page.locator("#go").click()
    expect(page.locator("#reason-error")).to_be_visible()
    assert faults_of(page, told) == []
