"""A worker without some of what keeps reads from being lost or doubled: only to measure what that costs.

    python bench/loose_worker.py acks,flush,tokens worker consolidate --ready-file FILE

acks: one broker's word is enough, and a batch that is sent again may come twice. flush: offsets are committed without
waiting for what was produced. tokens: blocks into the store carry no token by which it knows one that it has. All else
is the real program, and its command line follows.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from anpr.cli import main
from pipeline.runtime import kafka, output
from sinks.clickhouse import writer

__all__ = ["GUARANTEES"]


def _acks() -> None:
    strict = kafka.Producer

    def producer(settings: dict[str, Any]) -> Any:
        return strict({**settings, "enable.idempotence": False, "acks": "1"})

    kafka.Producer = producer


def _flush() -> None:
    def serve(self: output.KafkaOutput, _while_waiting: Callable[[], None] = lambda: None) -> None:
        self.serve()

    output.KafkaOutput.flush = serve


def _tokens() -> None:
    writer.SETTINGS.update({"insert_deduplicate": 0, "deduplicate_blocks_in_dependent_materialized_views": 0})


GUARANTEES: dict[str, Callable[[], None]] = {"acks": _acks, "flush": _flush, "tokens": _tokens}
"""Name → what leaves it away, in this process."""


if __name__ == "__main__":
    for name in filter(None, sys.argv[1].split(",")):
        GUARANTEES[name]()
    sys.argv[1:] = sys.argv[2:]
    main()
