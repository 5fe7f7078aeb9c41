"""Words of the console in English, French and Dutch: `NAME.yaml` holds those of one page, `key: {en, fr, nl}`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml

from console.languages import LANGUAGES, Language

__all__ = ["LANGUAGES", "Language", "words_of"]

_FOLDER = Path(__file__).parent


@cache
def words_of(name: str, language: Language) -> Mapping[str, str]:
    """Key → text of one page. Raises FileNotFoundError for a page without words, KeyError for a missing language."""
    entries = yaml.safe_load((_FOLDER / f"{name}.yaml").read_text("utf-8"))
    return {key: texts[language] for key, texts in entries.items()}
