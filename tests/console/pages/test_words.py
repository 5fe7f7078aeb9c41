"""Every word is there in three languages, and every word that a page or script uses exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from console.pages import words
from console.pages.menu import MENU
from console.pages.shell import STATIC
from console.pages.words import LANGUAGES, words_of

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


def test_languages_differ() -> None:
    texts = [words_of("search", language) for language in LANGUAGES]
    same = [key for key in texts[0] if len({language[key] for language in texts}) == 1]
    assert set(same) <= {"count", "count_one", "km", "route"}, "left untranslated"
