"""consolidate: reads → passages, camera-tallies."""

from __future__ import annotations

from collections.abc import Mapping

from anpr.assembly.parts import Assembly, LaneParts, Parts, Table, cameras_in
from pipeline.runtime.live_lane import bytes_of
from pipeline.stages.consolidate import Consolidate
from pipeline.stages.tally import Tally
from pipeline.stages.tracks_from_middle import TracksFromMiddle

__all__ = ["assemble"]


def assemble(_parts: Parts, logs: Mapping[str, str]) -> Assembly:
    """The parts of the flow."""
    cameras = Table()
    stage = Consolidate(cameras.records, tally=Tally(logs))
    lane = LaneParts(Consolidate(cameras.records, tracks=TracksFromMiddle), bytes_of)
    return Assembly(stage, references=[cameras_in(cameras)], stateful=stage, noting=stage, lane=lane)
