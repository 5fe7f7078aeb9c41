"""read: frames → reads."""

from __future__ import annotations

from collections.abc import Mapping

from anpr.assembly.parts import Assembly, Parts, Table, cameras_in
from pipeline.stages.read_plates import ReadPlates
from pipeline.vision.engines import load_engine
from sinks.evidence import EvidenceStore

__all__ = ["assemble"]


def assemble(parts: Parts, _logs: Mapping[str, str]) -> Assembly:
    """The parts of the flow."""
    settings, cameras = parts.settings, Table()
    engine = load_engine(settings.vision_engine, threads=settings.vision_threads, models=settings.vision_models)
    stage = ReadPlates(
        engine,
        cameras.records,
        reader=engine.name,
        max_megapixels=settings.vision_max_megapixels,
        keep_not_plates=settings.vision_keep_not_plates,
        keep_frames=settings.vision_keep_frames,
    )
    pictures = EvidenceStore.at(settings.evidence_place, parts.clock)
    return Assembly(stage, references=[cameras_in(cameras)], pictures=pictures)
