"""Runs a sender for each subscriber with a webhook, as the register says now."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from clickhouse_connect.driver.exceptions import ClickHouseError
from confluent_kafka import KafkaException

from console.webhooks.sender import Sender
from pipeline.runtime.kafka import KafkaUnusable
from pipeline.runtime.metrics import Metrics
from pipeline.runtime.output import DeliveryFailed
from sinks.clickhouse.subscribers import Subscriber

__all__ = ["Dispatch"]

LOGGER = logging.getLogger(__name__)
LOOK_EVERY_S = 0.5
FAULTS = (KafkaException, KafkaUnusable, DeliveryFailed, ClickHouseError)
"""A sender that ends by one of these is made anew: what it had not done comes again."""
PAUSE_S = 5.0


@dataclass(slots=True)
class _Running:
    subscriber: Subscriber
    thread: threading.Thread
    sender: Sender | None = None
    fault: BaseException | None = None


class Dispatch:
    """One thread looks, one thread for each sender: a target that hangs holds up nobody else."""

    def __init__(
        self,
        wanted: Callable[[], Mapping[str, Subscriber]],
        make: Callable[[Subscriber], Sender],
        metrics: Metrics,
    ) -> None:
        """wanted: subscribers to send to, by name. make: a sender that is ready to run; FAULTS mean: try later."""
        self._wanted, self._make, self._metrics = wanted, make, metrics
        self._running: dict[str, _Running] = {}
        self._not_before: dict[str, int] = {}
        self._ended = threading.Event()

    def run(self) -> None:
        """Look until `stop`, then end all senders. Raises what a sender ended by that is none of FAULTS."""
        looks = 0
        try:
            while not self._ended.is_set():
                self.look(looks)
                looks += 1
                self._ended.wait(LOOK_EVERY_S)
        finally:
            self._end_all()

    def stop(self) -> None:
        """Send no more."""
        self._ended.set()

    def look(self, number: int) -> None:
        """Start, end and replace senders. number: of this look, counting the pauses."""
        wanted = self._wanted()
        for name, one in list(self._running.items()):
            if wanted.get(name) != one.subscriber and one.sender is not None:
                one.sender.stop()
            if not one.thread.is_alive():
                del self._running[name]
                self._judge(name, one, number)
        for name, subscriber in wanted.items():
            # A successor waits for its predecessor to leave: they share a place in the log.
            if name not in self._running and number >= self._not_before.get(name, 0):
                self._start(name, subscriber)
        self._metrics.set("anpr_webhooks", len(self._running))
        senders = [one.sender for one in self._running.values() if one.sender is not None]
        self._metrics.set("anpr_webhooks_failing", sum(1 for sender in senders if sender.failures))
        self._metrics.set("anpr_webhooks_behind", max((sender.behind for sender in senders), default=0))

    def _start(self, name: str, subscriber: Subscriber) -> None:
        def work() -> None:
            try:
                running.sender = self._make(subscriber)
                if self._ended.is_set():
                    running.sender.stop()
                running.sender.run()
            except BaseException as fault:
                running.fault = fault

        thread = threading.Thread(target=work, name=f"webhook {name}", daemon=True)
        running = _Running(subscriber, thread)
        self._running[name] = running
        thread.start()

    def _judge(self, name: str, one: _Running, number: int) -> None:
        if one.fault is None:
            return
        if not isinstance(one.fault, FAULTS):
            raise one.fault
        LOGGER.warning("webhook %s begins anew in %g s: %s", name, PAUSE_S, one.fault)
        self._not_before[name] = number + round(PAUSE_S / LOOK_EVERY_S)

    def _end_all(self) -> None:
        for one in self._running.values():
            if one.sender is not None:
                one.sender.stop()
        for one in self._running.values():
            one.thread.join()
