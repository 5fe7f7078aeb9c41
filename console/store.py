"""The store as services of the console use it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from clickhouse_connect.driver.client import Client

from sinks.clickhouse.audit.chain import Chain

__all__ = ["TOUR_FILE", "Store"]

TOUR_FILE = "tour.json"
"""In the data folder while a demo runs: plate and look of the car that the guided tour is about."""


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
    audit: Client | None = None
    """The police's database as an auditor may read it; None: as `police`."""
    frames: bool = False
    """Whether whole frames are kept beside the pictures of plates: then they are offered."""
