"""The machine that a command runs on."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator

from anpr.doctor.finding import Finding
from anpr.platform import PlatformFault, check_folder
from anpr.settings import Settings
from pipeline.vision.engines import load_engine

__all__ = ["look_at_disk", "look_at_folder", "look_at_machine", "look_at_python", "look_at_vision"]

LEAST_FREE_GB, FULL_GB = 2, 0.2


def look_at_python(_settings: Settings) -> Iterator[Finding]:
    """Its version."""
    yield Finding("python", "ok", ".".join(map(str, sys.version_info[:3])))


def look_at_folder(settings: Settings) -> Iterator[Finding]:
    """Whether the data folder can be written."""
    try:
        check_folder(settings.data_dir)
    except PlatformFault as fault:
        yield Finding("data folder", "fault", str(fault))
        return
    yield Finding("data folder", "ok", f"{settings.data_dir.resolve()} can be written")


def look_at_disk(settings: Settings) -> Iterator[Finding]:
    """How much is free where the data folder lies: an embedded store, logs and snapshots are there."""
    place = next(folder for folder in [settings.data_dir, *settings.data_dir.resolve().parents] if folder.exists())
    free_gb = shutil.disk_usage(place).free / 1e9
    if free_gb < FULL_GB:
        words = f"full, {free_gb * 1000:.0f} MB left: make room now; an embedded store takes nothing until then"
        yield Finding("disk", "fault", words)
    elif free_gb < LEAST_FREE_GB:
        yield Finding("disk", "warning", f"{free_gb:.1f} GB free: make room, or set ANPR_DATA_DIR elsewhere")
    else:
        yield Finding("disk", "ok", f"{free_gb:.0f} GB free")


def look_at_vision(settings: Settings) -> Iterator[Finding]:
    """Whether the engine that reads plates can be loaded."""
    try:
        engine = load_engine(settings.vision_engine, threads=settings.vision_threads, models=settings.vision_models)
    except (ValueError, ImportError, OSError, RuntimeError) as error:
        yield Finding("vision", "fault", str(error))
        return
    yield Finding("vision", "ok", f"{engine.name} is loaded, {settings.vision_threads} thread(s)")


def look_at_machine(_settings: Settings) -> Iterator[Finding]:
    """Cores and memory."""
    total_gb = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    cores = len(os.sched_getaffinity(0))
    words = f"{cores} cores, {total_gb:.0f} GB of memory"
    if cores < 2 or total_gb < 4:
        yield Finding("machine", "warning", f"{words}: the demo wants two cores and 4 GB")
    else:
        yield Finding("machine", "ok", words)
