"""The guided tour, as somebody takes it who has never seen the console: by what is written on the screen alone."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from console.pages.words import words_of
from tests.browser.city import City
from tests.browser.conftest import Visit

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def at_step(page: Page, title: str) -> None:
    """The tour has come so far."""
    expect(page.get_by_role("complementary", name="Guided tour").get_by_role("heading", name=title)).to_be_visible()


def test_a_stolen_car_is_found_followed_and_intercepted(visit: Visit, the_city: City) -> None:
    page, display = visit("officer"), the_city.tour["display"]
    page.goto("/")
    page.get_by_label("Account and settings").click()
    page.get_by_role("link", name="Guided tour").click()
    page.get_by_role("button", name="Begin the tour").click()
    at_step(page, "A call comes in")
    seen = re.search(r"of the plate: (\S+)", page.get_by_role("complementary").inner_text())
    assert seen is not None
    page.get_by_role("link", name="Search", exact=True).click()
    at_step(page, "Search with a reason")
    page.get_by_label("Plate", exact=True).fill(seen[1])
    page.get_by_label("Reason").fill("Stolen car, call of a witness in the Rue Neuve")
    page.get_by_role("button", name="Search", exact=True).click()
    at_step(page, "Is it this car?")
    page.get_by_role("button", name=re.compile(f"Follow {display}")).first.click()
    expect(page.get_by_role("heading", name="Route")).to_be_visible()
    next_step(page)
    at_step(page, "Where is it going?")
    expect(page.get_by_role("heading", name="Next cameras")).to_be_visible()
    expect(page.get_by_role("columnheader", name="Chance")).to_be_visible()
    next_step(page)
    at_step(page, "Follow it")
    page.get_by_role("link", name="Live map", exact=True).click()
    at_step(page, "Open its case")
    page.get_by_role("link").filter(has_text=display).click()
    at_step(page, "Take it")
    page.get_by_role("button", name=re.compile("I take it|Pursue")).first.click()
    expect(page.get_by_role("status").filter(has_text=re.compile("taken|in pursuit"))).to_be_visible()
    next_step(page)
    at_step(page, "Send a patrol")
    page.get_by_role("button", name=re.compile("^Give")).first.click()
    give(page)
    next_step(page)
    at_step(page, "Tell it by radio")
    expect(page.get_by_role("heading", name="To read on the radio")).to_be_visible()
    next_step(page)
    at_step(page, "That was all")
    page.get_by_role("button", name="End the tour").click()
    expect(page.get_by_role("complementary", name="Guided tour")).to_have_count(0)


def next_step(page: Page) -> None:
    page.get_by_role("button", name="Next step").click()


def give(page: Page) -> None:
    """Confirm, where the page asks whom."""
    dialog = page.get_by_role("dialog")
    if dialog.count():
        dialog.get_by_label("Patrol or officer").fill("5339-1")
        dialog.get_by_role("button", name="Confirm").click()
    expect(page.get_by_text(re.compile("for 5339-1|for \\d{4}"))).to_be_visible()


@pytest.mark.parametrize("language", ["fr", "nl"])
def test_a_step_in_another_language(language: str, visit: Visit) -> None:
    words, search = words_of("tour", language), words_of("search", language)
    page = visit("investigator", locale=f"{language}-BE")
    page.clock.install()
    page.goto("/tour")
    page.get_by_role("button", name=words["begin"]).click()
    strip = page.get_by_role("complementary", name=words["title"])
    expect(strip.get_by_role("heading", name=words["open_search_title"])).to_be_visible()
    page.get_by_role("link", name=search["title"], exact=True).click()
    expect(strip.get_by_role("heading", name=words["search_title"])).to_be_visible()
    strip.get_by_role("button", name=words["back"]).click()
    page.clock.run_for(2_000)  # the tour looks where one is, and does not send them on again
    expect(strip.get_by_role("heading", name=words["open_search_title"])).to_be_visible()
