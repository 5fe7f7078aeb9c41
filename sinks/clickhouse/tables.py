"""Which topic ends in which table."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.anomaly import Anomaly
from schemas.base import Contract
from schemas.camera import Camera, PatrolPosition
from schemas.case import Case
from schemas.hit import Hit
from schemas.hotlist import HotlistEntry
from schemas.lez import LezVerdict
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

    @property
    def goes_into(self) -> str:
        """The table that is inserted into."""
        return self.inlet or self.table


STORED: tuple[Stored, ...] = (
    Stored("reads", "reads", Read),
    Stored("passages", "passages", Passage, inlet="passages_in"),
    Stored("hits", "hits", Hit),
    Stored("lez-verdicts", "lez_verdicts", LezVerdict),
    Stored("anomalies", "anomalies", Anomaly),
    Stored("cameras", "cameras", Camera),
    Stored("patrols", "patrols", PatrolPosition),
    Stored("cases", "cases", Case),
    Stored("hotlist", "hotlist_entries", HotlistEntry),
)
"""Dead letters are stored too, but carry their contract in a header: see `rows`."""
