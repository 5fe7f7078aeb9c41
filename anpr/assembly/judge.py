"""judge: passages → lez-verdicts."""

from __future__ import annotations

from collections.abc import Mapping

from anpr.assembly.parts import Assembly, Parts, Table, cameras_in
from anpr.snapshot_keeper import SnapshotKeeper
from pipeline.lez.loading import load_law, zones
from pipeline.lez.registry.passes import PassBook
from pipeline.lez.registry.permits import PermitBook
from pipeline.lez.registry.snapshot import kept
from pipeline.lez.registry.vehicles import VehicleRegistry
from pipeline.runtime.kafka import admin_client
from pipeline.runtime.log_identity import log_ids
from pipeline.runtime.reference import Reference
from pipeline.stages.assess_lez import AssessLez
from schemas.codec import decoder
from schemas.lez import LezPass, LezPermits, Vehicle

__all__ = ["assemble"]


def assemble(parts: Parts, _logs: Mapping[str, str]) -> Assembly:
    """The parts of the flow."""
    cameras, vehicles, passes, permits = Table(), VehicleRegistry(), PassBook(), PermitBook()
    log = log_ids(admin_client(parts.kafka), ("vehicles",))["vehicles"]
    snapshots = SnapshotKeeper(parts.settings.data_dir / "vehicles", kept(vehicles), log, parts.clock)
    stage = AssessLez({zone: load_law(zone) for zone in zones()}, cameras.records, vehicles, passes, permits)
    return Assembly(
        stage,
        references=[
            cameras_in(cameras),
            Reference(
                "vehicles",
                decoder(Vehicle),
                vehicles.put,
                vehicles.remove,
                vehicles.__len__,
                settle=vehicles.settle,
                begin=snapshots.begin,
                reached=snapshots.reached,
                snapshot_at=snapshots.held_at,
            ),
            Reference("lez-passes", decoder(LezPass), passes.put, passes.remove, passes.__len__),
            Reference("lez-permits", decoder(LezPermits), permits.put, permits.remove, permits.__len__),
        ],
    )
