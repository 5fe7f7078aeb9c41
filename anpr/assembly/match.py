"""match: passages → hits."""

from __future__ import annotations

from collections.abc import Mapping

from anpr.assembly.parts import Assembly, LaneParts, Parts, Table, cameras_in, patrols_in
from anpr.snapshot_keeper import SnapshotKeeper
from pipeline.hotlist.entries import decode_listed
from pipeline.hotlist.index import HotlistIndex
from pipeline.hotlist.snapshot import kept
from pipeline.runtime.kafka import admin_client
from pipeline.runtime.log_identity import log_ids
from pipeline.runtime.reference import Reference
from pipeline.stages.match import Match
from pipeline.stages.match_from_middle import MatchFromMiddle, telling_of

__all__ = ["assemble"]


def assemble(parts: Parts, _logs: Mapping[str, str]) -> Assembly:
    """The parts of the flow."""
    hotlist, cameras, patrols = HotlistIndex(), Table(), Table()
    log = log_ids(admin_client(parts.kafka), ("hotlist",))["hotlist"]
    snapshots = SnapshotKeeper(parts.settings.data_dir / "hotlist", kept(hotlist), log, parts.clock)
    stage = Match(hotlist, cameras.records, patrols.records)
    return Assembly(
        stage,
        lane=LaneParts(MatchFromMiddle(Match(hotlist, cameras.records, patrols.records)), telling_of),
        references=[
            cameras_in(cameras),
            patrols_in(patrols),
            Reference(
                "hotlist",
                decode_listed,
                hotlist.put,
                hotlist.remove,
                hotlist.__len__,
                settle=hotlist.settle,
                begin=snapshots.begin,
                reached=snapshots.reached,
                snapshot_at=snapshots.held_at,
            ),
        ],
        stateful=stage,
        copied=stage,
    )
