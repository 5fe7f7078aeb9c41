"""Sign-in at the organisation's provider, through the API that people run."""

from __future__ import annotations

from collections.abc import Iterator

import httpx
import pytest
from clickhouse_connect.driver.client import Client

from sinks.clickhouse.officers import FOREVER, Officer, Register
from tests.console.signin.local_provider import CLIENT, SECRET, LocalProvider, serving
from tests.console.world import World, now

pytestmark = pytest.mark.slow
OFFICER = "A. Peeters"


@pytest.fixture(scope="module")
def provider() -> Iterator[LocalProvider]:
    """It names the officer."""
    with serving(LocalProvider(officer=OFFICER)) as served:
        yield served


@pytest.fixture(scope="module")
def desk(idle_world: World, tables: Client, provider: LocalProvider) -> World:
    """A platform whose people sign in there."""
    Register(tables, now, "Administrator").add(Officer(OFFICER, "officer", "", now(), FOREVER))
    idle_world.settings |= {"oidc_issuer": provider.issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET}
    idle_world.serve()
    return idle_world


def browser(world: World) -> httpx.Client:
    """One that keeps cookies, and goes nowhere by itself."""
    return httpx.Client(base_url=world.url, timeout=30)


def leave(client: httpx.Client, target: str = "/search") -> str:
    """To the provider and back again; the address that it sends the browser to."""
    gone = client.get("/sign-in/begin", params={"next": target})
    assert gone.status_code == 303, gone.text
    return httpx.get(gone.headers["location"]).headers["location"]


def test_who_signs_in_there_is_in_here_and_goes_on(desk: World) -> None:
    with browser(desk) as client:
        page = client.get("/sign-in", params={"next": "/search?s=1"})
        assert 'href="/sign-in/begin?next=/search%3Fs%3D1"' in page.text
        assert 'type="password"' not in page.text
        back = leave(client)
        assert back.startswith(f"{desk.url}/sign-in/back?")
        entered = client.get(back)
        assert (entered.status_code, entered.headers["location"]) == (303, "/search")
        shown = client.get("/api/v1/session").json()
        assert (shown["officer"], shown["way"], shown["zones"]) == (OFFICER, "oidc", {"officer": ""})
        csrf = {"X-CSRF-Token": client.cookies["csrf"]}
        assert client.post("/api/v1/session/lock", headers=csrf).status_code == 204
        unlock = client.post("/api/v1/session/unlock", json={"password": "x"}, headers=csrf)
        assert unlock.status_code == 409
        assert "prompt=login" in client.get("/sign-in/begin").headers["location"]
        done = client.get(leave(client, "/sign-in/done")).headers["location"]
        assert (done, client.get(done).status_code) == ("/sign-in/done", 200)
        assert client.get("/api/v1/session").json()["locked"] is False


def test_a_way_back_is_gone_once(desk: World) -> None:
    with browser(desk) as client:
        back = leave(client)
        assert client.get(back).status_code == 303
        again = client.get(back)
        assert again.status_code == 401
        assert "did not confirm" in again.text


def test_nobody_comes_back_in_the_place_of_another_browser(desk: World) -> None:
    with browser(desk) as one, browser(desk) as other:
        back = leave(one)
        leave(other)
        assert other.get(back).status_code == 401
        assert "session" not in other.cookies
        assert one.get(back).status_code == 401, "it was used, if by the wrong one"


@pytest.mark.parametrize("said", [{"nonce": "another"}, {"aud": "another"}, {"exp": 1_000_000}], ids=str)
def test_what_does_not_count_lets_nobody_in(desk: World, provider: LocalProvider, said: dict[str, object]) -> None:
    provider.claims = said
    with browser(desk) as client:
        refused = client.get(leave(client))
        assert refused.status_code == 401
        assert "session" not in client.cookies
    provider.claims = {}


def test_whom_the_register_does_not_know_the_provider_lets_in_nowhere(desk: World, provider: LocalProvider) -> None:
    provider.officer = "B. Nobody"
    with browser(desk) as client:
        refused = client.get(leave(client))
        assert refused.status_code == 403
        assert "not registered" in refused.text
        assert client.get("/api/v1/session").status_code == 401
    provider.officer = OFFICER


def test_a_password_of_ours_counts_for_nothing(desk: World) -> None:
    with browser(desk) as client:
        form = {"officer": OFFICER, "password": "correct horse battery"}
        assert client.post("/api/v1/session", json=form).status_code == 409
