"""A device at the door: makes reads at a steady pace, keeps them on its disk, uploads them as `anpr edge` does."""

from __future__ import annotations

import threading
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from anpr.edge.door import Answer, Door
from anpr.edge.items import Batch, read_item
from anpr.edge.spool import Spool
from anpr.edge.uploader import Uploader
from pipeline.identity import derived_id, fact_id
from replay.bulk import vehicle_plate

__all__ = ["CAMERAS", "Device", "passage_of"]

CAMERAS = tuple(f"pressure-{number:02d}" for number in range(20))
NAME = "pressure-car"
TURN_S = 0.1


class Device:
    """Two threads: one makes reads, one uploads. Each read is of a vehicle of its own, and so one passage."""

    def __init__(self, folder: Path, url: str, token: str, rate_per_s: float) -> None:
        self.spool = Spool(folder)
        self.door = _Counting(url, token)
        self.made = 0
        """Reads that are on the device's disk, or were."""
        self._rate_per_s = rate_per_s
        self._enough = threading.Event()
        self._uploader = Uploader(self.spool, self.door)
        self._threads = (
            threading.Thread(target=self._make, name="camera", daemon=True),
            threading.Thread(target=self._uploader.run, name="edge", daemon=True),
        )

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def finish(self) -> None:
        """Make no more; what is spooled is uploaded on."""
        self._enough.set()
        self._threads[0].join()

    def stop(self) -> None:
        """Upload no more."""
        self._enough.set()
        self._uploader.stop()
        for thread in self._threads:
            if thread.ident is not None:
                thread.join()
        self.door.close()
        self.spool.close()

    def waiting(self) -> int:
        """Reads on its disk that the door has not taken."""
        return self.spool.state().spooled

    def _make(self) -> None:
        began = time.monotonic()
        while not self._enough.is_set():
            due = int((time.monotonic() - began) * self._rate_per_s)
            if due > self.made:
                self.spool.put([read_item(_read(number)) for number in range(self.made, due)])
                self.made = due
            self._enough.wait(TURN_S)


class _Counting(Door):
    """Notes what the door answered."""

    def __init__(self, url: str, token: str) -> None:
        super().__init__(url, token)
        self.answers: Counter[str] = Counter()
        """By status, or `no answer`."""
        self.told_to_wait_s: list[float] = []
        """What Retry-After said with each 503."""
        self.acknowledged = 0
        """Reads that the door said it has."""

    def upload(self, spool: str, batch: Batch) -> Answer:
        answer = super().upload(spool, batch)
        status = answer.words.partition(":")[0]
        self.answers[status if status.isdigit() else "no answer"] += 1
        if status == "503":
            self.told_to_wait_s.append(answer.after_s)
        if answer.outcome == "taken":
            self.acknowledged += len(batch.items) - len(answer.refused)
        return answer


def _read(number: int) -> dict[str, Any]:
    return {
        "read_id": str(_read_id(number)),
        "camera_id": CAMERAS[number % len(CAMERAS)],
        "captured_at": datetime.now(UTC).isoformat(),
        "plate_raw": vehicle_plate(number)[0].decode(),
        "confidence": 0.95,
        "track_id": f"{NAME}-{number}",
    }


def _read_id(number: int) -> UUID:
    return fact_id("read", NAME, number)


def passage_of(number: int) -> UUID:
    """The passage that must come of the device's read of this number."""
    return derived_id(_read_id(number), "passage")
