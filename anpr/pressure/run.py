"""One scenario from beginning to end: all well, a fault, an operator's hand, catching up, and the count of all."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any
from uuid import UUID

from clickhouse_connect.driver.client import Client

from anpr.platform import PlatformFault
from anpr.pressure.device import Device, passage_of
from anpr.pressure.faults import FAULTS
from anpr.pressure.ground import Ground, open_ground
from anpr.pressure.plan import PressurePlan, Say
from anpr.pressure.watching import Watch, doctor_says, queue_if_told, said_by_metrics
from anpr.settings import Settings
from sinks.clickhouse.client import connect

__all__ = ["Pressed", "play"]

LOGGER = logging.getLogger(__name__)
LOOK_EVERY_S = 0.25
SETTLE_S = 30.0
STORED = 'anpr_rows_stored_total{table="passages"}'


@dataclass(slots=True)
class Pressed:
    """What came of it."""

    scenario: str
    fault_s: float = 0.0
    rate_per_s: float = 0.0
    made: int = 0
    """Reads on the device's disk."""
    acknowledged: int = 0
    answers: dict[str, int] = field(default_factory=dict)
    """Of the door, by status."""
    retry_after_s: list[float] = field(default_factory=list)
    """Least and most that a 503 asked to wait; empty: there was none."""
    most_spooled: int = 0
    """Reads at once on the device's disk."""
    queue: dict[str, int] = field(default_factory=dict)
    """Messages at the broker for each flow when the fault ended, or as it came back."""
    memory_mb: dict[str, dict[str, float]] = field(default_factory=dict)
    waited_s: dict[str, float] = field(default_factory=dict)
    """As metrics have shown it."""
    longest_without_life_s: dict[str, float] = field(default_factory=dict)
    """Of /health; beyond 60 s a supervisor would end the worker."""
    metrics: dict[str, Any] = field(default_factory=dict)
    """In mid-fault."""
    doctor: list[str] = field(default_factory=list)
    """In mid-fault."""
    doctor_after: list[str] = field(default_factory=list)
    behind: int = 0
    """Passages that were owed to the store when the fault ended."""
    catch_up_s: float = 0.0
    catch_up_per_s: float = 0.0
    """Passages stored each second while catching up, while as many as ever came in."""
    ended: list[str] = field(default_factory=list)
    """Processes that ended by themselves."""
    lost: int = 0
    duplicated: int = 0
    unknown: int = 0
    """Passages in the store that no read was made for."""
    dead_letters: int = 0

    @property
    def whole(self) -> bool:
        """Nothing is lost, twice or unknown, and nobody died."""
        return not (self.lost or self.duplicated or self.unknown or self.dead_letters or self.ended)


def play(settings: Settings, plan: PressurePlan, say: Say = lambda _: None) -> Pressed:
    """Run it. Raises PlatformFault where the platform does not recover by itself."""
    with open_ground(settings, plan, say) as ground:
        device = Device(settings.data_dir.parent / "car", ground.door_url, ground.token, plan.rate_per_s)
        watch = Watch(ground, device)
        try:
            return _Run(ground, device, watch, say).run()
        finally:
            watch.stop()
            device.stop()


