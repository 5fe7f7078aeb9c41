"""Evidence pictures in an object store: a local folder, S3 or whatever else `obstore` speaks to."""

from __future__ import annotations

import logging
from collections.abc import Callable, Container, Sequence
from datetime import datetime
from pathlib import Path

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, ObjectStore, from_url

from pipeline.outcome import Picture
from pipeline.runtime.clock import Clock
from sinks.evidence_retention import PicturesDue, expire_pictures

__all__ = ["EvidenceStore", "EvidenceUnusable"]

LOGGER = logging.getLogger(__name__)
WAIT_S = 1.0


class EvidenceUnusable(OSError):
    """Pictures cannot be kept at this place; one sentence that says what to do."""


class EvidenceStore:
    """Pictures by key. Keys are derived from frame and place, so that keeping one twice changes nothing."""

    def __init__(self, store: ObjectStore, clock: Clock) -> None:
        self._store, self._clock = store, clock

    @classmethod
    def at(cls, place: str, clock: Clock) -> EvidenceStore:
        """Open a folder path or a URL such as `s3://bucket/prefix`. Raises EvidenceUnusable."""
        try:
            if "://" in place:
                return cls(from_url(place), clock)
            Path(place).mkdir(parents=True, exist_ok=True)
            return cls(LocalStore(place, automatic_cleanup=True), clock)  # folders go with their last picture
        except (OSError, ValueError, BaseError) as error:
            raise EvidenceUnusable(
                f"evidence pictures cannot be kept at {place} ({error}): set ANPR_EVIDENCE to a folder that can be "
                "written, or to a URL such as s3://bucket/prefix"
            ) from error

    def put(self, pictures: Sequence[Picture], while_waiting: Callable[[], None]) -> None:
        """Keep all before returning; waits while the store does not answer."""
        for picture in pictures:
            while not self._kept(picture):
                while_waiting()
                self._clock.sleep(WAIT_S)

    def _kept(self, picture: Picture) -> bool:
        try:
            obstore.put(self._store, picture.key, picture.data)
        except BaseError as error:
            LOGGER.warning("evidence store does not take a picture: %s", error)
            return False
        return True

    def expire(
        self, held: Container[str], cutoff: datetime, *, delete: bool, progress: Callable[[str, int, int], None]
    ) -> PicturesDue:
        """Count pictures past twelve months that no case holds, or delete them. As `expire_pictures`."""
        return expire_pictures(self._store, held, cutoff, delete=delete, progress=progress)

    def get(self, key: str) -> bytes:
        """A picture. Raises FileNotFoundError, also for what is no key; EvidenceUnusable where nothing answers."""
        try:
            return bytes(obstore.get(self._store, key).bytes())
        except (NotFoundError, FileNotFoundError, ValueError) as error:
            raise FileNotFoundError(f"no picture {key}") from error
        except (BaseError, OSError) as error:
            raise EvidenceUnusable(f"the evidence store does not answer: {error}") from error
