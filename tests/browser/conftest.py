"""One city and one browser for all of these tests; a page for each person that a test asks for.

Of the package, not of the session: while Playwright runs, no other test of this process may start an event loop.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.city import City, city
from tests.browser.troubles import Clone, Judged, clone, hire_judge, ill_cameras, judged
from tests.browser.visit import Watch, sign_in

CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
SCREEN = {"width": 1366, "height": 768}
WAIT_MS = 30_000
Visit = Callable[..., Page]


@pytest.fixture(scope="package")
def the_city(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[City]:
    """Asks for the browser first: where there is none, no city is built."""
    assert browser.is_connected()
    with city(tmp_path_factory.mktemp("city") / "data") as made:
        yield made


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's Chromium."""
    if CHROMIUM is None:
        pytest.skip("no `chromium` is installed: apt-get install chromium")
    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield started
        started.close()


@pytest.fixture(scope="package")
def signed_in(browser: Browser, the_city: City) -> Callable[[str], Any]:
    """Cookies of a session of this person; all tests that end no session share one."""
    kept: dict[str, Any] = {}

    def cookies(name: str) -> Any:
        if name not in kept:
            context = browser.new_context(locale="en-GB")
            sign_in(context.new_page(), the_city, name)
            kept[name] = context.storage_state()
            context.close()
        return kept[name]

    return cookies


@pytest.fixture(scope="package")
def a_clone(the_city: City) -> Clone:
    """A plate at two places, each with its picture."""
    return clone(the_city)


@pytest.fixture(scope="package")
def ill(the_city: City) -> None:
    """Four cameras in trouble, each in another one."""
    ill_cameras(the_city)


@pytest.fixture(scope="package")
def fell(the_city: City) -> Judged:
    """Verdicts by a law that was struck; somebody who may judge anew."""
    hire_judge(the_city)
    return judged(the_city)


@pytest.fixture
def expected() -> list[str]:
    """Expressions of faults that a test provokes."""
    return []


@pytest.fixture
def visit(browser: Browser, the_city: City, signed_in: Callable[[str], Any], expected: list[str]) -> Iterator[Visit]:
    """visit(name, **options of the context) → page in a browser of that person; name None: nobody is signed in.

    At the end of the test nothing may have gone wrong in any of them that it did not expect, and no title and no
    address may have held a plate.
    """
    watch = Watch(the_city.url)
    with visits(browser, watch, expected) as begin:

        def as_somebody(name: str | None = None, **options: Any) -> Page:
            return begin(**({} if name is None else {"storage_state": signed_in(name)}), **options)

        yield as_somebody
    assert watch.with_plates(the_city.plates()) == []


@contextmanager
def visits(browser: Browser, watch: Watch, expected: list[str]) -> Iterator[Visit]:
    """Gives pages of browsers at a console, each a new one; nobody is signed in. Looks at the end what went wrong."""
    contexts: list[BrowserContext] = []

    def begin(**options: Any) -> Page:
        given = {"viewport": SCREEN, "locale": "en-GB", "base_url": watch.url, "timezone_id": "Europe/Brussels"}
        context = browser.new_context(**{**given, **options})
        context.set_default_timeout(WAIT_MS)
        watch.over(context)
        contexts.append(context)
        return context.new_page()

    yield begin
    for context in contexts:
        context.close()
    assert watch.unexpected(expected) == []
