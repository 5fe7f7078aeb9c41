"""`python -m tests.browser.draw [NAME …]`: a picture of each page of the console, or of these, in docs/pictures, from a
city that lives.

Seen by somebody in a role that has the page, at 1366×768; the live map also at night. Plates and people are invented.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.anpr.program import ROOT
from tests.browser.city import City, city
from tests.browser.conftest import CHROMIUM, FLAGS, SCREEN
from tests.browser.troubles import ILL, clone, ill_cameras
from tests.browser.visit import complete, settled, sign_in

__all__ = ["draw", "main"]

PICTURES = ROOT / "docs" / "pictures"
QUALITY = 80
WAIT_MS = 20_000


def main() -> None:
    """Draw all."""
    if CHROMIUM is None:
        sys.exit("no `chromium` is installed: apt-get install chromium")
    expect.set_options(timeout=WAIT_MS)
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        with city(Path(folder) / "data") as made:
            for path in draw(browser, made, PICTURES, sys.argv[1:] or list(PAGES)):
                print(path.relative_to(ROOT))


def draw(browser: Browser, made: City, folder: Path, names: Sequence[str]) -> list[Path]:
    """These pictures in this folder; returns their paths."""
    drawn = []
    for name in names:
        role, bring, options = PAGES[name]
        context = browser.new_context(
            **{"viewport": SCREEN, "locale": "en-GB", "base_url": made.url, "timezone_id": "Europe/Brussels", **options}
        )
        context.set_default_timeout(WAIT_MS)
        page = context.new_page()
        if role:
            sign_in(page, made, role, "/cases" if role in ("officer", "investigator") else "/")
        bring(page, made)
        complete(page)
        drawn.append(_taken(page, folder / f"console-{name}.jpg"))
        context.close()
    return drawn


PICTURES_SHOWN = """() => [...document.images].every((one) => {
    const { top, bottom } = one.getBoundingClientRect();
    return (one.complete && one.naturalWidth) || bottom < 0 || top > innerHeight;
})"""
"""Those further down load when somebody scrolls to them."""


def _taken(page: Page, path: Path) -> Path:
    page.wait_for_function(PICTURES_SHOWN)
    part = path.with_suffix(".part.jpg")
    page.screenshot(path=part, type="jpeg", quality=QUALITY, animations="disabled")
    part.rename(path)
    return path


def _plain(path: str) -> Callable[[Page, City], None]:
    return lambda page, _city: settled(page, path)


def _searched(page: Page, made: City) -> None:
    plate = made.tour["plate"]
    page.goto("/search")
    page.get_by_label("Plate", exact=True).fill(f"{plate[:3]}?{plate[4:]}")
    page.get_by_label("Reason").fill("Stolen car, call of a witness in the Rue Neuve")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.get_by_role("button", name=re.compile("Follow")).first).to_be_visible()


def _followed(page: Page, made: City) -> None:
    _searched(page, made)
    page.get_by_role("button", name=re.compile("Follow")).first.click()
    expect(page.get_by_role("heading", name="Next cameras")).to_be_visible()


def _live(page: Page, made: City) -> None:
    settled(page, "/live")
    expect(page.get_by_role("link").filter(has_text=made.tour["display"]).first).to_be_visible()


def _case(page: Page, made: City) -> None:
    _live(page, made)
    page.get_by_role("link").filter(has_text=made.tour["display"]).first.click()
    expect(page.get_by_role("heading", name=re.compile(made.tour["display"]))).to_be_visible()
    expect(page.get_by_role("heading", name="To read on the radio")).to_be_visible()


def _anomalies(page: Page, made: City) -> None:
    told = clone(made)
    page.goto("/anomalies")
    page.get_by_label("Reason").fill("Clones on the ring, meeting with the federal police")
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.locator("#map").get_by_text(f"{told.needed_kmh:,} km/h")).to_be_visible()
    expect(page.get_by_role("link", name="Open its case")).to_be_visible()


def _cameras(page: Page, made: City) -> None:
    ill_cameras(made)
    settled(page, "/cameras")
    page.get_by_role("button", name=ILL[1].name, exact=True).click()
    expect(page.get_by_role("heading", name="What to do")).to_be_visible()


def _tour(page: Page, _made: City) -> None:
    page.goto("/tour")
    page.get_by_role("button", name="Begin the tour").click()
    page.get_by_role("link", name="Search", exact=True).click()
    expect(page.get_by_role("heading", name="Search with a reason")).to_be_visible()


NIGHT: dict[str, Any] = {"color_scheme": "dark"}
PAGES: dict[str, tuple[str, Callable[[Page, City], None], dict[str, Any]]] = {
    "sign-in": ("", _plain("/sign-in"), {}),
    "search": ("officer", _searched, {}),
    "follow": ("officer", _followed, {}),
    "live": ("officer", _live, {}),
    "live-night": ("officer", _live, NIGHT),
    "case": ("officer", _case, {}),
    "cases": ("officer", _plain("/cases"), {}),
    "tour": ("officer", _tour, {}),
    "investigation": ("investigator", _plain("/investigation"), {}),
    "anomalies": ("investigator", _anomalies, {}),
    "hotlists": ("hotlist_manager", _plain("/hotlists"), {}),
    "zones": ("lez_agent", _plain("/zones"), {}),
    "cameras": ("officer", _cameras, {}),
    "audit": ("auditor", _plain("/audit"), {}),
    "administration": ("administrator", _plain("/administration"), {}),
}
"""Name of the picture → who looks, how the page comes to show something, options of the browser."""


if __name__ == "__main__":
    main()
