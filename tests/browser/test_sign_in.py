"""In, out, locked, ended: what somebody else may see at this screen afterwards, and what one's own work keeps."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.city import MANY_PATTERN, City
from tests.browser.conftest import Visit
from tests.browser.visit import inaccessible, sign_in

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
REASON = "Hit and run in the Rue Neuve, a witness called"
REFUSED = "status of 401"


def typed(page: Page, pattern: str = MANY_PATTERN) -> None:
    """A search that is not yet begun."""
    page.goto("/search")
    page.get_by_label("Plate", exact=True).fill(pattern)
    page.get_by_label("Reason").fill(REASON)


def searched(page: Page) -> None:
    """The search of this form, to its results."""
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.get_by_text("8QQQ").first).to_be_visible()


def leave(page: Page) -> None:
    """Sign out, by the menu."""
    page.get_by_label("Account and settings").click()
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(re.compile("/sign-in"))


def test_nobody_is_led_to_the_sign_in_and_on(visit: Visit, the_city: City) -> None:
    page = visit()
    page.goto("/search?s=1")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert inaccessible(page) == []
    page.get_by_label("Name").fill("officer")
    page.get_by_label("Password").fill(the_city.users["officer"])
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/search\?s=1$"))


def test_a_wrong_password_is_told_without_saying_what_is_wrong(visit: Visit, expected: list[str]) -> None:
    expected.append(REFUSED)
    page = visit()
    page.goto("/sign-in")
    page.get_by_label("Name").fill("officer")
    page.get_by_label("Password").fill("not this one")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert").filter(has_text="Name, password or code is not right.")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("officer")


def test_the_back_button_shows_nothing_after_signing_out(visit: Visit, the_city: City, expected: list[str]) -> None:
    expected.append(REFUSED)
    page = visit()
    sign_in(page, the_city, "officer", "/search")
    typed(page)
    searched(page)
    leave(page)
    page.go_back()
    expect(page).to_have_url(re.compile("/sign-in"))
    expect(page.locator("body")).not_to_contain_text("8QQQ")


def test_signing_out_in_one_tab_hides_the_other(visit: Visit, the_city: City, expected: list[str]) -> None:
    expected.append(REFUSED)
    page = visit()
    sign_in(page, the_city, "officer", "/search")
    typed(page)
    searched(page)
    other = page.context.new_page()
    other.goto("/cases")
    leave(other)
    expect(page).to_have_url(re.compile("/sign-in"))
    expect(page.locator("body")).not_to_contain_text("8QQQ")


def test_two_tabs_search_beside_each_other(visit: Visit) -> None:
    page = visit("officer")
    typed(page)
    searched(page)
    other = page.context.new_page()
    typed(other, "8QQQ123")
    searched(other)
    page.reload()
    expect(page.get_by_text("8QQQ").first).to_be_visible()
    assert page.url != other.url


def test_a_session_that_is_locked_in_mid_search_goes_on(visit: Visit, the_city: City, expected: list[str]) -> None:
    expected.append(REFUSED)
    page = visit()
    sign_in(page, the_city, "officer", "/search")
    typed(page)
    page.get_by_label("Account and settings").click()
    page.get_by_role("button", name="Lock").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(dialog).to_be_visible()
    dialog.get_by_label("Password").fill("not this one")
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert")).to_be_visible()
    dialog.get_by_label("Password").fill(the_city.users["officer"])
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    expect(page.get_by_label("Reason")).to_have_value(REASON)
    searched(page)


def test_a_session_that_ended_in_mid_search_goes_on_after_the_password(
    visit: Visit, the_city: City, expected: list[str]
) -> None:
    expected.append(REFUSED)
    page = visit()
    sign_in(page, the_city, "officer", "/search")
    typed(page)
    page.context.clear_cookies()
    page.get_by_role("button", name="Search", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Password").fill(the_city.users["officer"])
    page.keyboard.press("Enter")
    expect(page.get_by_text("8QQQ").first).to_be_visible()
