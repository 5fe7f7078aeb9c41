"""Whether a reason says something: what happened, in a few words. A refusal says what to write instead."""

from __future__ import annotations

import re
from collections import Counter

from sinks.clickhouse.refusal import SearchRefused

__all__ = ["checked_reason"]

SHORTEST, LONGEST = 8, 1000
"""Characters; the contract's bounds (schemas.search)."""
KEYBOARD_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm", "azertyuiop", "qsdfghjklm", "wxcvbn", "1234567890")
"""QWERTY and AZERTY, the keyboards of Belgium."""
VOWELS = frozenset("aeiouyàâäáèéêëíîïóôöúùûü")
MOST_CONSONANTS = 6
"""In a row: `Angstschrei` has 7, but no common word of Dutch or French has more than 6."""
GUIDE = "state a reason: what happened, where or to whom, in a few words"
_WORDS = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*")
_MARKUP = re.compile(r"<\s*[/!?A-Za-z]")
_NOT_PLATE = re.compile(r"[^A-Z0-9]+")


def checked_reason(reason: str, pattern: str) -> str:
    """The reason without blanks around it. Raises SearchRefused (`reason_…`) with what to write instead.

    pattern: what is searched for; repeating it is no reason.
    """
    text = " ".join(reason.split())
    if len(text) > LONGEST:
        raise _refused("long", f"this reason has {len(text)} characters: say it in {LONGEST}; the rest is in the file")
    if not re.search(r"\w", text):
        raise _refused("missing", GUIDE)
    if _MARKUP.search(text):
        raise _refused("markup", f"{GUIDE}; plain words, without <tags>")
    if _says_only_the_plate(text, pattern):
        raise _refused("plate", f"{GUIDE}; the plate itself is no reason")
    words = [word.lower() for word in _WORDS.findall(text)]
    if len(text) < SHORTEST or sum(len(word) >= 2 for word in words) < 2:
        raise _refused("short", f"{GUIDE}; '{text[:40]}' does not say enough", text[:40])
    if _repeats(words):
        raise _refused("repeated", f"{GUIDE}; the same word again and again is no reason")
    if not _reads_like_words(words):
        raise _refused("noise", f"{GUIDE}; '{text[:40]}' has no words in it", text[:40])
    return text


def _refused(kind: str, message: str, typed: str = "") -> SearchRefused:
    return SearchRefused(message, f"reason_{kind}", typed=typed)


def _says_only_the_plate(text: str, pattern: str) -> bool:
    """Whether nothing is left without what is looked for and the words around it."""
    known = _NOT_PLATE.sub("", pattern.upper())
    letters = _NOT_PLATE.sub("", text.upper())
    left = letters.replace(known, "") if known else letters
    return left in {"", "PLATE", "PLAAT", "NUMMERPLAAT", "PLAQUE", "SEARCH", "ZOEK", "RECHERCHE", "KENTEKEN"}


def _repeats(words: list[str]) -> bool:
    """The same word, or the same few words, over and over."""
    most = Counter(words).most_common(1)[0][1]
    return len(set(words)) < 2 or (len(words) >= 4 and (most * 2 > len(words) or len(set(words)) * 3 <= len(words)))


def _reads_like_words(words: list[str]) -> bool:
    """At least two words that a person may have meant, and more of them than of noise."""
    noise = sum(_is_noise(word) for word in words)
    meant = len({word for word in words if len(word) >= 2 and not _is_noise(word)})
    return meant >= 2 and noise * 2 <= len(words)


def _is_noise(word: str) -> bool:
    bare = re.sub(r"[^\w]", "", word)
    run = any(bare in row or bare[::-1] in row for row in KEYBOARD_ROWS)
    one_letter = len(bare) >= 3 and len(set(bare)) <= 1
    pair = len(bare) >= 6 and len(bare) % 2 == 0 and bare == bare[:2] * (len(bare) // 2)
    return (len(bare) >= 4 and run) or one_letter or pair or _stuck(bare)


def _stuck(word: str) -> bool:
    """More consonants in a row than a word has."""
    length = 0
    for letter in word:
        length = 0 if letter in VOWELS else length + 1
        if length > MOST_CONSONANTS:
            return True
    return False
