"""The pages of the office: each tab has its panel, each field its label, and whatever the platform names has words."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import get_args

import pytest

from anpr.cli.audit import KINDS as UNUSUAL
from anpr.cli.cameras_shown import WORDS as TROUBLES
from console.pages.shell import STATIC
from console.pages.words import LANGUAGES, words_of
from schemas.hotlist import Instruction, ListKind
from schemas.lez import Action as LezAction
from schemas.lez import VerdictKind
from schemas.lez_notice import NoticeState
from schemas.search import Purpose, Role
from sinks.clickhouse.audit.records import ACTIONS
from sinks.clickhouse.retention.report import State
from tests.console.pages.site import browser

PAGES: dict[str, Role] = {
    "investigation": "investigator",
    "anomalies": "investigator",
    "hotlists": "hotlist_manager",
    "zones": "lez_agent",
    "cameras": "officer",
    "audit": "auditor",
    "administration": "administrator",
}
WORDS: list[tuple[str, str, tuple[str, ...]]] = [
    ("hotlists", "kind_", get_args(ListKind)),
    ("hotlists", "do_", get_args(Instruction)),
    ("zones", "is_", get_args(VerdictKind)),
    ("zones", "follows_", get_args(LezAction)),
    ("zones", "state_", get_args(NoticeState)),
    ("zones", "agreement_", ("same", "rights_differ", "different")),
    ("audit", "action_", ACTIONS),
    ("audit", "purpose_", get_args(Purpose)),
    ("audit", "unusual_", tuple(UNUSUAL)),
    ("investigation", "", get_args(Purpose)),
    ("cameras", "", tuple(TROUBLES)),
    ("administration", "state_", tuple(state.replace(" ", "_") for state in get_args(State))),
]
"""Page, how its words begin, and what the platform may tell that needs one."""


class _Page(HTMLParser):
    """Elements of a page, with their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def each(self, *tags: str, **wanted: str) -> list[dict[str, str | None]]:
        return [given for tag, given in self.found if tag in tags and wanted.items() <= given.items()]


def _page(name: str, language: str = "en") -> _Page:
    answer = browser(PAGES[name]).get(f"/{name}", headers={"Cookie": f"language={language}"})
    assert answer.status_code == 200
    return _Page(answer.text)


@pytest.mark.parametrize("name", PAGES)
def test_each_tab_has_its_panel_and_each_panel_its_tab(name: str) -> None:
    page = _page(name)
    tabs = page.each("button", role="tab")
    panels = {one["id"]: one["aria-labelledby"] for one in page.each("section", role="tabpanel")}
    assert {one["aria-controls"]: one["id"] for one in tabs} == panels
    assert bool(tabs) == (name not in {"anomalies", "cameras"})


@pytest.mark.parametrize("name", PAGES)
def test_each_field_has_a_label_and_each_hint_is_there(name: str) -> None:
    page = _page(name)
    labelled = {one.get("for") for one in page.each("label")}
    ids = [given["id"] for _tag, given in page.found if given.get("id")]
    assert len(ids) == len(set(ids)), "an id is there twice"
    for field in page.each("input", "select", "textarea"):
        boxed = field.get("type") == "checkbox"  # inside its label
        assert boxed or field.get("id") in labelled or any(key.startswith("data-") for key in field), field
        for hint in (field.get("aria-describedby") or "").split():
            assert hint in ids, hint


@pytest.mark.parametrize("name", PAGES)
def test_each_button_says_whether_it_sends_a_form(name: str) -> None:
    main = browser(PAGES[name]).get(f"/{name}").text.split("<main")[1].split("</main>")[0]
    buttons = _Page(main).each("button")
    assert buttons
    assert all(one.get("type") in {"button", "submit"} for one in buttons)


@pytest.mark.parametrize("name", PAGES)
def test_elements_that_scripts_take_by_id_are_there(name: str) -> None:
    ids = {given["id"] for _tag, given in _page(name).found if given.get("id")}
    script = (STATIC / "js" / f"{name}.js").read_text("utf-8")
    wanted = set(re.findall(r'\bbyId\("([\w-]+)"\)', script))
    assert wanted
    assert wanted <= ids


@pytest.mark.parametrize(("name", "begin", "told"), WORDS, ids=lambda one: one if isinstance(one, str) else "")
@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_the_platform_names_has_a_word(language: str, name: str, begin: str, told: tuple[str, ...]) -> None:
    words = words_of(name, language)
    assert told
    assert not [one for one in told if f"{begin}{one}" not in words]


def test_the_audit_offers_no_action_that_is_none() -> None:
    offered = {key.removeprefix("action_") for key in words_of("audit", "en") if key.startswith("action_")}
    assert offered == set(ACTIONS)


def test_each_trouble_of_a_camera_says_what_to_do() -> None:
    words = words_of("cameras", "en")
    of_all = {"cameras_silent", "cameras_rate_low", "cameras_rate_high"}
    assert of_all < set(TROUBLES)
    assert not [one for one in set(TROUBLES) - of_all if f"do_{one}" not in words]


def test_the_kinds_of_a_form_are_those_of_the_contract() -> None:
    page = _page("hotlists")
    offered = {one["value"] for one in page.each("option")}
    assert set(get_args(ListKind)) | set(get_args(Instruction)) <= offered