class _Run:
    def __init__(self, ground: Ground, device: Device, watch: Watch, say: Say) -> None:
        self._ground, self._device, self._watch, self._say, self._plan = ground, device, watch, say, ground.plan
        self._pressed = Pressed(ground.plan.scenario, rate_per_s=ground.plan.rate_per_s)
        self._fault = FAULTS[ground.plan.scenario]

    def run(self) -> Pressed:
        """1 all is well  2 a fault  3 an operator's hand  4 catching up  5 the count"""
        self._begin()
        self._strike()
        self._catch_up()
        self._end()
        return self._pressed

    def _begin(self) -> None:
        self._device.start()
        self._until(lambda: self._stored() > 0, "the first passage in the store")
        self._pass(self._plan.before_s)
        self._watch.note_memory("before")
        self._watch.start()

    def _strike(self) -> None:
        pressed = self._pressed
        self._say(f"{self._plan.scenario} for {self._plan.seconds:g} s")
        began = time.monotonic()
        self._fault.begin(self._ground)
        self._pass(self._plan.seconds * 0.6 - (time.monotonic() - began), self._fault.meanwhile)
        pressed.metrics = said_by_metrics(self._ground)
        pressed.doctor = [f"{one.state} {one.what}: {one.words}" for one in doctor_says(self._ground)]
        self._pass(self._plan.seconds - (time.monotonic() - began), self._fault.meanwhile)
        pressed.queue = queue_if_told(self._ground) or {}
        self._fault.end(self._ground)
        pressed.fault_s = round(time.monotonic() - began, 1)

    def _catch_up(self) -> None:
        """Until what has been made is stored, but for what comes in within two seconds and a half of it."""
        pressed, ground = self._pressed, self._ground
        began, stored = time.monotonic(), self._stored()
        pressed.behind = self._device.made - stored
        self._say(f"{pressed.behind} passages behind")
        near = self._plan.rate_per_s * 3
        self._until(lambda: self._device.made - self._stored() <= near, "catching up", self._plan.catch_up_s)
        pressed.catch_up_s = round(time.monotonic() - began, 1)
        pressed.catch_up_per_s = round((self._stored() - stored) / max(pressed.catch_up_s, 0.1), 1)
        pressed.queue = pressed.queue or queue_if_told(ground) or {}

    def _end(self) -> None:
        pressed, device = self._pressed, self._device
        device.finish()
        self._until(lambda: device.waiting() == 0, "the device's spool is empty", SETTLE_S * 4)
        self._until(self._nothing_waits, "nothing waits at the broker", SETTLE_S * 4)
        self._watch.stop()
        self._watch.note_memory("after")
        self._count()
        pressed.doctor_after = [f"{one.state} {one.what}: {one.words}" for one in doctor_says(self._ground)]
        pressed.made, pressed.acknowledged = device.made, device.door.acknowledged
        pressed.answers, told = dict(device.door.answers), device.door.told_to_wait_s
        pressed.retry_after_s = [min(told), max(told)] if told else []
        pressed.most_spooled = self._watch.most_spooled
        pressed.memory_mb = {name: asdict(memory) for name, memory in sorted(self._watch.memory.items())}
        pressed.waited_s, pressed.longest_without_life_s = self._watch.waited, self._watch.stuck
        pressed.ended = self._ground.ended

    def _nothing_waits(self) -> bool:
        left = queue_if_told(self._ground)
        return left is not None and not any(left.values())

    def _count(self) -> None:
        pressed = self._pressed
        client = connect(self._ground.settings.dsn())
        wanted = {passage_of(number) for number in range(self._device.made)}
        found = _passages(client)
        pressed.lost = len(wanted - found.keys())
        pressed.unknown = len(found.keys() - wanted)
        pressed.duplicated = sum(count - 1 for count in found.values())
        pressed.dead_letters = int(client.query("SELECT count() FROM dead_letters").result_rows[0][0])
        client.close()

    def _stored(self) -> int:
        """Rows that the store has acknowledged: each read is a passage of one revision."""
        try:
            return int(self._ground.metrics("store").get(STORED, 0))
        except OSError:
            return 0

    def _pass(self, seconds: float, meanwhile: Callable[[Ground], None] = lambda _: None) -> None:
        """Let time go by, as an operator does who waits."""
        end = time.monotonic() + seconds
        while (left_s := end - time.monotonic()) > 0:
            time.sleep(min(1.0, left_s))
            meanwhile(self._ground)
            self._ground.tend()

    def _until(self, true: Callable[[], bool], what: str, timeout_s: float = 60.0) -> None:
        deadline = time.monotonic() + timeout_s
        while not true():
            if time.monotonic() > deadline:
                raise PlatformFault(f"not within {timeout_s:g} s: {what}; ended by themselves: {self._ground.ended}")
            self._ground.tend()
            time.sleep(LOOK_EVERY_S)


def _passages(client: Client) -> Counter[UUID]:
    """Passages that hold, and in how many rows each lies that are of different messages."""
    rows = client.query("SELECT passage_id FROM passages FINAL WHERE NOT withdrawn").result_rows
    found = Counter(row[0] for row in rows)
    total, places = client.query("SELECT count(), uniqExact(_log, _partition, _offset) FROM passages").result_rows[0]
    if total != places:
        LOGGER.warning("%d rows of %d are of a message that another row is of, too", total - places, total)
    return found
