"""What is said to people: in three languages, of the same things, without a hole."""

from __future__ import annotations

import re
import string
from importlib.resources import files
from typing import Any, get_args

import pytest
import yaml

from pipeline.lez.grounds import load_grounds
from pipeline.lez.loading import load_law, zones
from pipeline.lez.model import Kind
from pipeline.lez.sentences import LANGUAGES, Reason, word
from schemas.lez import Category, Fuel

TEXTS: dict[str, dict[str, dict[str, str]]] = yaml.safe_load(
    files("pipeline.lez").joinpath("sentences.yaml").read_text("utf-8")
)
SOURCES = "".join(
    files("pipeline.lez").joinpath(name).read_text("utf-8") for name in ("judge.py", "enforcement.py", "judgement.py")
)


def holes(text: str) -> set[str]:
    """Names of what is filled in."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("section", ["words", "sentences"])
def test_every_text_is_there_in_every_language_about_the_same(section: str) -> None:
    for key, texts in TEXTS[section].items():
        assert tuple(sorted(texts)) == tuple(sorted(LANGUAGES)), key
        assert len({frozenset(holes(text)) for text in texts.values()}) == 1, key
        assert all(text.strip() for text in texts.values()), key


def test_every_sentence_is_one_with_a_beginning_and_an_end() -> None:
    for key, texts in TEXTS["sentences"].items():
        for language, text in texts.items():
            assert text[0].isupper(), (key, language)
            assert text.endswith("."), (key, language)
            french = re.findall(r"(?<! )[:;!?]" if language == "fr" else r"(?<=\s)[:;!?]", text)
            assert not french, (key, language, text)


def test_every_sentence_that_is_used_is_there_and_the_other_way_round() -> None:
    used = set(re.findall(r'Reason\.of\(\s*"(\w+)"', SOURCES)) | {
        "allowed",
        "outside",
        "unread",
        "exempt",
        "permit",
        "paid",
    }
    assert used == set(TEXTS["sentences"])


def test_every_kind_and_fuel_has_a_word() -> None:
    for name in {*get_args(Category), *get_args(Kind), *get_args(Fuel)}:
        assert name in TEXTS["words"], name


def test_a_sentence_is_filled_with_words_of_its_language() -> None:
    why = Reason.of("free_day", zone=load_law("brussels").names)
    assert [why.in_(language) for language in LANGUAGES] == [
        "The zone Brussels-Capital Region does not apply on this day of the year.",
        "La zone Région de Bruxelles-Capitale ne s'applique pas ce jour de l'année.",
        "De zone Brussels Hoofdstedelijk Gewest geldt niet op deze dag van het jaar.",
    ]
    assert word("Euro 5", "fr") == "Euro 5"
    with pytest.raises(KeyError):
        Reason.of("no_such_sentence").in_("en")


def test_names_are_told_in_three_languages() -> None:
    named: list[Any] = [*load_grounds().values()]
    for zone in zones():
        named += [load_law(zone).names, *(subject.names for subject in load_law(zone).subjects.values())]
    for names in named:
        assert all(getattr(names, language).strip() for language in LANGUAGES), names
