"""store: everything kept → the database of the police."""

from __future__ import annotations

from collections.abc import Mapping

from anpr.assembly.parts import Assembly, Parts
from anpr.assembly.storing import storing
from sinks.clickhouse.controllers import POLICE

__all__ = ["assemble"]


def assemble(parts: Parts, logs: Mapping[str, str]) -> Assembly:
    """The parts of the flow."""
    return storing(POLICE, parts.settings.dsn(), parts, logs)
