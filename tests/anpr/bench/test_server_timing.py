"""The header that says what a server waited for."""

from __future__ import annotations

import pytest

from anpr.bench.server_timing import server_timing


def test_each_part_has_its_milliseconds() -> None:
    assert server_timing("store;dur=52.1, record;dur=9.0") == {"store": 52.1, "record": 9.0}


def test_what_is_no_such_header_is_refused() -> None:
    with pytest.raises(ValueError, match="convert"):
        server_timing("gzip, deflate")
