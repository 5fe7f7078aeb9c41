"""Runs the demo: platform, yesterday, console, city, publisher, view, drain, score; and lives on, if that is wished."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from clickhouse_connect.driver.client import Client
from rich.live import Live

from anpr.demo.console import DemoConsole, open_console
from anpr.demo.holding import PicturesOf, ReadsOf, shorten
from anpr.demo.past import give_yesterday
from anpr.demo.publish import Publisher
from anpr.demo.score import score
from anpr.demo.view import DemoView
from anpr.hit_watch import HitWatch, quantile
from anpr.platform import Platform, open_platform, wait_a_little
from anpr.registering import register
from anpr.settings import Settings
from anpr.wiring import FLOWS, drain_order
from pipeline.runtime.clock import SystemClock
from pipeline.runtime.drain import Drain
from pipeline.runtime.kafka import admin_client
from replay.city import City, build_city
from replay.conditions import Conditions
from replay.fleet import Fleet, build_fleet
from replay.traffic import Simulation
from replay.truth import write_truth
from schemas.hit import Hit
from sinks.clickhouse.client import connect
from sinks.clickhouse.retention.holds import Holds
from topics.spec import all_topics

__all__ = ["DemoPlan", "run_demo"]

DRAIN_S = 120.0
LOOK_EVERY_S = 0.25
REST_FACTOR = 9
"""Counting takes longer the more is stored: it never takes more than a tenth of the time."""
FLEET_PER_RATE = 1500
FOREVER = datetime.max.replace(tzinfo=UTC)
COUNT = "SELECT count() FROM {table:Identifier} WHERE received_at >= {since:DateTime64(3, 'UTC')}"
Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class DemoPlan:
    """What to show."""

    seconds: float
    seed: int
    cameras: int
    frame_cameras: int
    rate_per_s: float
    """Trips begun a second."""
    headless: bool
    picture: Path | None = None
    """Write the last screen here, as SVG."""
    console: bool = False
    """Serve the console too."""
    hold: bool = False
    """Live on, after the comparison, until Ctrl-C."""


def run_demo(settings: Settings, plan: DemoPlan, say: Say, tell: Callable[[dict[str, Any]], None]) -> None:
    """Run it. tell: takes the comparison with the truth, once the planned seconds are over."""
    if "store_reads" not in settings.model_fields_set:
        settings = settings.model_copy(update={"store_reads": "all"})
    with open_platform(settings, workers=tuple(FLOWS), say=say) as platform:
        _Demo(platform, plan, say).run(tell)


class _Demo:
    def __init__(self, platform: Platform, plan: DemoPlan, say: Say) -> None:
        self._platform, self._plan, self._say = platform, plan, say
        self._kafka = platform.settings.kafka()
        self._client: Client = connect(platform.settings.dsn())
        self._city: City = build_city(plan.seed, plan.cameras, frame_cameras=plan.frame_cameras)
        self._smart_delays: list[float] = []
        self._frame_delays: list[float] = []
        self._smart = {camera.camera_id for camera in self._city.cameras if camera.reads_plates}
        self._view = DemoView({camera.camera_id: camera.name for camera in self._city.cameras})
        self._console: DemoConsole | None = None
        self._old_pictures: PicturesOf | None = None
        self._old_reads: ReadsOf | None = None
        self._interrupted = False

    def run(self, tell: Callable[[dict[str, Any]], None]) -> None:
        fleet = self._publish_reference(datetime.now(UTC))
        self._give_yesterday(fleet)
        watch = HitWatch(self._kafka, self._on_hit)
        try:
            with self._serving(fleet):
                self._drive(fleet, tell)
        finally:
            watch.close()

    @contextmanager
    def _serving(self, fleet: Fleet) -> Iterator[None]:
        """While it lasts the console runs, if it is wanted."""
        if not self._plan.console:
            yield
            return
        self._say("starting the console")
        with open_console(self._platform.settings, fleet.wanted[0]) as self._console:
            self._say(f"the console is at {self._console.url}; sign in as")
            for name, password in self._console.users.items():
                self._say(f"  {name:<18} {password}")
            self._view.console = (self._console.url, self._console.users)
            yield

    def _publish_reference(self, now: datetime) -> Fleet:
        fleet = build_fleet(self._plan.seed, now, int(max(1000, FLEET_PER_RATE * self._plan.rate_per_s)))
        records = [*self._city.cameras, *fleet.hotlist, *fleet.vehicles, *fleet.lez_passes]
        self._say(f"registering {register(self._kafka, records):,} cameras, vehicles, passes and wanted plates")
        return fleet

    def _give_yesterday(self, fleet: Fleet) -> None:
        """So that the console says from its first minute where vehicles go on to. A store elsewhere stays as it is."""
        if not self._plan.console or self._platform.store is None:
            return
        self._say("simulating yesterday, to learn where vehicles go on to")
        learnt = give_yesterday(self._client, self._city, fleet, self._plan.rate_per_s, datetime.now(UTC))
        self._say(f"learnt from {learnt:,} passages" if learnt else "that is known already")

    def _on_hit(self, hit: Hit, delay_ms: float) -> None:
        if not hit.late:
            (self._smart_delays if hit.camera_id in self._smart else self._frame_delays).append(delay_ms)
        self._view.add_hit(hit, delay_ms)

    def _drive(self, fleet: Fleet, tell: Callable[[dict[str, Any]], None]) -> None:
        plan = self._plan
        start = datetime.now(UTC) + timedelta(seconds=2)
        simulation = Simulation(
            self._city, fleet, plan.seed, start, plan.rate_per_s, conditions=Conditions(light="day")
        )
        until = start + timedelta(seconds=plan.seconds)
        publisher = Publisher(self._kafka, simulation, plan.seed, until)
        since = datetime.now(UTC)
        publisher.start()
        self._watch(publisher, since, until)
        publisher.stop()
        if plan.picture is not None:
            plan.picture.write_text(self._view.picture(self._counts(publisher, since)), "utf-8")
        self._say("street closed; waiting until everything is stored")
        self._drain()
        truth = self._platform.settings.data_dir / "demo-truth.jsonl"
        write_truth(truth, plan.seed, simulation.parameters, simulation.truth)
        lez = connect(self._platform.settings.lez())
        result = score(self._client, lez, since, publisher.published, simulation.truth)
        tell(self._report(asdict(result), publisher))
        if plan.hold and not self._interrupted:
            self._live_on(simulation)

    def _live_on(self, simulation: Simulation) -> None:
        """The same city goes on, unscored and no larger than some hours, until Ctrl-C."""
        self._say("the city lives on until Ctrl-C")
        self._keep_small()
        since = datetime.now(UTC)
        publisher = Publisher(self._kafka, simulation, self._plan.seed, FOREVER, scored=False)
        publisher.start()
        self._watch(publisher, since, None)
        publisher.stop()

    def _keep_small(self) -> None:
        """From now on old messages and pictures go, of a broker and a store that we started ourselves."""
        settings = self._platform.settings
        if self._platform.broker is not None:
            shorten(admin_client(self._kafka), all_topics())
        if self._platform.store is not None:
            self._old_reads = ReadsOf(self._client)
        if self._platform.store is not None and settings.evidence is None:
            cameras = {camera.camera_id for camera in self._city.cameras} - self._smart
            held = Holds(self._client, lambda: datetime.now(UTC), settings.officer).pictures
            self._old_pictures = PicturesOf(Path(settings.evidence_place), cameras, held)

    def _watch(self, publisher: Publisher, since: datetime, until: datetime | None) -> None:
        """Until the time is up or Ctrl-C: an early end is an end like any other."""
        try:
            if self._plan.headless:
                self._watch_quietly(publisher)
            else:
                self._watch_live(publisher, since, until)
        except KeyboardInterrupt:
            self._interrupted = True
            self._say("ending early" if until else "ending")

    def _watch_quietly(self, publisher: Publisher) -> None:
        while publisher.running:
            self._tend()
            wait_a_little(LOOK_EVERY_S)

    def _watch_live(self, publisher: Publisher, since: datetime, until: datetime | None) -> None:
        with Live(refresh_per_second=4) as live:
            while publisher.running:
                began_s = time.monotonic()
                self._view.notes.extend(self._tended())
                left_s = max(0.0, (until - datetime.now(UTC)).total_seconds()) if until else None
                live.update(self._view.render(self._counts(publisher, since), left_s))
                wait_a_little(max(LOOK_EVERY_S, REST_FACTOR * (time.monotonic() - began_s)))

    def _counts(self, publisher: Publisher, since: datetime) -> dict[str, int]:
        """Sent so far, and rows stored so far (revisions included)."""
        sent = publisher.published.counts
        stored = {table: self._rows(table, since) for table in ("reads", "passages", "hits")}
        return {"frames sent": sent["frames"], "reads sent": sent["reads"]} | {
            f"{table} stored": rows for table, rows in stored.items()
        }

    def _rows(self, table: str, since: datetime) -> int:
        return int(self._client.query(COUNT, parameters={"table": table, "since": since}).result_rows[0][0])

    def _drain(self) -> None:
        drain = Drain(self._kafka, SystemClock())
        drain.wait(drain_order(FLOWS, self._platform.settings), DRAIN_S, lambda _flow, _left: self._tend())
        drain.close()

    def _tend(self) -> None:
        for note in self._tended():
            self._say(note)

    def _tended(self) -> list[str]:
        if self._old_pictures is not None:
            self._old_pictures.tend(datetime.now(UTC))
        if self._old_reads is not None:
            self._old_reads.tend(datetime.now(UTC))
        return self._platform.tend() + (self._console.tend() if self._console else [])

    def _report(self, found: dict[str, Any], publisher: Publisher) -> dict[str, Any]:
        rows = found.pop("rows")
        return {
            "frames": publisher.published.counts["frames"],
            **rows,
            "rows_stored": sum(rows.values()),
            **found,
            "read_to_hit_ms": _spread(self._smart_delays),
            "frame_to_hit_ms": _spread(self._frame_delays),
            "restarts": self._platform.restarts,
            "rss_mb": self._platform.rss_mb(),
        }


def _spread(delays_ms: list[float]) -> dict[str, float | int | None]:
    return {"p50": quantile(delays_ms, 0.5), "p99": quantile(delays_ms, 0.99), "hits": len(delays_ms)}
