"""Reference records of a Faust app: read whole before it begins, looked at again while it works."""

from __future__ import annotations

from collections.abc import Sequence

from pipeline.flows.delivery import Delivery
from pipeline.runtime.metrics import Metrics
from pipeline.runtime.reference import ReferenceReader

__all__ = ["REFERENCES_S", "LookedUp"]

REFERENCES_S = 0.5
"""How often they are looked at."""


class LookedUp:
    """Keeps them as their topics have them; what cannot be used goes to the dead letters."""

    def __init__(self, readers: Sequence[ReferenceReader], delivery: Delivery, metrics: Metrics, flow: str) -> None:
        """Reads all. Raises what a reader raises."""
        self._readers, self._delivery, self._metrics, self._flow = readers, delivery, metrics, flow
        self._unusable = [one for reader in readers for one in reader.load()]

    async def refresh(self) -> None:
        """Take what has changed."""
        rejected = [one for reader in self._readers for one in reader.refresh()]
        unusable, self._unusable = self._unusable + rejected, []
        await self._delivery.send_anyway((), unusable)
        for reader in self._readers:
            reader.measure(self._metrics, self._flow)
