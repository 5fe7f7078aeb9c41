"""A door on a broker of its own."""

from tests.anpr.door.conftest import broker_process, gate, idle_gate

__all__ = ["broker_process", "gate", "idle_gate"]
