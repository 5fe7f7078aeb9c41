"""Whether what a Faust worker holds is still its own.

A process that stands still for longer than a session, as its machine was stopped or swapped out, loses its partitions
without knowing. Going on it would write files as they were before over those that its successor has kept since: the
broker takes that from anybody. So before anything is written we look whether the group has let us have it meanwhile.
Milliseconds are left between the look and the write.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from pipeline.runtime.kafka import KafkaUnusable
from pipeline.runtime.patient_aiokafka import PatientCoordinator

__all__ = ["Expelled", "Lease"]

LOOK_EVERY_S = 0.05


class Expelled(KafkaUnusable):
    """Another worker may have what we had in hand."""


class Lease:
    """Of an app in its group. A sign of life that the broker has taken is good for a session from when it was sent."""

    def __init__(self, coordinator: Callable[[], PatientCoordinator | None], session_s: float) -> None:
        """coordinator: the app's, once there is one."""
        self._coordinator, self._session_s = coordinator, session_s
        self._joined: tuple[str, int] | None = None

    def begin(self) -> None:
        """The group has just shared out its partitions."""
        coordinator = self._coordinator()
        self._joined = None if coordinator is None else coordinator.membership

    async def confirm(self) -> None:
        """Return when the batch in hand is surely ours; that may take as long as the brokers are away.

        While a batch is in hand no partitions are shared out anew: whoever is in the group is waited for. Raises
        Expelled when we are not in it any more.
        """
        coordinator = self._coordinator()
        if coordinator is None or self._joined is None:
            return  # nothing was given to us yet
        while coordinator.membership == self._joined:
            if time.monotonic() < coordinator.confirmed_at + self._session_s:
                return
            await asyncio.sleep(LOOK_EVERY_S)
        raise Expelled(
            "this worker stood still, or could not reach its brokers, for so long that its group may have given its "
            "partitions to another one: it starts anew"
        )
