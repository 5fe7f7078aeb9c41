"""In, out, locked, ended: what somebody else may see at this screen afterwards, and what one's own work keeps."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from pipeline.plates.shapes import displayed
from pipeline.plates.text import compact
from schemas.case import Case
from tests.anpr.program import wait_until
from tests.browser.city import MANY_PATTERN, City
from tests.browser.conftest import Visit
from tests.browser.visit import inaccessible, leave, lock, sign_in
from tests.console.cases import case

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
REASON = "Hit and run in the Rue Neuve, a witness called"
REFUSED = "status of 401"
OwnSession = Callable[[str], Page]
LOOKS = "document.dispatchEvent(new Event('visibilitychange'))"
"""Somebody comes back to the page: it asks whether the session still holds, as its timer would in due time."""
OPENS_LATE = """plate => {
  const late = document.createElement("dialog");
  late.append(plate);
  document.body.append(late);
  late.showModal();
}"""


@pytest.fixture
def own_session(visit: Visit, the_city: City, expected: list[str]) -> OwnSession:
    """own_session(path) → a page of an officer whose session is no other test's, so that this one may end it."""

    def begin(path: str) -> Page:
        expected.append(REFUSED)
        page = visit()
        sign_in(page, the_city, "officer", path)
        return page

    return begin


def typed(page: Page, pattern: str = MANY_PATTERN) -> None:
    """A search that is not yet begun."""
    page.goto("/search")
    page.get_by_label("Plate", exact=True).fill(pattern)
    page.get_by_label("Reason").fill(REASON)


def searched(page: Page) -> None:
    """The search of this form, to its results."""
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.get_by_text("8-QQQ").first).to_be_visible()


def test_nobody_is_led_to_the_sign_in_and_on(visit: Visit, the_city: City) -> None:
    page = visit()
    page.goto("/search?hint=1")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert inaccessible(page) == []
    page.get_by_label("Name").fill("officer")
    page.get_by_label("Password").fill(the_city.users["officer"])
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/search\?hint=1$"))


def test_a_wrong_password_is_told_without_saying_what_is_wrong(visit: Visit, expected: list[str]) -> None:
    expected.append(REFUSED)
    page = visit()
    page.goto("/sign-in")
    page.get_by_label("Name").fill("officer")
    page.get_by_label("Password").fill("not this one")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert").filter(has_text="Name, password or code is not right.")).to_be_visible()
    expect(page.get_by_label("Name")).to_have_value("officer")


def test_the_back_button_shows_nothing_after_signing_out(own_session: OwnSession) -> None:
    page = own_session("/search")
    typed(page)
    searched(page)
    leave(page)
    page.go_back()
    expect(page).to_have_url(re.compile("/sign-in"))
    expect(page.locator("body")).not_to_contain_text(re.compile("8-?QQQ"))


def test_signing_out_can_be_clicked_only_when_it_does_something(own_session: OwnSession) -> None:
    page = own_session("/cases")
    held: list[Route] = []
    page.route("**/static/js/shell.js", lambda route: held.append(route))  # noqa: PLW0108 – a builtin takes no mark
    with page.expect_request("**/static/js/shell.js"):
        page.goto("/cases", wait_until="commit")
    page.get_by_label("Account and settings").click()
    button = page.get_by_role("button", name="Sign out")
    expect(button).to_be_disabled()
    held[0].continue_()
    page.unroute("**/static/js/shell.js")
    button.click()
    expect(page).to_have_url(re.compile("/sign-in"))


def test_signing_out_in_one_tab_hides_the_other(own_session: OwnSession) -> None:
    page = own_session("/search")
    typed(page)
    searched(page)
    other = page.context.new_page()
    other.goto("/cases")
    leave(other)
    expect(page).to_have_url(re.compile("/sign-in"))
    expect(page.locator("body")).not_to_contain_text(re.compile("8-?QQQ"))


