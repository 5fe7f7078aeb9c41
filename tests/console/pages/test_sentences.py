"""What the platform tells in English on pages of other languages: each sentence of its source has its words."""

from __future__ import annotations

import ast
import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from console.pages.words import LANGUAGES, words_of
from tests.console.pages.site import browser

SAID = {
    "pipeline.health.delays": ("look_at_clock", "_tell", "look_at_direction"),
    "pipeline.health.hours": ("_tell_rate", "_accepted", "_tell_unreadable"),
    "pipeline.health.troubles": ("end",),
    "pipeline.health.watcher": ("_look_at_silence", "_one_in"),
    "pipeline.clones.partition": ("note_ahead", "_tell_suspect"),
    "pipeline.clones.telling": ("_in_words",),
    "pipeline.cases.clockwork": ("_called", "_ended"),
    "pipeline.cases.opening": ("opened", "settled"),
    "sinks.clickhouse.audit.verify": ("_check", "_check_place_in_chain", "verify", "_check_place"),
    "sinks.clickhouse.audit.effects": ("deviations", "_what"),
    "sinks.clickhouse.audit.report": ("_volume", "_odd_hours", "_bursts", "_owned"),
}
"""Module → its functions that make sentences which pages show."""
LEAST_WORDS = 3


def functions_of(module: str) -> dict[str, ast.FunctionDef]:
    """Functions of a module by name, methods too."""
    spec = find_spec(module)
    assert spec is not None
    assert spec.origin is not None
    tree = ast.parse(Path(spec.origin).read_text("utf-8"))
    return {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def fragments_of(function: ast.FunctionDef) -> set[str]:
    """Texts of some words that it may say, without what it puts in between."""
    docstring = ast.get_docstring(function, clean=False)
    texts = (
        node.value for node in ast.walk(function) if isinstance(node, ast.Constant) and isinstance(node.value, str)
    )
    said = (text.strip() for text in texts if text != docstring)
    return {text for text in said if len(text.split()) >= LEAST_WORDS and not text.startswith("SELECT ")}


@pytest.mark.parametrize("module", SAID)
def test_each_sentence_of_the_source_has_its_words(module: str) -> None:
    known, found = words_of("sentences", "en").values(), functions_of(module)
    said = {text for name in SAID[module] for text in fragments_of(found[name])}
    assert said
    assert [text for text in said if not any(text in sentence for sentence in known)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_can_find_a_sentence_by_its_english(language: str) -> None:
    text = browser("officer").get("/cameras", {"Accept-Language": language}).text
    for said in (language, "en"):
        assert words_of("sentences", said)["camera_turned"] in text  # type: ignore[arg-type]


PLACE = re.compile(r"\{(\w+)\}")


def pattern_of(english: str) -> re.Pattern[str]:
    """As js/sentences.js has it."""
    parts = PLACE.split(english)
    return re.compile("".join("(.+?)" if at % 2 else re.escape(part) for at, part in enumerate(parts)), re.DOTALL)


def test_each_sentence_is_taken_for_itself() -> None:
    """The one with most words of its own is tried first: no other fits it before."""
    english = words_of("sentences", "en")
    in_order = sorted(english, key=lambda key: -len(PLACE.sub("", english[key])))
    for key, text in english.items():
        said = PLACE.sub("7", text)
        assert next(other for other in in_order if pattern_of(english[other]).fullmatch(said)) == key
