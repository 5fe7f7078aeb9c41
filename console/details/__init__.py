"""Sentences of refusals in the language of who reads them.

Desks say in English why they refuse, for the command line and for programs; `details.yaml` has each of these sentences
in French and Dutch, with places for what differs. What a place holds stays as it is: a name, a number, a day. Only our
own words that stand in a place named in TERMS (a state, an act) are put into the language too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import NamedTuple

import yaml

from console.languages import Language

__all__ = ["detail_in"]

PLACE = re.compile(r"\{(\w+)\}")
TERMS = frozenset({"what", "state", "typed", "fault"})
"""Places whose value may be a word, or a sentence, that is here itself."""


class _Sentence(NamedTuple):
    form: re.Pattern[str]
    texts: Mapping[str, str]


def detail_in(detail: str, language: Language) -> str:
    """The sentence in this language; one that is not here stays English."""
    if language == "en":
        return detail
    for one in _sentences():
        found = one.form.fullmatch(detail)
        if found is not None:
            return one.texts[language].format(**_values(found.groupdict(), language))
    return detail


def _values(found: Mapping[str, str], language: Language) -> dict[str, str]:
    return {place: detail_in(text, language) if place in TERMS else text for place, text in found.items()}


@cache
def _sentences() -> Sequence[_Sentence]:
    """Those that say most first: a sentence fits its own form before one that is mostly places."""
    entries = yaml.safe_load(files(__package__).joinpath("details.yaml").read_text("utf-8"))
    told = sorted(entries, key=lambda one: -len(PLACE.sub("", one["en"])))
    return [_Sentence(_form(one["en"]), one) for one in told]


def _form(english: str) -> re.Pattern[str]:
    parts = PLACE.split(english)
    text = "".join(f"(?P<{part}>.+?)" if at % 2 else re.escape(part) for at, part in enumerate(parts))
    return re.compile(text, re.DOTALL | re.IGNORECASE)
