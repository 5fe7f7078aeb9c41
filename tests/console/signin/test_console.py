"""Signing in at the API that people run: in and out, locked and on again, and nobody who is not meant."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import get_args

import httpx
import pyotp
import pytest
from clickhouse_connect.driver.client import Client
from pydantic import SecretStr

from anpr.demo.users import make_demo_users
from anpr.settings import Settings
from anpr.signin import first_password, local_users
from console.officer_tokens import officer_token
from console.signin.file import SignInFile
from console.signin.passwords import LocalUsers
from schemas.search import Role
from sinks.clickhouse.officers import FOREVER, Officer, Register
from tests.anpr.program import command, environment
from tests.console.world import World, now

pytestmark = pytest.mark.slow
OFFICER, PASSWORD = "A. Peeters", "correct horse battery"
OPEN: list[httpx.Client] = []
FORM = {"officer": OFFICER, "password": PASSWORD}


@pytest.fixture(scope="module")
def desk(idle_world: World, tables: Client) -> World:
    """A platform with the API, and an officer who has a password."""
    Register(tables, now, "Administrator").add(Officer(OFFICER, "officer", "BRU-NORTH", now(), FOREVER))
    idle_world.settings["requests_per_s"] = "5"
    idle_world.folder.mkdir()
    users(idle_world).set_password(OFFICER, PASSWORD)
    if idle_world.process is None:
        idle_world.serve()
    return idle_world


def users(world: World) -> LocalUsers:
    """Those of its data folder."""
    return LocalUsers(SignInFile(world.folder), now)


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    """Each test's browsers."""
    yield
    while OPEN:
        OPEN.pop().close()


def browser(world: World) -> httpx.Client:
    """One that keeps cookies, and goes nowhere by itself."""
    OPEN.append(httpx.Client(base_url=world.url, headers={"Accept": "text/html"}, timeout=20))
    return OPEN[-1]


def csrf(client: httpx.Client) -> dict[str, str]:
    return {"X-CSRF-Token": client.cookies["csrf"]}


def signed_in(world: World) -> httpx.Client:
    """A browser in which the officer has just signed in."""
    forget_attempts(world)
    client = browser(world)
    answer = client.post("/api/v1/session", json=FORM)
    assert answer.status_code == 200, answer.text
    return client


def forget_attempts(world: World) -> None:
    """As an hour would: tests guess more than people do."""
    SignInFile(world.folder).change("DELETE FROM attempts")


def audited(world: World, action: str) -> list[tuple[str, dict[str, str]]]:
    """Who did it, and what is said about it, the newest last."""
    rows = world.client.query(
        "SELECT actor, about FROM audit WHERE action = {action:String} ORDER BY at", parameters={"action": action}
    ).result_rows
    return [(actor, json.loads(about)) for actor, about in rows]


def test_who_signs_in_is_told_who_and_until_when_and_it_is_recorded(desk: World) -> None:
    client = browser(desk)
    nobody = client.get("/api/v1/session")
    assert (nobody.status_code, nobody.json()["code"]) == (401, "signed_out")
    answer = client.post("/api/v1/session", json=FORM)
    shown = answer.json()
    assert (shown["officer"], shown["zones"], shown["locked"]) == (OFFICER, {"officer": "BRU-NORTH"}, False)
    assert client.get("/api/v1/session").json() == shown
    cookies = answer.headers.get_list("set-cookie")
    key = next(one for one in cookies if one.startswith("session="))
    assert {"HttpOnly", "SameSite=lax", "Path=/"} <= set(key.split("; "))
    assert audited(desk, "signed_in")[-1] == (OFFICER, {"address": "127.0.0.1", "way": "password"})


