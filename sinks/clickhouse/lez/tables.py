"""Which topic of the low-emission zones ends in which table."""

from __future__ import annotations

from schemas.lez import LezPass, LezPermits, LezVerdict
from schemas.lez_notice import LezNotice
from sinks.clickhouse.tables import Stored

__all__ = ["STORED"]

STORED: tuple[Stored, ...] = (
    Stored("lez-verdicts", "verdicts", LezVerdict, inlet="verdicts_in", columns=True),
    Stored("lez-notices", "notices", LezNotice),
    Stored("lez-passes", "passes", LezPass, stamped=True, whole=True),
    Stored("lez-permits", "permits", LezPermits, stamped=True, whole=True, removed_by="plate"),
)
