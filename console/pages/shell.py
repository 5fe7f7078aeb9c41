"""What all pages share: templates, words, menu, languages, light and dark."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, get_args

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from console.languages import LANGUAGE_COOKIE, LANGUAGES, language_of
from console.pages.menu import MENU
from console.pages.words import Language, words_of
from console.parts import Parts
from console.signin.person import Person
from console.store import TOUR_FILE

__all__ = [
    "LANGUAGE_COOKIE",
    "SENTENCES",
    "STATIC",
    "THEMES",
    "THEME_COOKIE",
    "Theme",
    "language_of",
    "render",
    "theme_of",
]

THEME_COOKIE = "theme"
Theme = Literal["auto", "light", "dark"]
THEMES: tuple[Theme, ...] = get_args(Theme)
STATIC = Path(__file__).parent.parent / "static"
SENTENCES = "sentences"
"""Words of what the platform itself tells in English, of cameras and of the audit."""
_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def theme_of(request: Request) -> Theme:
    """As chosen, else as the device: told by the server, so that no page flashes white at night."""
    return next((known for known in THEMES if known == request.cookies.get(THEME_COOKIE)), "auto")


def render(
    request: Request,
    person: Person | None,
    name: str,
    *,
    status: int = 200,
    extra_words: tuple[str, ...] = (),
    **context: Any,
) -> HTMLResponse:
    """The page `NAME.html`. In templates `t("key")` is a word of the page or of the shell; scripts find all in #words,
    and what is refused as `code_CODE`.

    extra_words: other pages whose words this one needs, found as `t("page.key")`.
    """
    language = language_of(request)
    words = _words(name, language, extra_words)
    html = _templates.get_template(f"{name}.html").render(
        person=person,
        zones=_zones(person),
        page=name,
        language=language,
        languages=LANGUAGES,
        theme=theme_of(request),
        themes=THEMES,
        menu=_menu(person, language),
        t=words.__getitem__,
        words_json=_for_script(words),
        for_script=_for_script,
        **_of_platform(request),
        **context,
    )
    return HTMLResponse(html, status)


def _words(name: str, language: Language, others: tuple[str, ...]) -> dict[str, str]:
    words: dict[str, str] = {
        **words_of("session", language),
        **words_of("shell", language),
        **{f"code_{code}": text for code, text in words_of("refusals", language).items()},
        **words_of(name, language),
    }
    for other in others:
        words |= {f"{other}.{key}": text for key, text in words_of(other, language).items()}
    if SENTENCES in others:  # its script finds what to put into other words by the English
        words |= {f"{SENTENCES}.en.{key}": text for key, text in words_of(SENTENCES, "en").items()}
    return words


def _of_platform(request: Request) -> dict[str, Any]:
    """Its clock, by which a page finds that the device's is wrong, whence map tiles come (empty: from nowhere),
    whether there is a guided tour, and whether whole frames are kept."""
    parts: Parts = request.app.state.parts
    return {
        "server_time": parts.clock.now().isoformat(),
        "tiles": parts.site.tiles or "",
        "tour": (parts.store.data_dir / TOUR_FILE).exists(),
        "frames": parts.store.frames,
    }


def _zones(person: Person | None) -> list[str]:
    """Police zones whose cameras the person sees; empty: all."""
    zones = set(person.zones.values()) if person else set()
    return [] if "" in zones else sorted(zones)


def _menu(person: Person | None, language: Language) -> list[dict[str, str]]:
    if person is None:
        return []
    return [
        {"path": page.path, "name": page.name, "title": words_of(page.name, language)["title"]}
        for page in MENU
        if person.has(*page.roles)
    ]


def _for_script(value: Mapping[str, Any] | list[Any]) -> Markup:
    """JSON for a data block of a page: nothing in it can end the block."""
    text = json.dumps(value, ensure_ascii=False)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))
