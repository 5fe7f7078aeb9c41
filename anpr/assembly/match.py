"""match: passages → hits."""

from __future__ import annotations

from collections.abc import Mapping

from anpr.assembly.parts import Assembly, LaneParts, Parts, Table, cameras_in, patrols_in
from anpr.assembly.snapshotted import snapshotted
from pipeline.hotlist.entries import decode_listed
from pipeline.hotlist.index import HotlistIndex
from pipeline.hotlist.snapshot import kept
from pipeline.stages.match import Match
from pipeline.stages.match_from_middle import MatchFromMiddle, telling_of

__all__ = ["assemble"]


def assemble(parts: Parts, _logs: Mapping[str, str]) -> Assembly:
    """The parts of the flow."""
    hotlist, cameras, patrols = HotlistIndex(), Table(), Table()
    stage = Match(hotlist, cameras.records, patrols.records)
    return Assembly(
        stage,
        lane=LaneParts(MatchFromMiddle(Match(hotlist, cameras.records, patrols.records)), telling_of),
        references=[
            cameras_in(cameras),
            patrols_in(patrols),
            snapshotted(parts, "hotlist", decode_listed, hotlist, kept(hotlist)),
        ],
        stateful=stage,
        copied=stage,
    )
