"""Everything that a command or worker needs, looked at one after the other."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

from anpr.doctor.broker import look_at_broker
from anpr.doctor.door import look_at_door
from anpr.doctor.finding import Finding
from anpr.doctor.flows import look_at_flows
from anpr.doctor.machine import look_at_disk, look_at_folder, look_at_machine, look_at_python, look_at_vision
from anpr.doctor.store import look_at_lez_store, look_at_store
from anpr.doctor.workers import look_at_workers
from anpr.platform import settings_of_running
from anpr.settings import Settings

__all__ = ["examine"]

Look = Callable[[Settings], Iterator[Finding]]
LOOKS: Mapping[str, Look] = {
    "python": look_at_python,
    "data folder": look_at_folder,
    "disk": look_at_disk,
    "broker": look_at_broker,
    "store": look_at_store,
    "lez store": look_at_lez_store,
    "flows": look_at_flows,
    "workers": look_at_workers,
    "door": look_at_door,
    "vision": look_at_vision,
    "machine": look_at_machine,
}


def examine(settings: Settings, *, without: Collection[str] = ()) -> Iterator[Finding]:
    """Look at everything, and change nothing. Where the data folder's own platform runs, at that.

    without: what is not looked at.
    """
    found = settings_of_running(settings) or settings
    for what, look in LOOKS.items():
        if what not in without:
            yield from look(found)
