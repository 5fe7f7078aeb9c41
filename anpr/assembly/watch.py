"""watch: passages → anomalies."""

from __future__ import annotations

from collections.abc import Mapping

from anpr.assembly.parts import Assembly, Parts, Table, cameras_in
from pipeline.stages.watch import Watch

__all__ = ["assemble"]


def assemble(_parts: Parts, _logs: Mapping[str, str]) -> Assembly:
    """The parts of the flow."""
    cameras = Table()
    stage = Watch(cameras.records)
    return Assembly(stage, references=[cameras_in(cameras)], stateful=stage, copied=stage)
