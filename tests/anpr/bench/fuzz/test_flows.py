"""Faust apps that are thrown messages at leave nothing open behind them."""

from __future__ import annotations

import asyncio
import gc
from typing import Any, cast

from anpr.bench.fuzz.flows import flow_consumers


def _loops() -> list[asyncio.AbstractEventLoop]:
    return [cast("Any", one)._loop for one in flow_consumers() if hasattr(one, "_loop")]


def test_who_is_done_with_them_leaves_no_event_loop_open() -> None:
    loops = _loops()
    gc.collect()
    assert loops
    assert all(loop.is_closed() for loop in loops)
