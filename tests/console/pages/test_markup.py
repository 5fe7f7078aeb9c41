"""Nothing in a page needs a looser policy, nothing from outside becomes markup, and what is vendored is what it was."""

from __future__ import annotations

import hashlib
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.pages.shell import STATIC, _for_script
from tests.console.pages.test_words import TEMPLATES

PAGES = sorted(TEMPLATES.glob("*.html"))
SCRIPTS = sorted((STATIC / "js").glob("*.js"))
STYLES = sorted((STATIC / "css").glob("*.css"))
LEAFLET_JS = "db49d009c841f5ca34a888c96511ae936fd9f5533e90d8b2c4d57596f4e5641a"
"""SHA-256 of dist/leaflet.js of Leaflet 1.9.4, as leafletjs.com publishes it (in base64) for `integrity`."""
SOURCE_MAP = b"//# sourceMappingURL=leaflet.js.map"
LEAFLET = STATIC / "vendor" / "leaflet"


@pytest.mark.parametrize("page", PAGES, ids=lambda file: file.name)
def test_no_template_holds_script_style_or_handler(page: object) -> None:
    text = page.read_text("utf-8")  # type: ignore[attr-defined]
    for attributes, body in re.findall(r"<script\b([^>]*)>(.*?)</script>", text, re.DOTALL):
        assert ("src=" in attributes and not body.strip()) or 'type="application/json"' in attributes
    assert not re.search(r"""<style\b|\sstyle\s*=|\son[a-z]+=["'{]|javascript:|\|\s*safe\b""", text)
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", text), "loaded from elsewhere"


@pytest.mark.parametrize("page", PAGES, ids=lambda file: file.name)
def test_a_form_that_is_sent_before_its_script_is_there_puts_nothing_into_the_address(page: object) -> None:
    """A plate, a reason or a password in an address stays in histories and logs."""
    forms = re.findall(r"<form\b([^>]*)>", page.read_text("utf-8"))  # type: ignore[attr-defined]
    assert all(re.search(r'method="(?:post|dialog)"', attributes) for attributes in forms)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda file: file.name)
def test_no_script_makes_markup_or_code_of_text(script: object) -> None:
    text = script.read_text("utf-8")  # type: ignore[attr-defined]
    made = r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|setAttribute\(\"on|srcdoc"
    assert not re.findall(made, text)


@given(st.dictionaries(st.text(), st.text() | st.integers()))
def test_data_in_a_page_stays_data(value: dict[str, str | int]) -> None:
    text = _for_script(value)
    assert not set("<>&") & set(text)
    assert json.loads(text) == value


def test_what_is_vendored_is_what_was_published() -> None:
    lines = (LEAFLET / "SHA256SUMS").read_text().splitlines()
    told = {name: digest for digest, name in (line.split("  ") for line in lines)}
    files = [file for file in LEAFLET.rglob("*") if file.is_file() and file.name != "SHA256SUMS"]
    assert {str(file.relative_to(LEAFLET)): hashlib.sha256(file.read_bytes()).hexdigest() for file in files} == told
    published = (LEAFLET / "leaflet.js").read_bytes() + SOURCE_MAP  # ours asks for no map of its source
    assert hashlib.sha256(published).hexdigest() == LEAFLET_JS


@pytest.mark.parametrize("style", STYLES, ids=lambda file: file.name)
def test_no_style_loads_from_elsewhere(style: object) -> None:
    assert not re.search(r"@import|url\((?!['\"]?(?:data:|/static/|\.))", style.read_text("utf-8"))  # type: ignore[attr-defined]
