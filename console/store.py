"""The store as services of the console use it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from clickhouse_connect.driver.client import Client

from sinks.clickhouse.audit.chain import Chain

__all__ = ["Store"]


@dataclass(frozen=True, slots=True)
class Store:
    """Connections and places; threads may share it."""

    police: Client
    zones: Client | None
    """Database of the low-emission zones, another controller's; None: not known here."""
    chain: Chain | None
    """Of the police's audit, as for `Audit`."""
    evidence: str
    """Folder or URL of evidence pictures, as `sinks.evidence` takes it."""
    data_dir: Path
    """Folder of this machine's own files."""
