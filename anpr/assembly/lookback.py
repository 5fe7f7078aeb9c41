"""lookback: hotlist → hits of what has passed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial

from anpr.assembly.parts import Assembly, Parts, Table, cameras_in
from anpr.store_archive import StoreArchive
from pipeline.stages.look_back import LookBack
from sinks.clickhouse.client import connect

__all__ = ["assemble"]


def assemble(parts: Parts, _logs: Mapping[str, str]) -> Assembly:
    """The parts of the flow."""
    cameras, settings = Table(), parts.settings
    archive = StoreArchive(connect(settings.dsn()), parts.kafka, parts.clock, partial(parts.waiting.note, "store"))
    stage = LookBack(archive, cameras.records, timedelta(hours=settings.lookback_hours))
    return Assembly(stage, references=[cameras_in(cameras)], stateful=stage)
