"""The account page: a second factor set up and used, a new password, and all of it in another language."""

from __future__ import annotations

import re

import pyotp
import pytest
from playwright.sync_api import Locator, Page, expect

from console.pages.words import words_of
from tests.browser.city import City
from tests.browser.conftest import Visit
from tests.browser.visit import inaccessible, leave, lock, settled, sign_in, too_wide

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
FACTOR, WORD = "F. Factor", "P. Word"
REFUSED = [r"status of 40[13]", "status of 422"]
NEW = "a sentence of my own, with a comma"


def wrong(secret: str) -> str:
    """Six digits, but not those that the telephone shows."""
    return f"{(int(right(secret)) + 1) % 10**6:06}"


def right(secret: str) -> str:
    """What the telephone shows."""
    return pyotp.TOTP(secret).now()


def of_factor(page: Page) -> Locator:
    """The form of the second factor that is shown."""
    return page.get_by_role("form", name="Second factor")


def offered(page: Page) -> str:
    """The secret that the page shows to a telephone, once it can be scanned."""
    expect(page.get_by_role("status").filter(has_text="The password alone opens.")).to_be_visible()
    page.get_by_role("button", name="Set up a telephone").click()
    picture = of_factor(page).get_by_role("img", name="QR code for the app")
    expect(picture).to_be_visible()
    assert picture.evaluate("one => one.decode().then(() => one.naturalWidth)") > 0
    assert inaccessible(page) == []
    assert not too_wide(page)
    return of_factor(page).locator("code").inner_text().replace(" ", "")


def set_up(page: Page, password: str) -> str:
    """Ask for codes from now on; a wrong first code sets nothing. Returns the secret."""
    secret, form = offered(page), of_factor(page)
    form.get_by_label("Your password now").fill(password)
    form.get_by_label("The code that the app shows now").fill(wrong(secret))
    form.get_by_role("button", name="Ask for codes").click()
    expect(form.get_by_role("alert").filter(has_text="This code is not right.")).to_be_visible()
    form.get_by_label("The code that the app shows now").fill(right(secret))
    form.get_by_role("button", name="Ask for codes").click()
    expect(page.get_by_text("The second factor is set.")).to_be_visible()
    expect(page.get_by_text("A code of your telephone is asked for at each sign-in.")).to_be_visible()
    return secret


def enter(page: Page, password: str, code: str) -> None:
    """Name, password and code, where the form asks for them."""
    page.get_by_label("Name").fill(FACTOR)
    page.get_by_label("Password").fill(password)
    page.get_by_label("Code").fill(code)
    page.get_by_role("button", name="Sign in").click()


def test_a_second_factor_from_its_set_up_to_its_end(visit: Visit, the_city: City, expected: list[str]) -> None:
    expected += REFUSED
    the_city.hire(FACTOR)
    page, password = visit(), the_city.users[FACTOR]
    sign_in(page, the_city, FACTOR, "/account")
    secret = set_up(page, password)
    leave(page)
    assert inaccessible(page) == []
    enter(page, password, wrong(secret))
    expect(page.get_by_role("alert").filter(has_text="Name, password or code is not right.")).to_be_visible()
    the_city.forget_code(FACTOR)
    enter(page, password, right(secret))
    expect(page).not_to_have_url(re.compile("/sign-in"))
    unlock(page, the_city, secret)
    settled(page, "/account")
    the_city.forget_code(FACTOR)
    of_factor(page).get_by_label("Your password now").fill(password)
    of_factor(page).get_by_label("Code of your second factor").fill(right(secret))
    of_factor(page).get_by_role("button", name="Ask for no code any more").click()
    expect(page.get_by_text("The password alone opens again.")).to_be_visible()
    leave(page)
    expect(page.get_by_label("Code")).to_have_count(0)
    sign_in(page, the_city, FACTOR)


def unlock(page: Page, city: City, secret: str) -> None:
    """A locked page asks for the code too."""
    dialog = lock(page)
    dialog.get_by_label("Password").fill(city.users[FACTOR])
    dialog.get_by_label("Code of your second factor").fill(wrong(secret))
    page.keyboard.press("Enter")
    expect(dialog.get_by_role("alert").filter(has_text="This is not right.")).to_be_visible()
    assert inaccessible(page) == []
    city.forget_code(FACTOR)
    dialog.get_by_label("Code of your second factor").fill(right(secret))
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)


def change(page: Page, now: str, new: str, again: str) -> None:
    """The form of the password, sent."""
    form = page.get_by_role("form", name="Password", exact=True)
    form.get_by_label("Your password now").fill(now)
    form.get_by_label("New password", exact=True).fill(new)
    form.get_by_label("New password again").fill(again)
    form.get_by_role("button", name="Change the password").click()


def test_a_new_password_signs_out_everywhere_else(visit: Visit, the_city: City, expected: list[str]) -> None:
    expected += REFUSED
    the_city.hire(WORD)
    here, there = visit(), visit()
    for page in (here, there):
        sign_in(page, the_city, WORD, "/account")
        expect(page.get_by_role("heading", name="Password", exact=True)).to_be_visible()
    refused = here.get_by_role("alert")
    change(here, the_city.users[WORD], NEW, "another one than that")
    expect(refused.filter(has_text="The new password is not the same twice.")).to_be_visible()
    change(here, "not my password", NEW, NEW)
    expect(refused.filter(has_text="Password or code is not right.")).to_be_visible()
    change(here, the_city.users[WORD], NEW, NEW)
    expect(here.get_by_text("The password is changed. Other browsers are signed out.")).to_be_visible()
    there.reload()
    expect(there).to_have_url(re.compile("/sign-in"))
    the_city.users[WORD] = NEW
    sign_in(there, the_city, WORD, "/account")
    here.reload()
    expect(here).to_have_url(re.compile("/account$"))


@pytest.mark.parametrize(("chosen", "language"), [("Nederlands", "nl"), ("Français", "fr")])
def test_the_account_in_another_language(chosen: str, language: str, visit: Visit) -> None:
    words, page = words_of("account", language), visit("investigator")
    settled(page, "/account")
    expect(page.get_by_text("The password alone opens.")).to_be_visible()
    page.get_by_label("Account and settings").click()
    page.get_by_role("button", name=chosen).click()
    expect(page.locator("html")).to_have_attribute("lang", language)
    for title in ("title", "password_title", "factor_title"):
        expect(page.get_by_role("heading", name=words[title], exact=True)).to_be_visible()
    expect(page.get_by_role("status").filter(has_text=words["factor_off"])).to_be_visible()
    page.get_by_label(words["now"]).first.fill("mine")
    page.get_by_label(words["new"], exact=True).fill(NEW)
    page.get_by_label(words["again"], exact=True).fill("another one than that")
    page.get_by_role("button", name=words["change"]).click()
    expect(page.get_by_role("alert").filter(has_text=words["fault_again"])).to_be_visible()
    assert inaccessible(page) == []
    assert not too_wide(page)
