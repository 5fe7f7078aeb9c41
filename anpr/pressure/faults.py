"""How each fault begins and ends. What ends it is what an operator does, and nothing more."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from anpr.embedded.kafka import KafkaCluster
from anpr.platform import PlatformFault
from anpr.pressure.ground import Ground
from anpr.pressure.plan import Scenario

__all__ = ["FAULTS", "Fault"]

DIES_WITHIN_S = 120.0
START_S = 120.0


@dataclass(frozen=True, slots=True)
class Fault:
    """One of them."""

    begin: Callable[[Ground], None]
    end: Callable[[Ground], None]
    """What an operator does."""
    meanwhile: Callable[[Ground], None] = lambda _: None
    """Called every second while it lasts."""


def _slow_store(ground: Ground) -> None:
    ground.lines["slow-store"].slow(ground.plan.answer_s)


def _mend(ground: Ground) -> None:
    for line in ground.lines.values():
        line.mend()


def _start_store(ground: Ground) -> None:
    ground.restart_store()


def _start_broker(ground: Ground) -> None:
    assert isinstance(ground.broker, KafkaCluster)
    ground.restart_broker()
    ground.broker.wait_node(ground.node, START_S)


def _fill(ground: Ground) -> None:
    assert ground.disk is not None
    ground.disk.fill()


def _make_room(ground: Ground) -> None:
    assert ground.disk is not None
    ground.disk.make_room()


def _fill_until_it_dies(ground: Ground) -> None:
    """Kafka ends when the only folder of its logs takes nothing more: that is its way of refusing."""
    _fill(ground)
    deadline = time.monotonic() + DIES_WITHIN_S
    while ground.node.child.returncode is None:
        if time.monotonic() > deadline:
            raise PlatformFault("the broker went on though its disk is full")
        ground.node.child.pause(0.2)


def _make_room_and_start(ground: Ground) -> None:
    _make_room(ground)
    _start_broker(ground)


FAULTS: Mapping[Scenario, Fault] = {
    "slow-store": Fault(_slow_store, _mend),
    "store-down": Fault(Ground.kill_store, _start_store),
    "broker-down": Fault(lambda ground: ground.node.kill(), _start_broker),
    "cut": Fault(lambda ground: ground.lines["cut"].cut(), _mend),
    "disk-full-store": Fault(_fill, _make_room, _fill),
    "disk-full-broker": Fault(_fill_until_it_dies, _make_room_and_start),
}
