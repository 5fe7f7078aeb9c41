"""Pages with what no ordinary hour brings: a clone, ill cameras, a changed audit, verdicts that a court takes back."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from console.pages.words import words_of
from tests.browser.city import City
from tests.browser.conftest import Visit
from tests.browser.troubles import ILL, JUDGE, STRUCK, Clone, Judged, clone, tampered
from tests.browser.visit import complete, inaccessible, settled, too_wide

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
CAR: dict[str, Any] = {"viewport": {"width": 1024, "height": 600}, "has_touch": True, "color_scheme": "dark"}
LOOKS = {"at a desk by day": {}, "in a car at night": CAR}
REASON = "Clones on the ring, meeting with the federal police"
looked_at = pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)


def faults_of(page: Page) -> list[str]:
    """What cannot be read by machine, and what does not fit the screen."""
    complete(page)
    return (["wider than the screen"] if too_wide(page) else []) + inaccessible(page)


def writing_of(plate: str) -> re.Pattern[str]:
    """A Belgian plate as people read it."""
    return re.compile(f"{plate[0]}-?{plate[1:4]}-?{plate[4:]}")


# ---- anomalies -----------------------------------------------------------------------------------------------------


def anomalies_of(page: Page, plate: str) -> Locator:
    """What is told of a plate that is asked for, once it is chosen."""
    page.goto("/anomalies")
    page.get_by_label("Reason").fill(REASON)
    page.get_by_label("Only plates like").fill(plate)
    page.get_by_role("button", name="Search", exact=True).click()
    expect(page.get_by_role("heading", name="Anomalies: 1")).to_be_visible()
    return page.locator("#chosen")


@looked_at
def test_a_plate_on_two_vehicles_side_by_side(look: dict[str, Any], a_clone: Clone, visit: Visit) -> None:
    page = visit("investigator", **look)
    chosen = anomalies_of(page, a_clone.plate)
    expect(chosen.get_by_role("heading", name="on two vehicles?")).to_have_text(writing_of(a_clone.plate))
    pictures = chosen.get_by_role("img", name=re.compile("Picture of the plate"))
    expect(pictures).to_have_count(2)
    for number, camera in enumerate(a_clone.cameras):
        expect(chosen.locator("figcaption").nth(number)).to_contain_text(camera)
        drawn = pictures.nth(number).evaluate("one => one.decode().then(() => one.naturalWidth)")
        assert drawn > 0
    speed = f"{a_clone.needed_kmh:,} km/h"
    expect(page.locator("#map").get_by_text(speed)).to_be_visible()
    expect(page.get_by_role("cell", name=speed)).to_be_visible()
    expect(chosen.get_by_role("link", name="Open its case")).to_be_visible()
    assert faults_of(page) == []
    page.reload()
    expect(page.get_by_role("heading", name="Anomalies: 1")).to_be_visible()
    expect(page.locator("#chosen").get_by_role("img", name=re.compile("Picture of the plate"))).to_have_count(2)


def test_an_investigator_dismisses_it_with_a_reason(the_city: City, visit: Visit) -> None:
    page = visit("investigator")
    chosen = anomalies_of(page, clone(the_city, pictures=1).plate)
    expect(chosen.get_by_text("No picture")).to_have_count(1)
    chosen.get_by_role("button", name="Dismiss").click()
    dialog = page.get_by_role("dialog", name="It is no clone")
    dialog.get_by_role("button", name="Dismiss").click()
    expect(dialog).to_be_visible()  # without a reason nothing is done
    dialog.get_by_label("Why; kept with the case").fill("mud on the plate, it reads otherwise")
    dialog.get_by_role("button", name="Dismiss").click()
    expect(chosen.get_by_text(re.compile("Case .*: false"))).to_be_visible()
    expect(chosen.get_by_role("button", name="Dismiss")).to_have_count(0)
    chosen.get_by_role("link", name="Open its case").click()
    expect(page.get_by_text("mud on the plate, it reads otherwise").first).to_be_visible()


def test_somebody_else_s_anomalies_are_theirs(
    a_clone: Clone, the_city: City, visit: Visit, expected: list[str]
) -> None:
    expected.append("status of 403")
    the_city.hire("A. Nother", "investigator")
    page, other = visit("investigator"), visit("A. Nother")
    anomalies_of(page, a_clone.plate)
    picture = page.locator("#chosen img").first.get_attribute("src")
    assert picture is not None
    other.goto(page.url)
    expect(other.get_by_text("This search belongs to somebody else.")).to_be_visible()
    assert other.request.get(picture).status == 403
    assert page.request.get(picture).status == 200


# ---- cameras -------------------------------------------------------------------------------------------------------


@looked_at
@pytest.mark.usefixtures("ill")
def test_each_trouble_of_a_camera_with_what_to_do(look: dict[str, Any], visit: Visit) -> None:
    page = visit("officer", **look)
    settled(page, "/cameras")
    expect(page.get_by_role("row").nth(1)).to_contain_text("silent")  # behind the head: the worst comes first
    for one in ILL:
        page.get_by_role("button", name=one.name, exact=True).click()
        shown = page.get_by_role("region", name=one.name)
        expect(shown.get_by_role("heading", name="What to do")).to_be_visible()
        expect(shown).to_contain_text(words_of("cameras", "en")[f"do_{one.kind}"])
        expect(shown.get_by_role("img", name="Reads by hour")).to_be_visible()
        expect(shown.get_by_role("cell", name=one.detail)).to_be_visible()
    assert faults_of(page) == []


@pytest.mark.usefixtures("ill")
def test_what_the_platform_says_of_a_camera_is_said_in_the_language_of_the_page(visit: Visit) -> None:
    page = visit("officer", locale="nl-BE")
    settled(page, "/cameras#ill-silent")
    shown = page.get_by_role("region", name=ILL[0].name)
    now, before = "al 7 u geen lezing: bij toeval één keer op duizend miljard", "voorbij na 40 min"
    expect(shown.get_by_role("cell", name=now)).to_be_visible()
    expect(shown.get_by_role("cell", name=before)).to_be_visible()
    expect(shown.get_by_role("cell", name="één keer op 2.000.000")).to_be_visible()


# ---- the audit -----------------------------------------------------------------------------------------------------


@looked_at
def test_an_audit_that_somebody_changed(look: dict[str, Any], the_city: City, visit: Visit) -> None:
    page = visit("auditor", **look)
    with tampered(the_city) as number:
        settled(page, "/audit")
        page.get_by_role("button", name="Verify now").click()
        expect(page.get_by_text("The audit is NOT whole.")).to_be_visible()
        row = page.get_by_role("row").filter(has_text=number).filter(has_text="hash")
        expect(row).to_contain_text("the record or its hash was changed")
        assert faults_of(page) == []
    page.get_by_role("button", name="Verify now").click()
    expect(page.get_by_text("The audit is whole.")).to_be_visible()


# ---- judging anew --------------------------------------------------------------------------------------------------


def surveyed(page: Page, fell: Judged) -> Locator:
    """What judging that day anew would change."""
    settled(page, "/zones#rejudge")
    form = page.get_by_role("tabpanel", name="Judging anew")
    form.get_by_label("Zone").select_option("antwerp")
    for field in ("First day", "Last day"):
        form.get_by_label(field).fill(fell.day.date().isoformat())
    form.get_by_label("As the law was known on").fill(STRUCK)
    form.get_by_label("Reason").fill("decree of 15 December 2025 strikes the step of 2026")
    form.get_by_role("button", name="Work it out").click()
    return form


@looked_at
def test_what_a_court_takes_back_is_shown_before_it_is_done(look: dict[str, Any], fell: Judged, visit: Visit) -> None:
    page = visit(JUDGE, **look)
    form = surveyed(page, fell)
    expect(form.get_by_text(f"{fell.fell} of {fell.fell + fell.stands} verdicts would be others.")).to_be_visible()
    change = form.get_by_role("table", name="What would change").get_by_role("row").nth(1)
    expect(change).to_contain_text("barred, fine")
    expect(change).to_contain_text("may enter, nothing")
    notices = form.get_by_role("table", name="Notices that stand on them").get_by_role("row").nth(1)
    expect(notices).to_contain_text("would be withdrawn")
    assert faults_of(page) == []


def test_an_agent_alone_is_told_who_may_judge_anew(fell: Judged, visit: Visit) -> None:
    page = visit("lez_agent")
    form = surveyed(page, fell)
    expect(form.get_by_role("alert")).to_contain_text("administrator")


# ---- deciding a notice ---------------------------------------------------------------------------------------------


@pytest.mark.usefixtures("fell")
def test_an_agent_looks_at_a_notice_and_approves_it(visit: Visit) -> None:
    page = visit("lez_agent")
    settled(page, "/zones")
    form = page.get_by_role("tabpanel", name="Notices")
    form.get_by_label("Reason").fill("daily review of notices")
    form.get_by_label("Zone").select_option("antwerp")
    form.get_by_role("button", name="Show").click()
    form.locator("#notices-table tbody button").first.click()
    notice = page.locator("#notice")
    expect(notice.get_by_role("heading", name=re.compile("Notice "))).to_be_visible()
    assert faults_of(page) == []
    notice.get_by_role("button", name="Approve").click()
    dialog = page.get_by_role("dialog", name="Approve")
    dialog.get_by_label("Why; kept with the notice").fill("picture and plate agree")
    dialog.get_by_role("button", name="Approve").click()
    expect(page.get_by_text("The notice is approved.")).to_be_visible()
