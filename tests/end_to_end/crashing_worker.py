"""A worker that dies, as by kill -9, between two named steps of the delivery order.

    python -m tests.end_to_end.crashing_worker POINT FLOW --ready-file FILE

The program is the real one; only the step before which, or behind which, it ends is wrapped.
"""

from __future__ import annotations

import inspect
import os
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Literal

__all__ = ["POINTS", "Point"]


@dataclass(frozen=True)
class Point:
    """Where a worker dies."""

    flow: str
    step: str
    """module:function or module:Class.method"""
    side: Literal["before", "behind"]
    if_given: Callable[..., bool] = lambda *_given: True
    """Of the step's arguments: this is the time. For what happens in a batch without content it is not."""
    nth: int = 2
    """Not the first time: there is a commit before it."""


def _has_messages(_loop: Any, messages: Any) -> bool:
    return bool(messages)


def _sends(_output: Any, emitted: Any, *_more: Any) -> bool:
    return bool(emitted)


def _of_messages(_loop: Any, batch: Any) -> bool:
    return bool(batch.messages and batch.outcome.emitted)


def _emits(_output: Any, outcome: Any, *_more: Any) -> bool:
    return bool(outcome.emitted or outcome.blocks)


def _with_rewinds(_source: Any, _offsets: Any, rewinds: Any) -> bool:
    return bool(rewinds)


LOOP, OUTPUT, SOURCE = "pipeline.runtime.loop:Loop", "pipeline.runtime.output:KafkaOutput", "pipeline.runtime.source"
CLIENT = "clickhouse_connect.driver.httpclient:HttpClient"
STORE = "sinks.clickhouse.writer:ClickHouseOutput"
FILES, DELIVERY, LANE = "pipeline.flows.files:Files", "pipeline.flows.delivery:Delivery", "pipeline.flows.lane:Lane"
POINTS: Mapping[str, Point] = {
    "taken, not yet looked at": Point("consolidate", f"{LOOP}._work", "before", _has_messages),
    "looked at, nothing sent": Point("consolidate", f"{OUTPUT}.send", "before", _sends),
    "handed to the client, not flushed": Point("consolidate", f"{OUTPUT}.send", "behind", _sends),
    "acknowledged, not noted": Point("consolidate", f"{LOOP}._note_done", "before", _of_messages),
    "noted, not committed": Point("consolidate", f"{SOURCE}:KafkaSource.commit", "before", _with_rewinds),
    "committed, the rewind not": Point("consolidate", f"{SOURCE}:_commit", "behind"),
    "both committed": Point("consolidate", f"{SOURCE}:KafkaSource.commit", "behind", _with_rewinds),
    "a hit acknowledged, not committed": Point("match", f"{LOOP}._note_done", "behind", _of_messages),
    "a verdict acknowledged, not committed": Point("judge", f"{LOOP}._note_done", "behind", _of_messages),
    "a letter handed over, not flushed": Point("consolidate", f"{OUTPUT}.produce", "behind", nth=1),
    "letters acknowledged, the batch not noted": Point("consolidate", f"{LOOP}._bury", "behind", _has_messages, nth=1),
    "one block stored, the next not": Point("store", f"{STORE}._insert", "behind"),
    "a block stored, its answer lost": Point(
        "store", "clickhouse_connect.driver.httpclient:HttpClient.raw_insert", "behind"
    ),
    "all blocks stored, nothing committed": Point("store", f"{STORE}.deliver", "behind", _emits),
    "stored for the zones, not committed": Point("store-lez", f"{STORE}.deliver", "behind", _emits),
    "a hit taken, its case not kept": Point("cases", f"{FILES}.save", "before"),
    "a case kept, not told": Point("cases", f"{FILES}.save", "behind"),
    "a case told, the hit not acknowledged": Point("cases", f"{DELIVERY}.send", "behind"),
}
"""Every gap between two steps, by name."""


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _wrapped(point: Point, step: Callable[..., Any]) -> Callable[..., Any]:
    seen = 0

    def due(*given: Any) -> bool:
        nonlocal seen
        seen += point.if_given(*given)
        return bool(seen >= point.nth and point.if_given(*given))

    def plain(*given: Any, **named: Any) -> Any:
        now = due(*given)
        if now and point.side == "before":
            _die()
        answer = step(*given, **named)
        if now:
            _die()
        return answer

    async def awaited(*given: Any, **named: Any) -> Any:
        now = due(*given)
        if now and point.side == "before":
            _die()
        answer = await step(*given, **named)
        if now:
            _die()
        return answer

    return awaited if inspect.iscoroutinefunction(step) else plain


def arm(point: Point) -> None:
    """Put the crash into the program."""
    module, _, name = point.step.partition(":")
    holder: Any = import_module(module)
    *owners, last = name.split(".")
    for owner in owners:
        holder = getattr(holder, owner)
    setattr(holder, last, _wrapped(point, getattr(holder, last)))


def main() -> None:
    """Run the worker until it dies."""
    name, flow, *rest = sys.argv[1:]
    arm(POINTS[name])
    sys.argv = ["anpr", "worker", flow, *rest]
    import_module("anpr.cli").main()


if __name__ == "__main__":
    main()
