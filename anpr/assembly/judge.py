"""judge: passages → lez-verdicts."""

from __future__ import annotations

from collections.abc import Mapping

from anpr.assembly.parts import Assembly, Parts, Table, cameras_in
from anpr.assembly.snapshotted import snapshotted
from pipeline.lez.loading import load_law, zones
from pipeline.lez.registry.passes import PassBook
from pipeline.lez.registry.permits import PermitBook
from pipeline.lez.registry.snapshot import kept
from pipeline.lez.registry.vehicles import VehicleRegistry
from pipeline.runtime.reference import Reference
from pipeline.stages.assess_lez import AssessLez
from schemas.codec import decoder
from schemas.lez import LezPass, LezPermits, Vehicle

__all__ = ["assemble"]


def assemble(parts: Parts, _logs: Mapping[str, str]) -> Assembly:
    """The parts of the flow."""
    cameras, vehicles, passes, permits = Table(), VehicleRegistry(), PassBook(), PermitBook()
    stage = AssessLez({zone: load_law(zone) for zone in zones()}, cameras.records, vehicles, passes, permits)
    return Assembly(
        stage,
        references=[
            cameras_in(cameras),
            snapshotted(parts, "vehicles", decoder(Vehicle), vehicles, kept(vehicles)),
            Reference("lez-passes", decoder(LezPass), passes.put, passes.remove, passes.__len__),
            Reference("lez-permits", decoder(LezPermits), permits.put, permits.remove, permits.__len__),
        ],
    )
