"""What the store counts, for /metrics. One registry per process: nothing of it is global."""

from collections.abc import Callable

import psutil
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from anpr.embedded.store.pools import ByteBudget, WorkerPool

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)


class StoreMetrics:
    """Counters of one store. Labels come from closed sets: pool names, and ok, error, cancelled, busy."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "anpr_store_requests_total",
            "Requests by pool and end.",
            ["pool", "outcome"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "anpr_store_request_seconds",
            "From body read to answer ready, waiting included.",
            ["pool"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._written = Counter(
            "anpr_store_written_rows_total", "Rows written, those of views included.", registry=self.registry
        )
        self._received = Counter("anpr_store_received_bytes_total", "Bytes of bodies, as sent.", registry=self.registry)

    def watch(self, pools: list[WorkerPool], budget: ByteBudget) -> None:
        """Show queues, held bytes and memory as they are at each scrape."""
        waiting = self._gauge("anpr_store_waiting_requests", "Requests waiting for a thread.", ["pool"])
        running = self._gauge("anpr_store_running_requests", "Requests that have a thread.", ["pool"])
        for pool in pools:
            waiting.labels(pool.name).set_function(_reader(pool, "waiting"))
            running.labels(pool.name).set_function(_reader(pool, "running"))
        self._gauge("anpr_store_held_body_bytes", "Bytes of bodies held.").set_function(_reader(budget, "used"))
        self._gauge("anpr_store_resident_bytes", "Resident memory of the process.").set_function(resident_bytes)

    def _gauge(self, name: str, text: str, labels: list[str] | None = None) -> Gauge:
        return Gauge(name, text, labels or [], registry=self.registry)

    def received(self, size: int) -> None:
        """Count a body that came in whole."""
        self._received.inc(size)

    def ended(self, pool: str, outcome: str, seconds: float, written_rows: int = 0) -> None:
        """Count one request."""
        self._requests.labels(pool, outcome).inc()
        self._seconds.labels(pool).observe(seconds)
        self._written.inc(written_rows)

    def text(self) -> bytes:
        """Prometheus' text format."""
        return generate_latest(self.registry)


def resident_bytes() -> float:
    """Resident memory of this process."""
    return float(psutil.Process().memory_info().rss)


def _reader(source: object, name: str) -> Callable[[], float]:
    return lambda: float(getattr(source, name))
