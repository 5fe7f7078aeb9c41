"""Questions that are asked until the store answers: it may be away for as long as it takes."""

from __future__ import annotations

import logging
import random
from collections.abc import Callable, Iterator
from typing import TypeVar

from clickhouse_connect.driver.exceptions import ClickHouseError

from pipeline.runtime.clock import Clock
from pipeline.runtime.waiting import patiently
from sinks.clickhouse.client import is_outage, without_content

__all__ = ["pauses", "through_outages"]

LOGGER = logging.getLogger(__name__)
WAIT_FIRST_S, WAIT_MOST_S = 0.2, 5.0
Answer = TypeVar("Answer")


def pauses() -> Iterator[float]:
    """Seconds to wait before the next try: longer each time, never as long as others."""
    wait_s = WAIT_FIRST_S
    while True:
        yield wait_s * random.uniform(0.5, 1.5)
        wait_s = min(wait_s * 2, WAIT_MOST_S)


def through_outages(ask: Callable[[], Answer], while_waiting: Callable[[], None], clock: Clock) -> Answer:
    """The answer, however long the store is away. Raises ClickHouseError where waiting will not help.

    ask: a question that changes nothing, or the same however often it is asked.
    """
    for pause_s in pauses():
        try:
            return patiently(ask, while_waiting)
        except ClickHouseError as error:
            if not is_outage(error):
                raise
            LOGGER.warning("waiting for the store: %s", without_content(error))
        while_waiting()
        clock.sleep(pause_s)
    raise AssertionError("pauses never end")
