"""The live map and the pages of cases: who gets them, what they hand to their scripts, and that no term lacks words."""

from __future__ import annotations

import json
import re
from typing import get_args

import pytest

from console.pages.words import LANGUAGES, Language, words_of
from pipeline.cases.actions import LEADS_TO
from pipeline.cases.timeline import EventKind
from schemas.case import CaseState, ClosedHow
from schemas.case_input import ActionKind
from schemas.hotlist import Instruction, ListKind
from tests.console.pages.site import browser

CASE = "9c34eb11-f9f6-5b65-9092-4e4abe950905"
PAGES = ["/live", "/cases", f"/cases/{CASE}"]
TERMS = {
    "case_terms": [
        *(f"kind_{one}" for one in (*get_args(ListKind), "none")),
        *(f"state_{one}" for one in get_args(CaseState)),
        *(f"instruction_{one}" for one in get_args(Instruction)),
        *(f"how_{one}" for one in get_args(ClosedHow)),
        *(f"compare_{one}" for one in ("yes", "no", "unsure")),
        *(f"compare_leads_{one}" for one in ("acknowledge", "reopen", "false", "note")),
        *(f"compared_{one}" for one in ("yes", "no", "unsure", "none")),
    ],
    "case": [
        *(f"event_{one}" for one in get_args(EventKind)),
        *(f"act_{one}" for one in get_args(ActionKind)),
        *(f"dialog_{one}" for one in get_args(ActionKind) if one not in ("acknowledge", "pursue")),
    ],
}
"""What scripts put together out of the contracts' own names."""


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", TERMS)
def test_whatever_a_case_may_be_has_words(page: str, language: Language) -> None:
    assert set(TERMS[page]) - words_of(page, language).keys() == set()


@pytest.mark.parametrize("role", ["hotlist_manager", "lez_agent", "auditor", "administrator"])
@pytest.mark.parametrize("path", PAGES)
def test_cases_are_for_those_who_look_at_vehicles(path: str, role: str) -> None:
    assert browser(role).get(path).status_code == 403  # type: ignore[arg-type]


@pytest.mark.parametrize("path", PAGES)
def test_a_script_knows_who_looks_and_every_field_has_a_label(path: str) -> None:
    text = browser("officer").get(path).text
    if path != "/cases":
        assert 'data-me="Officer Peeters"' in text
    for name in re.findall(r'<(?:input|select|textarea) id="([\w-]+)"', text):
        assert f'<label for="{name}">' in text, name
    for button in re.findall(r"<button\b[^>]*>", text.split("<main", 1)[1].split("</main>", 1)[0]):
        assert "type=" in button or 'class="btn"' in button


def test_the_page_of_a_case_says_what_leads_where() -> None:
    text = browser("officer").get(f"/cases/{CASE}").text
    told = re.search(r'id="leads-to">(.*?)</script>', text, re.DOTALL)
    assert told is not None
    assert json.loads(told[1]) == {action: dict(states) for action, states in LEADS_TO.items()}
    assert f'data-id="{CASE}"' in text


@pytest.mark.parametrize("name", ["9c34eb", CASE.upper(), CASE[:8]])
def test_six_digits_of_a_case_are_its_name(name: str) -> None:
    assert browser("investigator").get(f"/cases/{name}").status_code == 200


@pytest.mark.parametrize("name", ["1-ABC-234", "1XYZ234", "9c34e", "%3Cscript%3E", CASE + "0000"])
def test_what_is_no_name_of_a_case_is_a_page_that_does_not_repeat_it(name: str) -> None:
    answer = browser("officer").get(f"/cases/{name}")
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/html")
    assert name not in answer.text
    assert words_of("shell", "en")["not_found_title"] in answer.text
