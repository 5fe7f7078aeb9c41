"""A doubtful reading: the picture comes first, whoever opens the case, and each answer does what its button says."""

from __future__ import annotations

import io
import re
import uuid
from datetime import UTC, datetime
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from pipeline.plates.shapes import displayed
from pipeline.runtime.kafka import KafkaConfig, producer_client
from schemas.codec import encode
from tests.anpr.program import running
from tests.browser.city import CAMERA, City
from tests.browser.conftest import Visit
from tests.browser.visit import inaccessible
from tests.pipeline.cases.builders import hit

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
QUESTION = "Is this the plate that is wanted?"


def doubtful(made: City, evidence: str | None, number: str = "") -> str:
    """A doubtful hit now, with the picture of this key; returns the plate that is wanted, as people read it.

    number: of the vehicle; empty: another one.
    """
    number = number or uuid.uuid4().hex[:6].upper()
    wanted, at = f"9W{number}", datetime.now(UTC)
    given: dict[str, Any] = {
        "name": f"{wanted} {at}",
        "plate": f"9X{number}",
        "listed_plate": wanted,
        "match": "misread",
    }
    given |= {"alert_class": "confirm", "probability": 0.4, "camera_id": CAMERA, "evidence": evidence}
    one = hit(0, **given, captured_at=at, received_at=at)
    producer = producer_client(KafkaConfig(running(made.folder)["environment"]["ANPR_KAFKA_BOOTSTRAP"]))
    producer.produce("hits", encode(one), one.plate.encode())
    assert producer.flush(20) == 0
    return displayed(wanted)


def kept_picture(made: City) -> str:
    """A picture among the evidence; returns its key."""
    key, out = f"compare/{uuid.uuid4()}.jpg", io.BytesIO()
    Image.new("RGB", (320, 90), (200, 200, 200)).save(out, "JPEG")
    path = made.folder / "evidence" / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(out.getvalue())
    return key


def asked(page: Page, plate: str) -> Locator:
    """Opens the case of a plate from the live map, as soon as it is there; the dialog that comes instead."""
    if not page.url.endswith("/live"):
        page.goto("/live")
    page.get_by_role("link").filter(has_text=plate).click()
    dialog = page.get_by_role("dialog", name=QUESTION)
    expect(dialog).to_be_visible()
    expect(page).to_have_url(re.compile("/live$"))
    return dialog


def story(page: Page) -> Locator:
    """What happened to the case on its page."""
    return page.get_by_role("region", name="What happened").get_by_role("listitem")


def test_it_is_the_vehicle(visit: Visit, the_city: City) -> None:
    page = visit("officer")
    plate = doubtful(the_city, kept_picture(the_city))
    dialog = asked(page, plate)
    expect(dialog.get_by_role("img", name="Picture of the plate")).to_be_visible()
    expect(dialog.get_by_text(plate, exact=True)).to_be_visible()
    yes = dialog.get_by_role("button", name="It is this plate")
    expect(yes).to_be_enabled()
    assert inaccessible(page) == []
    yes.click()
    expect(page).to_have_url(re.compile("/cases/"))
    expect(page.get_by_role("status").filter(has_text="taken, officer")).to_be_visible()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(story(page).nth(0)).to_contain_text("It is the plate that is wanted")
    expect(story(page).nth(1)).to_contain_text("Picture compared · officer")
    expect(page.get_by_role("button", name=re.compile("^Pursue"))).to_be_enabled()


def test_it_is_not_the_vehicle(visit: Visit, the_city: City, expected: list[str]) -> None:
    expected.append("status of 409")
    page, other = visit("officer"), visit("investigator")
    plate = doubtful(the_city, kept_picture(the_city))
    dialog = asked(page, plate)
    address = page.get_by_role("link", include_hidden=True).filter(has_text=plate).get_attribute("href")
    assert address is not None
    other.goto(address)
    theirs = other.get_by_role("dialog", name=QUESTION)
    expect(theirs.get_by_role("button", name="It is this plate")).to_be_enabled()
    dialog.get_by_role("button", name="It is not").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_role("link").filter(has_text=plate)).to_have_count(0)
    theirs.get_by_role("button", name="It is this plate").click()
    expect(theirs.get_by_role("alert")).to_contain_text("This was not done.")
    page.goto(address)
    expect(page.get_by_text("This case is over: false, by an officer.")).to_be_visible()
    expect(story(page).nth(0)).to_contain_text("It is another plate")
    expect(story(page).nth(1)).to_contain_text("Picture compared · officer")


@pytest.mark.parametrize("removed", [False, True])
def test_without_a_picture_one_can_only_say_so_and_then_take_it(
    removed: bool, visit: Visit, the_city: City, expected: list[str]
) -> None:
    page = visit("officer")
    if removed:  # for this page alone: others of these tests see the case too
        expected.append("status of 410")
        page.route("**/api/v1/cases/*/pictures/*", lambda route: route.fulfill(status=410))
    dialog = asked(page, doubtful(the_city, kept_picture(the_city) if removed else None))
    expect(dialog.get_by_text("There is no picture to compare with.")).to_be_visible()
    expect(dialog.get_by_role("button", name="It is this plate")).to_be_disabled()
    expect(dialog.get_by_role("button", name="It is not")).to_be_disabled()
    dialog.get_by_role("button", name="Cannot tell").click()
    expect(page).to_have_url(re.compile("/cases/"))
    expect(story(page).nth(1)).to_contain_text("No picture to compare · officer")
    page.get_by_role("button", name=re.compile("I take it")).click()
    expect(page.get_by_role("status").filter(has_text="taken, officer")).to_be_visible()


def test_who_does_not_answer_can_do_nothing_else(visit: Visit, the_city: City) -> None:
    page = visit("officer")
    dialog = asked(page, doubtful(the_city, kept_picture(the_city)))
    dialog.get_by_role("button", name="Not now").click()
    expect(dialog).to_have_count(0)
    page.keyboard.press("a")  # on the row, which the focus went back to
    focused = page.locator(".case-row:focus-within")
    expect(focused.get_by_role("button", name="Compare")).to_be_visible()
    focused.get_by_role("button", name="Compare").click()
    expect(page.get_by_role("dialog", name=QUESTION)).to_be_visible()


def test_another_picture_is_looked_at_before_anybody_is_sent_there(visit: Visit, the_city: City) -> None:
    """What somebody said of the first picture says nothing of a vehicle that was read somewhere else."""
    page, number = visit("officer"), uuid.uuid4().hex[:6].upper()
    plate = doubtful(the_city, kept_picture(the_city), number)
    dialog = asked(page, plate)
    dialog.get_by_role("button", name="It is this plate").click()
    expect(page.get_by_role("button", name=re.compile("^Pursue"))).to_be_enabled()
    doubtful(the_city, kept_picture(the_city), number)
    expect(page.get_by_text("The newest reading is uncertain")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Pursue"))).to_have_count(0)
    expect(page.get_by_role("button", name=re.compile("^Close …"))).to_be_enabled()
    page.get_by_role("button", name="Compare the picture").click()
    dialog = page.get_by_role("dialog", name=QUESTION)
    dialog.get_by_role("button", name="It is not").click()
    expect(dialog).to_have_count(0)
    expect(story(page).nth(0)).to_contain_text("It is another plate")
    expect(page.get_by_role("status").filter(has_text="taken, officer")).to_be_visible()
    expect(page.get_by_role("button", name=re.compile("^Pursue"))).to_be_enabled()
