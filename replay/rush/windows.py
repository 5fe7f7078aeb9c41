"""Windows of event time: rows are kept by the window that they fall into."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from replay.history.texts import Indices

__all__ = ["by_window"]


def by_window(at_ms: Indices, window_ms: int) -> Iterator[tuple[int, Indices]]:
    """Windows, and the rows that fall into each, in their order."""
    window = at_ms // window_ms
    order = np.argsort(window, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(window[order])) + 1):
        if len(rows):
            yield int(window[rows[0]]), rows
