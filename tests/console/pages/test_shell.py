"""Who gets which page, in which language, and what is told where there is none."""

from __future__ import annotations

import json
import re

import pytest

from console.pages.menu import MENU, Page
from console.pages.words import LANGUAGES, words_of
from console.problems import ProblemFound
from console.signin.person import Person
from schemas.search import Role
from tests.console.pages.site import ROLES, Browser

ALL = [(page, role) for page in MENU for role in ROLES]


@pytest.mark.parametrize(("page", "role"), ALL, ids=lambda one: one if isinstance(one, str) else one.name)
def test_a_page_is_for_the_roles_of_the_menu(page: Page, role: Role) -> None:
    answer = Browser(role).get(page.path)
    assert answer.status_code == (200 if role in page.roles else 403)
    assert answer.headers["content-type"].startswith("text/html")
    links = re.findall(r'<a href="(/[a-z]+)"', answer.text)
    assert links == [one.path for one in MENU if role in one.roles]
    if role in page.roles:
        assert f'<a href="{page.path}" aria-current="page">' in answer.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", MENU, ids=lambda page: page.name)
def test_a_page_speaks_the_language_that_was_chosen(page: Page, language: str) -> None:
    answer = Browser(*ROLES).get(page.path, headers={"Cookie": f"language={language}", "Accept-Language": "en"})
    assert f'<html lang="{language}"' in answer.text
    title = words_of(page.name, language)["title"].replace("'", "&#39;")
    assert f"<title>{title} – " in answer.text
    told = re.search(r'<script type="application/json" id="words">(.*?)</script>', answer.text, re.DOTALL)
    assert told is not None
    assert json.loads(told[1])["title"] == words_of(page.name, language)["title"]


@pytest.mark.parametrize(
    ("accepted", "language"),
    [("fr-BE,fr;q=0.9,en;q=0.8", "fr"), ("de,nl;q=0.7", "nl"), ("de", "en"), ("", "en"), ("FR", "fr")],
)
def test_without_a_choice_the_browser_says_the_language(accepted: str, language: str) -> None:
    answer = Browser("officer").get("/search", headers={"Accept-Language": accepted})
    assert f'<html lang="{language}"' in answer.text


def test_a_language_that_is_none_is_not_believed() -> None:
    answer = Browser("officer").get("/search", headers={"Cookie": 'language="><script>'})
    assert '<html lang="en"' in answer.text


@pytest.mark.parametrize(("cookie", "theme"), [("dark", "dark"), ("light", "light"), ("", "auto"), ("x", "auto")])
def test_light_and_dark_come_from_the_server(cookie: str, theme: str) -> None:
    answer = Browser("officer").get("/search", headers={"Cookie": f"theme={cookie}"})
    assert f'data-theme="{theme}"' in answer.text


@pytest.mark.parametrize("role", ROLES)
def test_home_is_the_first_page_of_the_role(role: Role) -> None:
    answer = Browser(role).get("/")
    assert answer.status_code == 303
    assert answer.headers["location"] == next(page.path for page in MENU if role in page.roles)


@pytest.mark.parametrize("address", ["/", *(page.path for page in MENU), "/search?s=4&x=a%20b"])
def test_who_is_not_signed_in_comes_back_to_the_page_after(address: str) -> None:
    client = Browser("officer")

    def nobody() -> Person:
        raise ProblemFound(401, "sign in")  # type: ignore[arg-type]

    client.who = nobody
    answer = client.get(address)
    assert answer.status_code == 303
    told = answer.headers["location"]
    assert told.startswith("/sign-in?next=/")
    assert "&" not in told


def test_the_zone_is_told_and_all_zones_where_it_is_federal() -> None:
    assert "Zone Midi" in Browser("officer", zone="Zone Midi").get("/search").text
    assert ">all zones<" in Browser("officer").get("/search").text


def test_an_unknown_address_is_a_page_for_people_and_a_problem_for_programs() -> None:
    client = Browser("officer")
    page = client.get("/nowhere")
    assert page.status_code == 404
    assert words_of("shell", "en")["not_found_title"] in page.text
    program = client.get("/api/v1/nowhere")
    assert program.headers["content-type"] == "application/problem+json"
    assert client.get("/nowhere", headers={"Accept": "*/*"}).headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("roles", [("officer",), ("investigator",), ("officer", "investigator")])
def test_the_form_of_a_search_offers_the_roles_one_has(roles: tuple[Role, ...]) -> None:
    text = Browser(*roles).get("/search").text
    offered = re.findall(r'<option value="(officer|investigator)">', text)
    assert sorted(offered) == sorted(roles)
    assert ("hidden" in re.findall(r'<div class="field"( hidden)?>\s*<label for="role"', text)[0]) == (len(roles) < 2)


def test_every_field_has_a_label_and_every_button_a_type_or_a_form() -> None:
    text = Browser("officer", "investigator").get("/search").text
    fields = re.findall(r'<(?:input|select|textarea) id="([\w-]+)"([^>]*)', text)
    fields += [(name, more) for name, more in re.findall(r'<input type="range" id="([\w-]+)"([^>]*)', text)]
    assert len(fields) >= 10
    for name, more in fields:
        assert f'<label for="{name}">' in text or "aria-label" in more, name
