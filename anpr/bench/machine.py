"""On what was measured, for the record."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

__all__ = ["machine"]

BUSY_LOAD = 0.5
"""Load average per core, before anything was started, from which the figures are called those of a busy machine."""


def machine(load: float) -> dict[str, Any]:
    """Processor, memory, load. load: average before the measurement began."""
    cores = len(os.sched_getaffinity(0))
    return {
        "cpu": _cpu_name(),
        "cores": cores,
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "python": platform.python_version(),
        "load_before": round(load, 2),
        "load_after": round(os.getloadavg()[0], 2),
        "busy": load > BUSY_LOAD * cores,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _cpu_name() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if "model name" in line), platform.machine())
