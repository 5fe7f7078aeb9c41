"""One worker process: a flow, its pages, its end by signal."""

from __future__ import annotations

import gc
import json
import logging
import os
import signal
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

from confluent_kafka import KafkaException

from anpr.giving_way import give_way_later
from anpr.settings import Settings, SettingsFault
from anpr.wiring import Parts, Worker, build_worker
from pipeline.runtime.clock import SystemClock
from pipeline.runtime.metrics import Metrics
from pipeline.runtime.reach import BrokerSilent, ask_broker
from pipeline.runtime.service import Heartbeat, ServicePages
from pipeline.runtime.waiting import Dependency, Waiting
from sinks.clickhouse.unreachable import StoreUnreachable

__all__ = ["announce", "calm_collector", "run_worker"]

LOGGER = logging.getLogger(__name__)
RETRY_S = 1.0
BROKER_ANSWER_S = 5.0


def run_worker(name: str, settings: Settings, ready_file: Path | None = None) -> None:
    """Run a flow until SIGTERM or SIGINT. Waits, visibly, for a broker or store that is not there yet."""
    signal.signal(signal.SIGTERM, _end_at_once)  # until there is a loop to end in order
    calm_collector()  # of what a start loads, nothing is garbage
    clock, metrics = SystemClock(), Metrics(name)
    heart = Heartbeat(clock)
    waiting = Waiting(name, metrics, clock, heart.beat)
    pages = ServicePages(
        settings.service_host,
        settings.service_port,
        metrics.registry,
        lambda: {"worker": name, **heart.report(), **waiting.report()},
    )
    port = _serve(pages)

    def trouble() -> None:
        metrics.count("anpr_kafka_errors_total", flow=name)
        waiting.trouble()

    try:
        kafka = replace(settings.kafka(), on_trouble=trouble)
        loop = _connect(name, Parts(settings, kafka, clock, metrics, waiting), heart)
        _stop_on_signal(loop)
        loop.on_ready = partial(_say_ready, name, port, ready_file, settings.worker_niceness)
        loop.run()
        LOGGER.info("worker %s has ended in order", name)
    finally:
        pages.stop()


def _say_ready(name: str, port: int, ready_file: Path | None, niceness: int) -> None:
    """References are in memory: from now on no message meets an empty list."""
    calm_collector()
    give_way_later(niceness)
    if ready_file is not None:
        announce(ready_file, port)
    LOGGER.info("worker %s runs, pages on port %d", name, port)


def _serve(pages: ServicePages) -> int:
    try:
        return pages.start()
    except OSError as error:
        raise SettingsFault(
            f"the pages of a worker cannot be served on {pages.host} port {pages.port} ({error.strerror}): "
            "set ANPR_SERVICE_PORT to another port (0: a free one) or ANPR_SERVICE_HOST to an address of this machine"
        ) from error


def _connect(name: str, parts: Parts, heart: Heartbeat) -> Worker:
    """Wait for as long as it takes: whoever waits lives, and a supervisor that ended it would gain nothing."""
    while True:
        try:
            ask_broker(parts.kafka, BROKER_ANSWER_S)
            worker = build_worker(name, parts, heart)
            parts.waiting.over()
            return worker
        except BrokerSilent as silent:
            _still_waiting("broker", silent, parts.waiting)
        except (StoreUnreachable, KafkaException) as error:
            _still_waiting("broker" if isinstance(error, KafkaException) else "store", error, parts.waiting)


def _still_waiting(dependency: Dependency, why: Exception, waiting: Waiting) -> None:
    waiting.note(dependency)
    LOGGER.warning("waiting for the %s: %s", dependency, why)
    time.sleep(RETRY_S)


def calm_collector() -> None:
    """Collect garbage seldom: records form no cycles, and walking hundreds of thousands of open tracks and
    reference records at the default threshold took a third of the consolidation stage's time."""
    gc.freeze()
    gc.set_threshold(200_000, 20, 100)


def _end_at_once(_number: int, _frame: object) -> None:
    raise SystemExit(0)


def _stop_on_signal(loop: Worker) -> None:
    def stop(_number: int, _frame: object) -> None:
        loop.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


def announce(ready_file: Path, port: int) -> None:
    """Whole or not at all: the file appears with its content."""
    part = ready_file.with_suffix(".part")
    part.write_text(json.dumps({"pid": os.getpid(), "port": port}))
    part.rename(ready_file)
