"""What both store flows are put together from: one database each."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from anpr.assembly.parts import Assembly, Parts
from pipeline.runtime.dead_letters import TOPIC as DEAD_LETTERS
from pipeline.runtime.source import Place
from sinks.clickhouse.client import connect
from sinks.clickhouse.controllers import Controller
from sinks.clickhouse.held import HeldOffsets, read_back
from sinks.clickhouse.outage import through_outages
from sinks.clickhouse.rows import ToRows
from sinks.clickhouse.writer import ClickHouseOutput

__all__ = ["storing"]


def storing(controller: Controller, dsn: str, parts: Parts, logs: Mapping[str, str]) -> Assembly:
    """The parts of a flow that puts what concerns a controller into its database."""
    client, held = connect(dsn), HeldOffsets()
    # What feeds several tables is stored again after a crash, which changes nothing: one of them may lack it.
    tables = {stored.topic: stored.table for stored in controller.stored if not stored.inlet}
    tables[DEAD_LETTERS] = "dead_letters"

    def look_back(starts: Mapping[Place, int]) -> None:
        wait = partial(parts.waiting.note, "store")
        for (topic, partition), start in starts.items():
            if topic in tables:
                ask = partial(read_back, client, tables[topic], logs[topic], partition, start)
                held.note((topic, partition), through_outages(ask, wait, parts.clock))
        parts.waiting.over()

    stage = ToRows(held, logs, reads=parts.settings.store_reads, controller=controller)
    output = ClickHouseOutput(client, parts.clock, parts.metrics)
    return Assembly(stage, output=output, assigned=look_back, revoked=held.forget)
