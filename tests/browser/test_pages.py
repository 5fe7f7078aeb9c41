"""Every page for everybody who has it: it loads without a fault, reads by machine, fits the screen, day and night."""

from __future__ import annotations

import re
from typing import Any, get_args

import pytest
from playwright.sync_api import Page, expect

from console.pages.menu import MENU
from console.pages.words import words_of
from schemas.search import Role
from tests.browser.conftest import Visit
from tests.browser.visit import inaccessible, settled, too_wide

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
ROLES = get_args(Role)
CAR: dict[str, Any] = {"viewport": {"width": 1024, "height": 768}, "has_touch": True, "color_scheme": "dark"}


def paths_of(role: Role) -> list[str]:
    """Pages of the menu of somebody in this role."""
    return [page.path for page in MENU if role in page.roles]


def faults_of(page: Page, path: str) -> list[str]:
    """Open it and look."""
    settled(page, path)
    wide = [f"{path} is wider than the screen"] if too_wide(page) else []
    return wide + inaccessible(page)


@pytest.mark.parametrize("role", ROLES)
def test_all_pages_of_a_role_on_a_desk(role: Role, visit: Visit) -> None:
    page = visit(role)
    assert [fault for path in paths_of(role) for fault in faults_of(page, path)] == []


@pytest.mark.parametrize("role", ROLES)
def test_all_pages_of_a_role_in_a_car_at_night(role: Role, visit: Visit) -> None:
    page = visit(role, **CAR)
    assert [fault for path in paths_of(role) for fault in faults_of(page, path)] == []


@pytest.mark.parametrize("role", ROLES)
def test_pages_of_others_say_so(role: Role, visit: Visit, expected: list[str]) -> None:
    expected.append("status of 403")
    page = visit(role)
    for path in {page.path for page in MENU} - set(paths_of(role)):
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 403, path
        expect(page.get_by_role("heading", name="This page is for others")).to_be_visible()


def test_the_menu_leads_to_each_page(visit: Visit) -> None:
    page = visit("investigator")
    page.goto("/")
    for entry in (entry for entry in MENU if "investigator" in entry.roles):
        page.get_by_role("link", name=words_of(entry.name, "en")["title"], exact=True).first.click()
        expect(page).to_have_url(re.compile(re.escape(entry.path) + "$"))
        current = page.get_by_role("navigation").locator("[aria-current=page]")
        expect(current).to_have_text(words_of(entry.name, "en")["title"])


def test_no_such_page(visit: Visit, expected: list[str]) -> None:
    expected.append("status of 404")
    page = visit("officer")
    page.goto("/nowhere")
    expect(page.get_by_role("heading", name="There is no such page")).to_be_visible()
    page.get_by_role("link", name="To the first page").click()
    expect(page).to_have_url(re.compile("/live$"))


@pytest.mark.parametrize(("locale", "label"), [("fr-BE", "Plaque d'immatriculation"), ("nl-BE", "Nummerplaat")])
def test_the_browser_s_language(locale: str, label: str, visit: Visit) -> None:
    page = visit("officer", locale=locale)
    page.goto("/search")
    expect(page.get_by_label(label)).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", locale[:2])


def test_another_language_stays(visit: Visit) -> None:
    page = visit("officer")
    page.goto("/search")
    page.get_by_label("Plate").fill("1AB?2*")
    page.get_by_label("Account and settings").click()
    page.get_by_role("button", name="Nederlands").click()
    expect(page.get_by_label("Nummerplaat")).to_have_value("1AB?2*")
    page.goto("/cases")
    expect(page.locator("html")).to_have_attribute("lang", "nl")
