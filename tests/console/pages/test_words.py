"""Every word is there in three languages, and every word that a page or script uses exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
import yaml

from console.pages import words
from console.pages.menu import MENU
from console.pages.shell import STATIC
from console.pages.words import LANGUAGES, Language, words_of
from console.refusals import CODES
from tests.console.pages.english import english_in
from tests.console.pages.site import browser

FOLDER = Path(words.__file__).parent
NAMES = sorted(file.stem for file in FOLDER.glob("*.yaml"))
TEMPLATES = FOLDER.parent / "templates"
PLACES = re.compile(r"\{(\w+)\}")
IN_TEMPLATE = re.compile(r"""\bt\(\s*["']([\w.]+)["']\s*\)""")
IN_SCRIPT = re.compile(r"""\bt\(\s*["`]([\w.]+)["`]\s*[,)]""")


class _Once(yaml.SafeLoader):
    """Refuses a key that is there twice: one of its texts would be lost without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[object, object]:
        keys = [self.construct_object(key) for key, _value in node.value]
        assert len(set(keys)) == len(keys), f"twice: {sorted(k for k in keys if keys.count(k) > 1)}"
        return super().construct_mapping(node, deep)


@pytest.mark.parametrize("name", NAMES)
def test_each_word_is_there_in_three_languages_with_the_same_places(name: str) -> None:
    entries = yaml.load((FOLDER / f"{name}.yaml").read_text("utf-8"), _Once)
    for key, texts in entries.items():
        assert list(texts) == list(LANGUAGES), key
        assert all(isinstance(text, str) and text.strip() for text in texts.values()), key
        places = {language: set(PLACES.findall(text)) for language, text in texts.items()}
        assert len(set(map(frozenset, places.values()))) == 1, f"{key}: {places}"


@pytest.mark.parametrize("page", MENU, ids=lambda page: page.name)
def test_each_page_of_the_menu_has_a_title(page: object) -> None:
    assert all(words_of(page.name, language)["title"] for language in LANGUAGES)  # type: ignore[attr-defined]


def test_whatever_templates_and_scripts_say_is_a_word() -> None:
    known = {key for name in NAMES for key in words_of(name, "en")}
    known |= {f"{name}.{key}" for name in NAMES for key in words_of(name, "en")}
    files = [*((file, IN_TEMPLATE) for file in TEMPLATES.glob("*.html"))]
    files += [(file, IN_SCRIPT) for file in (STATIC / "js").glob("*.js")]
    missing = {
        (file.name, key) for file, said in files for key in said.findall(file.read_text("utf-8")) if key not in known
    }
    assert not missing


@pytest.mark.parametrize(("name", "may"), [("search", {"count", "count_one", "km", "route"}), ("refusals", set())])
def test_languages_differ(name: str, may: set[str]) -> None:
    texts = [words_of(name, language) for language in LANGUAGES]
    same = [key for key in texts[0] if len({language[key] for language in texts}) == 1]
    assert set(same) <= may, "left untranslated"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("language", ["fr", "nl"])
def test_no_english_word_is_left_in_another_language(language: Language, name: str) -> None:
    assert {key: found for key, text in words_of(name, language).items() if (found := english_in(text))} == {}


SHARED = ("shell", "session", "refusals")
"""What every page has; keys of refusals begin there with `code_`."""


def _shared() -> set[str]:
    return {
        *words_of("shell", "en"),
        *words_of("session", "en"),
        *(f"code_{key}" for key in words_of("refusals", "en")),
    }


@pytest.mark.parametrize("name", [name for name in NAMES if name not in SHARED])
def test_no_page_says_something_else_by_a_word_of_all_pages(name: str) -> None:
    only_under_their_page = name.endswith("_terms")
    assert only_under_their_page or set(words_of(name, "en")) & _shared() <= {"title"}


def told_by_routes() -> set[str]:
    """Codes that the console's source gives problems itself."""
    trees = (ast.parse(file.read_text("utf-8")) for file in FOLDER.parent.parent.rglob("*.py"))
    calls = (one for tree in trees for one in ast.walk(tree) if isinstance(one, ast.Call))
    given = (given.value for call in calls for given in call.keywords if given.arg == "code")
    return {str(value.value) for value in given if isinstance(value, ast.Constant) and value.value is not None}


def test_every_code_of_a_refusal_has_words_and_no_other() -> None:
    codes = {*CODES, *told_by_routes()}
    assert {"search_expired", "role_missing", "signed_out", "field_wrong"} <= codes
    assert codes == set(words_of("refusals", "en"))


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_can_tell_what_is_refused_in_its_language(language: Language) -> None:
    page = browser("officer").get("/search", {"Accept-Language": language}).text
    assert words_of("refusals", language)["search_of_another"] in page
