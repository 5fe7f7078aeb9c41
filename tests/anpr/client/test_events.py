"""Server-sent events out of bytes, however the network cuts them."""

from __future__ import annotations

import pytest
from fastapi.sse import format_sse_event
from hypothesis import given
from hypothesis import strategies as st

from anpr.client.events import Event, EventParser, EventTooLarge

TEXTS = st.text(st.characters(blacklist_characters="\r\n", blacklist_categories=["Cs"]), min_size=1, max_size=20)
NAMES = st.from_regex(r"[a-z]{1,9}", fullmatch=True)
IDS = st.from_regex(r"[0-9a-f~,]{1,20}", fullmatch=True)


def _parsed(*chunks: bytes) -> list[Event]:
    parser = EventParser()
    return [event for chunk in chunks for event in parser.feed(chunk)]


@given(st.lists(st.tuples(NAMES, st.lists(TEXTS, min_size=1, max_size=3), IDS), max_size=4), st.data())
def test_what_a_server_writes_is_read_however_it_is_cut(
    events: list[tuple[str, list[str], str]], data: st.DataObject
) -> None:
    written = b"".join(
        format_sse_event(event=name, data_str="\n".join(lines), id=place, comment="alive")
        for name, lines, place in events
    )
    end = data.draw(st.sampled_from([b"\n", b"\r\n", b"\r"]))
    written = written.replace(b"\n", end)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(written)), max_size=5)))
    chunks = [written[a:b] for a, b in zip([0, *cuts], [*cuts, len(written)], strict=True)]
    # One more byte tells a last `\r` from half of a `\r\n`.
    assert _parsed(*chunks, b":") == [Event(name, "\n".join(lines), place) for name, lines, place in events]


def test_lines_that_python_would_split_are_whole() -> None:
    assert _parsed("data: a\u2028b\x0cc\u0085d\n\n".encode()) == [Event("message", "a\u2028b\x0cc\u0085d", None)]


def test_an_id_alone_is_an_event_and_a_comment_is_none() -> None:
    assert _parsed(b": alive\n\n", b": alive\nid: 7\n\n", b"event: hit\n\n") == [Event("message", "", "7")]


def test_half_an_event_is_none() -> None:
    assert _parsed(b"event: hit\ndata: {}\nid: 7\n") == []


def test_what_never_ends_is_given_up() -> None:
    with pytest.raises(EventTooLarge):
        _parsed(*[b"data: " + b"x" * 100_000 + b"\n"] * 100)
    with pytest.raises(EventTooLarge):
        list(EventParser().feed(b"x" * 5_000_000))