def test_two_tabs_search_beside_each_other(visit: Visit) -> None:
    page = visit("officer")
    typed(page)
    searched(page)
    other = page.context.new_page()
    typed(other, "8QQQ123")
    searched(other)
    page.reload()
    expect(page.get_by_text("8-QQQ").first).to_be_visible()
    assert page.url != other.url


def test_a_session_that_is_locked_in_mid_search_goes_on(own_session: OwnSession, the_city: City) -> None:
    page = own_session("/search")
    typed(page)
    dialog = lock(page)
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


def test_a_session_that_ended_in_mid_search_goes_on_after_the_password(own_session: OwnSession, the_city: City) -> None:
    page = own_session("/search")
    with page.expect_response("**/api/v1/cameras"):  # all that the page itself asks for: else that finds the end first
        typed(page)
    page.context.clear_cookies()
    page.get_by_role("button", name="Search", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Password").fill(the_city.users["officer"])
    page.keyboard.press("Enter")
    expect(page.get_by_text("8-QQQ").first).to_be_visible()


def told(number: int, **changes: Any) -> Case:
    """A case of now, sure enough that no picture need be compared."""
    now = datetime.now(UTC)
    return case(number, opened_at=now, updated_at=now, alert_class="alert", hit_count=1, **changes)


def unlock(page: Page, password: str) -> None:
    """Give it, where the page asks for it."""
    page.get_by_role("dialog").get_by_label("Password").fill(password)
    page.keyboard.press("Enter")


def assert_hidden(page: Page, plate: str) -> None:
    """Nobody sees it, nor does a screen reader say it, nor the name of the tab."""
    body = page.locator("body")
    assert plate not in compact(body.inner_text() + body.aria_snapshot() + page.title())
    expect(page.get_by_text(displayed(plate)).filter(visible=True)).to_have_count(0)


def test_a_page_left_alone_shows_nothing_of_a_new_hit(visit: Visit, the_city: City, expected: list[str]) -> None:
    expected.append(REFUSED)
    the_city.hire("I. Idle")
    page, new = visit(), told(901)
    sign_in(page, the_city, "I. Idle", "/live")
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    the_city.leave_alone("I. Idle")
    page.evaluate(LOOKS)
    expect(page.get_by_role("dialog")).to_be_visible()
    the_city.tell(new)
    row = page.locator("#present > li").filter(has_text=displayed(new.plate))
    expect(row).to_have_count(1)
    assert_hidden(page, new.plate)
    unlock(page, the_city.users["I. Idle"])
    expect(row).to_be_visible()
    the_city.tell(told(901, revision=2, state="closed"))
    expect(row).to_have_count(0)


def test_a_locked_case_keeps_its_plate_to_itself(visit: Visit, the_city: City, expected: list[str]) -> None:
    expected.append(REFUSED)
    page, one = visit(), told(902)
    the_city.tell(one)
    stored = f"SELECT count() FROM cases WHERE case_id = '{one.case_id}'"
    wait_until(lambda: the_city.store.query(stored).result_rows[0][0], what="the case in the store")
    sign_in(page, the_city, "officer", f"/cases/{one.case_id}")
    expect(page).to_have_title(re.compile(f"Case {str(one.case_id)[:8]}"))
    lock(page)
    assert_hidden(page, one.plate)
    the_city.tell(told(902, revision=2, state="closed"))
    expect(page.locator("#state")).to_have_text(re.compile("closed"))
    assert_hidden(page, one.plate)
    unlock(page, the_city.users["officer"])
    expect(page.get_by_role("heading", name=displayed(one.plate))).to_be_visible()
    expect(page).to_have_title(re.compile(f"Case {str(one.case_id)[:8]}"))


def test_what_opens_later_does_not_lie_above_the_lock(own_session: OwnSession, the_city: City) -> None:
    page = own_session("/cameras")
    dialog = lock(page)
    page.evaluate(OPENS_LATE, "1LAT000")
    expect(dialog.get_by_label("Password")).to_be_focused()
    assert_hidden(page, "1LAT000")
    unlock(page, the_city.users["officer"])
    expect(page.get_by_text("1LAT000")).to_be_visible()
