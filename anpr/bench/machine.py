"""On what was measured, for the record."""

from __future__ import annotations

import os
import platform
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil

__all__ = ["busy_cores", "machine"]

BUSY_SHARE = 0.1
"""Share of the cores that others use, before anything was started, from which a machine is called busy."""
LOOK_S = 1.0


def busy_cores() -> float:
    """Cores in use in the second that this takes. Not the load average, which still tells of the benchmark before."""
    return psutil.cpu_percent(LOOK_S) / 100 * (psutil.cpu_count() or 1)


def machine(load: float) -> dict[str, Any]:
    """Processor, memory, load. load: `busy_cores` before the measurement began."""
    cores = len(os.sched_getaffinity(0))
    return {
        "cpu": _cpu_name(),
        "cores": cores,
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "python": platform.python_version(),
        "load_before": round(load, 2),
        "load_after": round(os.getloadavg()[0], 2),
        "busy": load > BUSY_SHARE * cores,
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
    }


def _cpu_name() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    return next((line.split(":", 1)[1].strip() for line in lines if "model name" in line), platform.machine())