def test_every_page_needs_a_sign_in_and_leads_back_to_itself(desk: World) -> None:
    forget_attempts(desk)
    client = browser(desk)
    asked = client.get("/search", params={"s": "0b7c"})
    assert (asked.status_code, asked.headers["location"]) == (303, "/sign-in?next=/search%3Fs%3D0b7c")
    form = client.get(asked.headers["location"])
    assert form.headers["cache-control"] == "no-store"
    hidden = dict(re.findall(r'name="(next|csrf)" value="([^"]+)"', form.text))
    assert hidden["next"] == "/search?s=0b7c"
    entered = client.post("/sign-in", data={**hidden, **FORM})
    assert (entered.status_code, entered.headers["location"]) == (303, "/search?s=0b7c")
    assert client.get("/search").status_code == 200
    assert client.get("/sign-in", params={"next": "//evil.example"}).headers["location"] == "/"


def test_what_is_wrong_is_not_told_apart(desk: World) -> None:
    forget_attempts(desk)
    client = browser(desk)
    answers = [
        client.post("/api/v1/session", json={"officer": name, "password": password})
        for name, password in ((OFFICER, "wrong"), ("B. Nobody", PASSWORD))
    ]
    assert {one.status_code for one in answers} == {401}
    assert answers[0].json() == answers[1].json()
    refused = audited(desk, "sign_in_refused")[-2:]
    assert [who for who, _ in refused] == [OFFICER, "somebody unknown"]
    assert "Nobody" not in json.dumps(refused)


def test_guessing_is_slowed_down_and_the_right_one_waits_too(desk: World) -> None:
    forget_attempts(desk)
    client = browser(desk)
    wrong = {**FORM, "password": "wrong"}
    answers = [client.post("/api/v1/session", json=wrong).status_code for _ in range(4)]
    while answers[-1] == 401:  # a slow machine waits for the first second without knowing
        answers.append(client.post("/api/v1/session", json=wrong).status_code)
    assert (answers[:4], answers[-1]) == ([401] * 4, 429)
    assert len(answers) < 10
    SignInFile(desk.folder).change("UPDATE attempts SET not_before = not_before + 60")
    right = client.post("/api/v1/session", json=FORM)
    assert (right.status_code, right.json()["code"]) == (429, "later")
    assert 30 <= int(right.headers["retry-after"]) <= 120
    page = client.get("/sign-in")
    hidden = dict(re.findall(r'name="(next|csrf)" value="([^"]+)"', page.text))
    told = client.post("/sign-in", data={**hidden, **FORM})
    assert told.status_code == 429
    assert "Too many attempts" in told.text
    assert f'value="{OFFICER}"' in told.text


def test_signed_out_is_out_everywhere_at_once(desk: World) -> None:
    client = signed_in(desk)
    copied = dict(client.cookies)
    assert client.request("DELETE", "/api/v1/session").status_code == 403, "without the word of our own pages"
    assert client.request("DELETE", "/api/v1/session", headers=csrf(client)).status_code == 204
    assert "session" not in client.cookies
    thief = browser(desk)
    thief.cookies.update(copied)
    assert thief.get("/api/v1/session").status_code == 401
    assert thief.get("/search").status_code == 303
    assert audited(desk, "signed_out")[-1][0] == OFFICER


def test_a_locked_session_keeps_its_place_until_the_password_comes(desk: World) -> None:
    client = signed_in(desk)
    before = client.cookies["session"]
    assert client.post("/api/v1/session/lock", headers=csrf(client)).status_code == 204
    assert client.get("/api/v1/session").json()["locked"] is True
    asked = client.get("/api/v1/cases")
    assert (asked.status_code, asked.json()["code"]) == (401, "locked")
    assert client.get("/search").headers["location"].startswith("/sign-in?next=")
    assert client.post("/api/v1/session/activity", headers=csrf(client)).json()["locked"] is True, "no way round"
    wrong = client.post("/api/v1/session/unlock", json={"password": "wrong"}, headers=csrf(client))
    assert (wrong.status_code, wrong.json()["code"]) == (401, "wrong")
    opened = client.post("/api/v1/session/unlock", json={"password": PASSWORD}, headers=csrf(client))
    assert (opened.status_code, opened.json()["locked"]) == (200, False)
    assert client.cookies["session"] != before
    assert client.get("/api/v1/cases").status_code == 200
    assert audited(desk, "signed_in")[-1][1]["way"] == "unlocked"


