"""Sentences of refusals in French and Dutch: every one that the API can tell is there, and says the same."""

from __future__ import annotations

import ast
import asyncio
import re
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import get_args

import httpx
import pytest
import yaml
from fastapi import FastAPI

import anpr.lez
import console
import console.details
import pipeline.cases.actions
import pipeline.cases.comparison
import pipeline.notices.decisions
import sinks.clickhouse
from console.details import PLACE, detail_in
from console.languages import LANGUAGES, Language
from console.problems import ProblemFound, tell_problems
from schemas.case import CaseState
from schemas.case_input import ActionKind

TABLE = Path(console.details.__path__[0]) / "details.yaml"
OTHERS: tuple[Language, ...] = ("fr", "nl")
TELL_WHY = frozenset(
    {
        *("CaseRefused", "LineRefused", "FileRefused", "ZonesRefused", "AskedWrongly", "OfficerRefused"),
        *("SubscriberRefused", "ProblemFound", "PasswordRefused", "Line"),
    }
)
"""Who is called so says why in its arguments; a code of its own with words for everything needs no sentence."""
SAY_WHY = frozenset({"refusal", "not_compared", "undecidable", "_unwarned", "why_not"})
"""Functions that give the sentence."""
ALONE = frozenset(
    {
        *("writing.py", "what_if.py"),  # the command line's
        *("refusals.py", "opening.py"),  # told by their code; what a client got wrong in a cursor
    }
)
SAMPLE = "x1"
NESTED = {
    "euro: x1": "euro: x1 is no Euro standard: write none, 1 to 7, a suffix as in 6d or 6d-TEMP, or VI",
    "the first line names no columns that are known: x1; x1": (
        "the first line names no columns that are known: x1; columns are x1"
    ),
}
"""Sentences that hold another one, with that."""


@cache
def table() -> Sequence[dict[str, str]]:
    """As it is written."""
    entries: Sequence[dict[str, str]] = yaml.safe_load(TABLE.read_text("utf-8"))
    return entries


def _sentence(node: ast.expr) -> str:
    """The text of a literal with something in its places; empty: it is none."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(str(one.value) if isinstance(one, ast.Constant) else SAMPLE for one in node.values)
    return ""


def _tells_why(call: ast.Call) -> bool:
    coded = any(given.arg == "code" for given in call.keywords)
    return getattr(call.func, "id", "") in TELL_WHY and not coded


def _said(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _tells_why(node):
            yield from map(_sentence, node.args)
        if isinstance(node, ast.FunctionDef) and node.name in SAY_WHY:
            yield from (_sentence(one.value) for one in ast.walk(node) if isinstance(one, ast.Return) and one.value)


def sentences() -> set[str]:
    """All that the desks behind the API say."""
    modules = (pipeline.cases.actions, pipeline.cases.comparison, pipeline.notices.decisions)
    folders = [Path(one.__path__[0]) for one in (console, sinks.clickhouse, anpr.lez)]
    files = [*(Path(str(one.__file__)) for one in modules), *(file for one in folders for file in one.rglob("*.py"))]
    trees = (ast.parse(file.read_text("utf-8")) for file in files if file.name not in ALONE)
    found = {re.sub(r"--(?=[a-z])", "", text) for tree in trees for text in _said(tree)}
    return {NESTED.get(text, text) for text in found if " " in text}


def test_whatever_desks_say_is_there() -> None:
    found = sentences()
    assert {"cannot assign: say to whom", "dangerous: write yes or no", "the first day is after the last one"} <= found
    assert len(found) > 60
    assert not [text for text in found for language in OTHERS if detail_in(text, language) == text]


@pytest.mark.parametrize("entry", table(), ids=lambda one: one["en"][:50])
def test_each_is_there_in_three_languages_with_the_same_places(entry: dict[str, str]) -> None:
    assert list(entry) == list(LANGUAGES)
    places = {language: sorted(PLACE.findall(text)) for language, text in entry.items()}
    assert places["en"] == places["fr"] == places["nl"]
    assert len(set(places["en"])) == len(places["en"]), "a place is there once"
    given = {place: f"{place}7" for place in places["en"]}
    assert [detail_in(entry["en"].format(**given), one) for one in LANGUAGES] == [
        entry[one].format(**given) for one in LANGUAGES
    ], "no other form takes it first"


def test_none_is_there_twice() -> None:
    english = [one["en"].lower() for one in table()]
    assert len(set(english)) == len(english)


@pytest.mark.parametrize("what", get_args(ActionKind))
@pytest.mark.parametrize("state", get_args(CaseState))
def test_what_is_done_and_where_it_stands_are_in_the_language_too(what: str, state: str) -> None:
    told = detail_in(f"cannot {what}: the case is {state} (by Closed Circuit)", "nl")
    assert told.endswith("(door Closed Circuit)"), "a name stays a name"
    assert detail_in(what, "nl") in told
    assert detail_in(state, "nl") in told
    assert detail_in(what, "nl") != what


def test_what_was_typed_stays_out_in_every_language() -> None:
    assert detail_in("nothing is listed as this: anpr hotlist show", "fr") == "rien n'est signalé comme ceci"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({}, "cannot assign: say to whom"),
        ({"Accept-Language": "nl-BE,nl;q=0.9,en;q=0.5"}, "toewijzen kan niet: zeg aan wie"),
        ({"Accept-Language": "de"}, "cannot assign: say to whom"),
        ({"Accept-Language": "nl", "Cookie": "language=fr"}, "attribution impossible : dites à qui"),
    ],
)
def test_a_problem_is_told_in_the_language_that_was_asked_for(given: dict[str, str], told: str) -> None:
    app = FastAPI()
    tell_problems(app)

    @app.get("/")
    def refuse() -> None:
        raise ProblemFound(409, "cannot assign: say to whom", code="case_refused")  # type: ignore[arg-type]

    async def asked() -> httpx.Response:
        transport = httpx.ASGITransport(app)
        async with httpx.AsyncClient(transport=transport, base_url="http://console.test") as client:
            return await client.get("/", headers=given)

    answer = asyncio.run(asked())
    assert (answer.status_code, answer.json()["detail"]) == (409, told)


def test_another_sentence_stays_as_it_is() -> None:
    assert detail_in("a later version says something new", "nl") == "a later version says something new"
