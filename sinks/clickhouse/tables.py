"""Which topic ends in which table of the police's database; `lez/tables.py` has those of the low-emission zones."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.anomaly import Anomaly
from schemas.base import Contract
from schemas.camera import Camera, PatrolPosition
from schemas.camera_health import CameraHealth
from schemas.case import Case
from schemas.hit import Hit
from schemas.hotlist import HotlistEntry
from schemas.passage import Passage
from schemas.read import Read

__all__ = ["STORED", "Stored"]


@dataclass(frozen=True, slots=True)
class Stored:
    """One topic, its contract and its table."""

    topic: str
    table: str
    """Where its facts are read."""
    model: type[Contract]
    inlet: str = ""
    """Where they go in, if that is another table: one that feeds several and keeps nothing."""
    stamped: bool = False
    """True: its records carry no revision; of equal keys the one with the latest stamp holds."""
    whole: bool = False
    """True: it comes from outside, so every field is checked here. What our own stages wrote is checked for the fields
    that every message must have."""
    removed_by: str = ""
    """Field that is the key, where a null value leaves a row that says so; empty: it leaves none."""

    columns: bool = False
    """True: many come at once, and every field is a column of the same name: they are inserted as columns."""

    @property
    def goes_into(self) -> str:
        """The table that is inserted into."""
        return self.inlet or self.table


STORED: tuple[Stored, ...] = (
    Stored("reads", "reads", Read, whole=True),
    Stored("passages", "passages", Passage, inlet="passages_in", columns=True),
    Stored("hits", "hits", Hit),
    Stored("anomalies", "anomalies", Anomaly),
    Stored("cameras", "cameras", Camera, stamped=True),
    Stored("camera-health", "camera_health", CameraHealth),
    Stored("patrols", "patrols", PatrolPosition),
    Stored("cases", "cases", Case),
    Stored("hotlist", "hotlist_entries", HotlistEntry, stamped=True, whole=True, removed_by="entry_id"),
)
"""Dead letters are stored too, but carry their contract in a header: see `rows`."""
