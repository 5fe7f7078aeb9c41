"""The search page: refused without a reason, nothing that is typed is ever run, and every end has words."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.city import MANY_PATTERN, City
from tests.browser.conftest import Visit

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
REASON = "Hit and run in the Rue Neuve, a witness called"
SCRIPT = "<img src=x onerror=\"alert('run')\"><script>alert('run')</script>"
UNFIT = "status of 422"


def ask(page: Page, pattern: str, reason: str = REASON) -> None:
    """Search, whatever comes of it."""
    page.goto("/search")
    page.get_by_label("Plate", exact=True).fill(pattern)
    page.get_by_label("Reason").fill(reason)
    page.get_by_role("button", name="Search", exact=True).click()


def told(page: Page, label: str) -> str:
    """The sentence at a field that is wrong."""
    field = page.get_by_label(label, exact=True)
    expect(field).to_have_attribute("aria-invalid", "true")
    names = (field.get_attribute("aria-describedby") or "").split()
    return " ".join(page.locator(f"#{name}").inner_text() for name in names if page.locator(f"#{name}").is_visible())


def test_without_a_reason_nothing_is_asked(visit: Visit, expected: list[str], the_city: City) -> None:
    expected.append(UNFIT)
    page = visit("officer")
    before = searches(the_city)
    ask(page, MANY_PATTERN, "")
    assert "reason" in told(page, "Reason")
    expect(page.get_by_label("Plate", exact=True)).to_have_value(MANY_PATTERN)
    for poor in ("x", "aaaa aaaa", "8QQQ123"):
        ask(page, "8QQQ123", poor)
        assert "what happened" in told(page, "Reason")
    assert searches(the_city) == before
    expect(page.locator("#results > li")).to_have_count(0)


def searches(city: City) -> int:
    """How many the audit knows."""
    return int(city.store.query("SELECT count() FROM audit WHERE action = 'search_opened'").result_rows[0][0])


def test_script_in_the_plate_is_no_plate(visit: Visit, expected: list[str]) -> None:
    expected.append(UNFIT)
    page = visit("officer")
    page.on("dialog", lambda dialog: pytest.fail(f"ran: {dialog.message}"))
    ask(page, SCRIPT)
    assert "cannot be read as a plate" in told(page, "Plate")


def test_script_in_the_reason_is_refused_unrun(visit: Visit, expected: list[str]) -> None:
    expected.append(UNFIT)
    page = visit("officer")
    page.on("dialog", lambda dialog: pytest.fail(f"ran: {dialog.message}"))
    ask(page, "8QQQ123", f"{REASON} {SCRIPT}")
    assert "plain words" in told(page, "Reason")


def test_odd_characters_in_the_reason_are_text(visit: Visit) -> None:
    page = visit("officer")
    odd = f'{REASON}; 5 < 7 & "quoted" {{{{7*7}}}} ${{7*7}} &lt;b&gt; javascript:alert(1)'
    ask(page, "8QQQ123", odd)
    expect(page.get_by_text(odd)).to_be_visible()
    page.reload()
    expect(page.get_by_text(odd)).to_be_visible()


def test_a_novel_as_reason_is_refused_and_not_lost(visit: Visit, expected: list[str]) -> None:
    expected.append(UNFIT)
    page = visit("officer")
    novel = "It was a dark and stormy night in the Rue Neuve. " * 300
    ask(page, MANY_PATTERN, novel)
    assert "1000 characters" in told(page, "Reason")
    assert page.get_by_label("Reason").input_value() == novel


@pytest.mark.parametrize("typed", ["1-АВС-234", "1-ΑΒΧ-234"], ids=["Cyrillic", "Greek"])
def test_look_alikes_of_other_alphabets_are_told(typed: str, visit: Visit) -> None:
    page = visit("officer")
    ask(page, typed)
    expect(page.get_by_text("letters of another alphabet")).to_be_visible()


def test_nothing_found_says_what_to_try(visit: Visit) -> None:
    page = visit("officer")
    ask(page, "9WWW987")
    expect(page.get_by_text("Nothing found")).to_be_visible()
    expect(page.get_by_role("heading", name="What you can try")).to_be_visible()
    page.get_by_role("button", name="Leave out the first character").click()
    expect(page.get_by_text("Nothing found")).to_be_visible()
    expect(page.get_by_label("Plate", exact=True)).to_have_value("WWW987")


@pytest.mark.timeout(300)
def test_ten_thousand_results(visit: Visit) -> None:
    page = visit("officer")
    page.set_default_timeout(120_000)  # on a machine with other work; what is asked is that it goes on at all
    ask(page, MANY_PATTERN)
    page.get_by_role("button", name="Show up to 10,000").click()
    expect(page.locator("#results > li")).to_have_count(10_000, timeout=120_000)
    expect(page.get_by_text("narrow the search")).to_be_visible()
    reason = page.locator("#reason")  # by its label Playwright asks twenty thousand buttons for theirs: half a minute
    reason.fill("the page still takes what is typed")
    expect(reason).to_have_value("the page still takes what is typed")


def test_not_this_one(visit: Visit) -> None:
    page = visit("officer")
    ask(page, "8QQQ12?")
    first = page.locator("#results > li").first
    plate = str(first.get_by_role("button", name="Not this one").get_attribute("aria-label")).split()[-1]
    first.get_by_role("button", name="Not this one").click()
    of_it = page.locator("#results > li").filter(has_text=plate)
    expect(of_it).to_have_count(0)
    page.get_by_role("button", name=re.compile("Bring .* back")).click()
    expect(of_it.first).to_be_visible()


def test_somebody_else_s_search_is_theirs(visit: Visit, expected: list[str]) -> None:
    expected.append("status of 403")
    page, other = visit("officer"), visit("investigator")
    ask(page, "8QQQ123")
    expect(page).to_have_url(re.compile(r"\?s="))
    other.goto(page.url)
    expect(other.get_by_text("This search belongs to a colleague.")).to_be_visible()
    expect(other.locator("#results > li")).to_have_count(0)


def test_by_keyboard_alone(visit: Visit) -> None:
    page = visit("officer")
    page.goto("/search")
    expect(page.get_by_label("Plate", exact=True)).to_be_focused()
    page.keyboard.type("8QQQ12?")
    page.keyboard.press("Tab")
    page.keyboard.type(REASON)
    page.keyboard.press("Enter")
    expect(page.locator("#results > li").first).to_be_visible()
    expect(page.locator("#found-title")).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("f")
    expect(page.get_by_role("heading", name="Route")).to_be_visible()
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog", name="Keyboard")).to_be_hidden()


def test_a_picture_that_retention_removed_is_told(visit: Visit, the_city: City, expected: list[str]) -> None:
    expected += ["status of 410"]
    plate, evidence = pictured(the_city)
    page = visit("officer")
    ask(page, plate)
    shown = page.get_by_role("img", name=re.compile("Picture of"))
    expect(shown.first).to_be_visible()
    for file in evidence:
        (the_city.folder / "evidence" / file).unlink(missing_ok=True)
    page.reload()
    page.locator("#results .thumb:enabled").first.click()  # it may have passed a camera without a picture meanwhile
    expect(page.get_by_role("dialog").get_by_text("The picture is no longer kept").first).to_be_visible()


def pictured(city: City) -> tuple[str, list[str]]:
    """A plate whose passages have pictures, not the tour's; and their files."""
    rows = city.store.query(
        "SELECT plate, groupArray(evidence) FROM passages_unpacked WHERE evidence != '' AND plate != {plate:String} "
        "AND captured_at < now() - 5 GROUP BY plate LIMIT 1",
        parameters={"plate": city.tour["plate"]},
    ).result_rows
    return rows[0][0], list(rows[0][1])