def test_a_sign_in_has_a_key_of_its_own_and_ends_the_one_before(desk: World) -> None:
    client = signed_in(desk)
    first = client.cookies["session"]
    client.post("/api/v1/session", json=FORM)
    assert client.cookies["session"] != first
    other = browser(desk)
    other.cookies.set("session", first)
    assert other.get("/api/v1/session").status_code == 401


def test_pages_of_other_sites_do_nothing_in_it(desk: World) -> None:
    client = signed_in(desk)
    path = f"/api/v1/cases/{'0' * 8}/actions"
    act = {"what": "acknowledge"}
    assert client.post(path, json=act).status_code == 403
    assert client.post(path, json=act, headers={"X-CSRF-Token": "made up"}).status_code == 403
    foreign = ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"})
    for sent in foreign:
        assert client.post(path, json=act, headers={**csrf(client), **sent}).status_code == 403
        assert client.post("/api/v1/session", json=FORM, headers=sent).status_code == 403
        assert client.post("/sign-in", data={**FORM, "csrf": client.cookies["csrf"]}, headers=sent).status_code == 403
    assert client.post("/sign-in", data=FORM).status_code == 403
    own = {**csrf(client), "Origin": desk.url, "Sec-Fetch-Site": "same-origin"}
    assert client.post(path, json=act, headers=own).status_code == 404, "there is no such case; it was asked"


def test_who_is_ended_is_out_though_signed_in(desk: World, tables: Client) -> None:
    register = Register(tables, now, "Administrator")
    register.add(Officer("C. Leaver", "officer", "", now() - timedelta(minutes=1), FOREVER))
    users(desk).set_password("C. Leaver", PASSWORD)
    client = browser(desk)
    assert client.post("/api/v1/session", json={"officer": "C. Leaver", "password": PASSWORD}).status_code == 200
    assert client.get("/api/v1/cases").status_code == 200
    register.end("C. Leaver")
    assert client.get("/api/v1/cases").status_code == 403
    again = client.post("/api/v1/session", json={"officer": "C. Leaver", "password": PASSWORD})
    assert (again.status_code, again.json()["code"]) == (403, "unregistered")


def test_one_person_asks_so_much_and_others_go_on(desk: World, tables: Client) -> None:
    register = Register(tables, now, "Administrator")
    headers = {}
    for name in ("D. Busy", "E. Other"):
        register.add(Officer(name, "officer", "", now(), FOREVER))
        headers[name] = {
            "Authorization": f"Bearer {officer_token(desk.credentials, name, now() + timedelta(minutes=5))}"
        }
    client = browser(desk)
    answers: list[httpx.Response] = []
    path = "/api/v1/account/second-factor"  # costs little, and refuses who has no password of ours
    while (not answers or answers[-1].status_code != 429) and len(answers) < 1000:
        answers.append(client.post(path, headers=headers["D. Busy"]))
    assert client.post(path, headers=headers["E. Other"]).status_code == 409
    assert client.get("/static/js/api.js").status_code == 200
    assert len(answers) > 50
    assert all(one.status_code == 409 for one in answers[:50])
    assert answers[-1].headers["content-type"] == "application/problem+json"
    assert int(answers[-1].headers["retry-after"]) >= 1


def test_files_are_asked_for_again_and_sent_once(desk: World) -> None:
    client = browser(desk)
    first = client.get("/static/js/api.js")
    assert first.headers["cache-control"] == "no-cache"
    again = client.get("/static/js/api.js", headers={"If-None-Match": first.headers["etag"]})
    assert again.status_code == 304


def test_the_commands_give_and_take_a_password_and_a_second_factor(desk: World) -> None:
    forget_attempts(desk)
    desk.run("officers", "second-factor", "B. Nobody").assert_clear("B. Nobody has no password here")
    made = desk.run("officers", "password", "Administrator", "--generate", "--json")
    assert made.code == 0, made.err
    form = {"officer": "Administrator", "password": made.json["password"]}
    assert browser(desk).post("/api/v1/session", json=form).status_code == 200
    assert desk.run("officers", "password", "Administrator", "--off").code == 0
    assert browser(desk).post("/api/v1/session", json=form).status_code == 401
    recorded = [(who, about) for action in ("password_set", "password_ended") for who, about in audited(desk, action)]
    assert recorded == [("Administrator", {"officer": "Administrator"})] * 2


