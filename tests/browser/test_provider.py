"""Signing in at the organisation's provider, in a real browser: there and back, locked and on again, refused."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.city import City
from tests.browser.conftest import Visit, visits
from tests.browser.visit import Watch, complete, inaccessible, leave, lock, settled
from tests.console.signin.local_provider import CLIENT, SECRET, LocalProvider, serving
from tests.console.world import World

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
REASON = "Hit and run in the Rue Neuve, a witness called"
AT_HOME = "Sign in at your organisation"


@pytest.fixture(scope="module")
def provider() -> Iterator[LocalProvider]:
    """Another site than the console's, as a provider is: what the browser keeps must come through the way back."""
    with serving(LocalProvider(officer="officer")) as served:
        served.issuer = served.issuer.replace("127.0.0.1", "localhost")
        yield served


@pytest.fixture(scope="module")
def desk(the_city: City, provider: LocalProvider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Another console of the city, whose people sign in there."""
    given = dict(the_city.settings)
    folder = tmp_path_factory.mktemp("desk") / "data"
    world = World(given["kafka_bootstrap"], given["store_dsn"], the_city.store, folder, given["kafka_assignment"])
    ours = {"oidc_issuer": provider.issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET}
    world.settings |= {"lez_dsn": given["lez_dsn"], **ours}
    world.serve()
    yield world
    assert world.stop() == 0, world.said()


@pytest.fixture
def visit(browser: Browser, desk: World, provider: LocalProvider, expected: list[str]) -> Iterator[Visit]:
    """As everywhere, at this console; the browser goes to the provider, and nowhere else."""
    expected.append(re.escape(f"loads from elsewhere: {provider.issuer}/authorize?"))
    with visits(browser, Watch(desk.url), expected) as begin:
        yield begin


def enter(page: Page, path: str) -> None:
    """Sign in there, on the way to a page. The address of the page to sign in ends with that of the page, too."""
    page.goto(path)
    page.get_by_role("link", name=AT_HOME).click()
    expect(page).to_have_url(path)


def test_who_signs_in_there_comes_back_to_the_page_that_was_wished(visit: Visit) -> None:
    page = visit()
    page.goto("/cases")
    expect(page.get_by_role("link", name=AT_HOME)).to_be_visible()
    expect(page.get_by_label("Password")).to_have_count(0)
    assert inaccessible(page) == []
    enter(page, "/cases")
    complete(page)
    expect(page.get_by_label("Account and settings")).to_contain_text("officer")
    settled(page, "/account")
    expect(page.get_by_text("You sign in at your organisation.")).to_be_visible()
    expect(page.get_by_role("button", name="Change the password")).to_be_hidden()
    assert inaccessible(page) == []
    page.get_by_label("Account and settings").click()
    expect(page.get_by_role("button", name="Lock the screen")).to_be_visible()
    expect(page.get_by_role("link", name="Password and second factor")).to_have_count(0)


def test_a_locked_page_goes_on_after_another_sign_in_there(visit: Visit, expected: list[str]) -> None:
    expected.append("status of 401")
    page = visit()
    enter(page, "/search")
    page.get_by_label("Reason").fill(REASON)
    dialog = lock(page)
    expect(dialog.get_by_label("Password")).to_have_count(0)
    with page.context.expect_page() as opened:
        dialog.get_by_role("link", name="Sign in again").click()
    expect(dialog).to_have_count(0)
    expect(page.get_by_label("Reason")).to_have_value(REASON)
    if not opened.value.is_closed():
        opened.value.wait_for_event("close")


@pytest.mark.parametrize(
    ("how", "status", "words"),
    [
        ({"officer": "B. Nobody"}, 403, "You are not registered here"),
        ({"claims": {"nonce": "of another journey"}}, 401, "did not confirm this sign-in"),
        ({"claims": {"aud": "another console"}}, 401, "did not confirm this sign-in"),
    ],
    ids=str,
)
def test_whom_it_does_not_prove_to_be_one_of_us_stays_outside(
    how: dict[str, Any], status: int, words: str, visit: Visit, provider: LocalProvider,
    expected: list[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    expected.append(f"status of {status}")
    page = visit()
    page.goto("/cases")
    with monkeypatch.context() as said:
        for name, value in how.items():
            said.setattr(provider, name, value)
        page.get_by_role("link", name=AT_HOME).click()
        expect(page.get_by_role("alert").filter(has_text=words)).to_be_visible()
    assert inaccessible(page) == []
    page.goto("/cases")
    expect(page).to_have_url(re.compile("/sign-in"))
    page.get_by_role("link", name=AT_HOME).click()
    expect(page).to_have_url("/cases")


def test_who_signs_out_is_out_here(visit: Visit, expected: list[str]) -> None:
    expected.append("status of 401")
    page = visit()
    enter(page, "/cases")
    leave(page)
    page.goto("/cases")
    expect(page).to_have_url(re.compile("/sign-in"))
