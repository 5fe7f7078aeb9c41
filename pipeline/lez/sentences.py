"""What verdicts and actions say to people, in English, French and Dutch."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from importlib.resources import files
from typing import Any, Literal, TypeAlias, get_args

import yaml

from pipeline.lez.model import Names

__all__ = ["LANGUAGES", "Language", "Reason", "Value", "word"]

Language = Literal["en", "fr", "nl"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
Value: TypeAlias = str | int | date | Names


@dataclass(frozen=True, slots=True)
class Reason:
    """A sentence with what it is about: a word of `sentences.yaml`, a name in three languages, a day, a number."""

    key: str
    about: tuple[tuple[str, Value], ...] = ()
    after: tuple[str, ...] = ()
    """Words to put behind it."""

    @staticmethod
    def of(key: str, **about: Value) -> Reason:
        """The sentence `key` about these."""
        return Reason(key, tuple(about.items()))

    def in_(self, language: Language) -> str:
        """The sentence. Raises KeyError for one that is not in the file."""
        filled = {name: _said(value, language) for name, value in self.about}
        text: str = _texts()["sentences"][self.key][language].format(**filled)
        return text + "".join(word(each, language) for each in self.after)


def word(key: str, language: Language) -> str:
    """A word of the file; itself where the file has none, as `Euro 5`."""
    names = _texts()["words"].get(key)
    return key if names is None else str(names[language])


def _said(value: Value, language: Language) -> str:
    if isinstance(value, Names):
        return str(getattr(value, language))
    if isinstance(value, date):
        return value.isoformat() if language == "en" else value.strftime("%d/%m/%Y")
    return word(value, language) if isinstance(value, str) else str(value)


@functools.cache
def _texts() -> Mapping[str, Mapping[str, Any]]:
    text = files(__package__).joinpath("sentences.yaml").read_text("utf-8")
    loaded: Mapping[str, Mapping[str, Any]] = yaml.safe_load(text)
    return loaded