def test_a_second_factor_is_set_by_command_with_its_first_code(desk: World) -> None:
    users(desk).set_password("Administrator", PASSWORD)
    process = subprocess.Popen(
        command("officers", "second-factor", "Administrator", "--json"),
        env=environment(desk.folder, **desk.environment()),
        cwd=desk.folder.parent,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    secret = json.loads(process.stdout.readline())["secret"]
    out, err = process.communicate(pyotp.TOTP(secret).now() + "\n", timeout=60)
    assert process.returncode == 0, err
    assert json.loads(out) == {"officer": "Administrator", "second_factor": True}
    form = {"officer": "Administrator", "password": PASSWORD}
    client = browser(desk)
    assert client.post("/api/v1/session", json=form).status_code == 401
    later = pyotp.TOTP(secret).at(now() + timedelta(seconds=30))
    assert client.post("/api/v1/session", json={**form, "code": later}).json()["second_factor"] is True
    assert 'name="code"' in browser(desk).get("/sign-in").text


def test_who_is_signed_in_changes_the_own_password_and_sets_a_second_factor(desk: World, tables: Client) -> None:
    Register(tables, now, "Administrator").add(Officer("F. Own", "officer", "", now(), FOREVER))
    users(desk).set_password("F. Own", PASSWORD)
    form = {"officer": "F. Own", "password": PASSWORD}
    client, other = browser(desk), browser(desk)
    for one in (client, other):
        assert one.post("/api/v1/session", json=form).status_code == 200
    change = {"password": "wrong", "new": "a sentence of my own"}
    refused = client.put("/api/v1/account/password", json=change, headers=csrf(client))
    assert (refused.status_code, refused.json()["code"]) == (403, "wrong")
    short = client.put("/api/v1/account/password", json={**change, "new": "short"}, headers=csrf(client))
    assert (short.status_code, short.json()["code"]) == (422, "length")
    done = client.put("/api/v1/account/password", json={**change, "password": PASSWORD}, headers=csrf(client))
    assert done.status_code == 204, done.text
    assert client.get("/api/v1/session").status_code == 200
    assert other.get("/api/v1/session").status_code == 401
    offered = client.post("/api/v1/account/second-factor", headers=csrf(client)).json()
    assert offered["picture"].startswith("data:image/svg+xml")
    proof = {"password": change["new"], "secret": offered["secret"], "first": pyotp.TOTP(offered["secret"]).now()}
    set_ = client.put("/api/v1/account/second-factor", json=proof, headers=csrf(client))
    assert set_.status_code == 204, set_.text
    assert client.get("/api/v1/session").json()["second_factor"] is True
    assert ("F. Own", {"officer": "F. Own"}) in audited(desk, "second_factor_set")
    assert client.get("/account").status_code == 200


def test_where_nobody_can_sign_in_a_password_is_made_once(desk: World, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, store_dsn=SecretStr(desk.dsn), officer="Administrator")
    password = first_password(settings)
    assert password is not None
    assert local_users(settings).check("Administrator", password, "")
    assert first_password(settings) is None
    stranger = settings.model_copy(update={"data_dir": tmp_path / "other", "officer": "B. Nobody"})
    assert first_password(stranger) is None


def test_a_demo_has_somebody_for_each_role(desk: World, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, store_dsn=SecretStr(desk.dsn), officer="Administrator")
    made = make_demo_users(settings)
    again = make_demo_users(settings)
    assert set(made) == set(again) == set(get_args(Role))
    users, register = local_users(settings), Register(desk.client, now, "Administrator")
    for name, password in again.items():
        assert users.check(name, password, "")
        assert [one.role for one in register.current(name)] == [name]
