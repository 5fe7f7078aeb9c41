"""Where a sign-in leads: `next` never leaves the site."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from console.signin.cookies import local_path

HERE = "https://console.example/sign-in?next=x"
LETTERS = st.sampled_from([*"/\\.:@?#%&=; \t\r\n\0aé", "//", "http:", "https://evil.example", "javascript:"])


@given(st.lists(LETTERS, max_size=12).map("".join) | st.text(max_size=40))
@example("//evil.example")
@example("/\\evil.example")
@example("/\t/evil.example")
@example("https:evil.example")
@example("/..//evil.example")
def test_next_never_leaves_the_site(wished: str) -> None:
    path = local_path(wished)
    # As a browser reads it: tabs and line ends away, a backslash is a slash.
    seen = path.translate({9: None, 10: None, 13: None}).replace("\\", "/")
    found = urlsplit(urljoin(HERE, seen))
    assert (found.scheme, found.netloc) == ("https", "console.example")
    assert path.startswith("/")
    assert not any(sign in path for sign in "\r\n")


@pytest.mark.parametrize("path", ["/", "/search?s=0b7c&x=%2F%2F", "/cases/0a1b2c", "/live#map"])
def test_what_is_ours_stays(path: str) -> None:
    assert local_path(path) == path


@pytest.mark.parametrize("path", [None, "", "search", "//x", "/\\x", "/a b", "/" + "x" * 3000])
def test_what_is_not_leads_to_the_first_page(path: str | None) -> None:
    assert local_path(path) == "/"
