"""The live map and a case: the line is cut and mends, a clock is wrong, two officers want the same case."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.city import City
from tests.browser.conftest import Visit
from tests.browser.troubles import clone

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
AN_HOUR_FAST = """(() => {
  const Real = Date, ahead = 3600e3;
  globalThis.Date = class extends Real {
    constructor(...given) { given.length ? super(...given) : super(Real.now() + ahead); }
    static now() { return Real.now() + ahead; }
  };
})()"""


def case_of(page: Page, plate: str) -> str:
    """Address of the open case of a plate, from the live map."""
    page.goto("/live")
    link = page.get_by_role("link").filter(has_text=plate)
    expect(link).to_be_visible()
    return str(link.get_attribute("href"))


def test_what_was_cut_off_mends_by_itself(visit: Visit, the_city: City, expected: list[str]) -> None:
    expected += [
        "ERR_CONNECTION_REFUSED",
        "ERR_INCOMPLETE_CHUNKED_ENCODING",
        "ERR_CONNECTION_RESET",
        "ERR_EMPTY_RESPONSE",
    ]
    page = visit("officer")
    case_of(page, the_city.tour["display"])
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    the_city.kill_console()
    expect(page.get_by_text(re.compile("Reconnecting since"))).to_be_visible()
    expect(page.get_by_text("Connected again. The list was read anew.")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("Live", exact=True)).to_be_visible()
    expect(page.get_by_role("link").filter(has_text=the_city.tour["display"])).to_be_visible()


def test_a_wrong_clock_of_the_device_is_told_and_not_believed(visit: Visit, the_city: City) -> None:
    page = visit("officer")
    page.context.add_init_script(AN_HOUR_FAST)
    case_of(page, the_city.tour["display"])
    warned = page.get_by_role("alert").filter(has_text=re.compile(r"3[56]\d\d s off"))
    expect(warned).to_be_visible()
    assert "1 h" not in page.locator("main").inner_text()


def test_two_officers_at_once_on_one_case(visit: Visit, the_city: City, expected: list[str]) -> None:
    expected.append("status of 409")
    one, other, display = visit("officer"), visit("investigator"), clone(the_city, pictures=0).display
    address = case_of(one, display)
    for page in (one, other):
        page.goto(address)
        expect(page.get_by_role("heading", name=re.compile(display))).to_be_visible()
    one.get_by_role("button", name=re.compile("I take it")).click()
    expect(one.get_by_role("status").filter(has_text="taken")).to_be_visible()
    expect(other.get_by_text(re.compile("officer was faster"))).to_be_visible()
    expect(other.get_by_role("status").filter(has_text="taken")).to_be_visible()
    expect(other.get_by_text("officer", exact=False).first).to_be_visible()
