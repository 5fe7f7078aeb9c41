"""A device's way to the platform, for a program of its own: put in, and forget about it."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from types import TracebackType
from typing import Any

from anpr.edge.door import Door
from anpr.edge.items import frame_item, read_item
from anpr.edge.spool import Spool, SpoolState
from anpr.edge.uploader import Uploader

__all__ = ["Edge"]


class Edge:
    """Uploads in a thread of its own while the block runs. What is not uploaded at its end stays in the spool."""

    def __init__(self, spool: Spool, door: Door) -> None:
        self._spool, self._door = spool, door
        self._uploader = Uploader(spool, door)
        self._thread = threading.Thread(target=self._uploader.run, name="edge", daemon=True)

    def __enter__(self) -> Edge:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._uploader.stop()
        self._thread.join()
        self._door.close()
        self._spool.close()

    def put_reads(self, reads: Iterable[Mapping[str, Any]]) -> None:
        """Reads of the contract `read`; on the disk when this returns. Raises SpoolFull, ValueError."""
        self._spool.put([read_item(read) for read in reads])

    def put_frame(self, picture: bytes, **about: Any) -> None:
        """A JPEG or PNG with `camera_id`, `captured_at` and what else is known. Raises SpoolFull."""
        self._spool.put([frame_item(picture, about)])

    def state(self) -> SpoolState:
        """How the spool stands."""
        return self._spool.state()
