"""store-lez: lez-verdicts, -notices, -passes, -permits → the database of the zones."""

from __future__ import annotations

from collections.abc import Mapping

from anpr.assembly.parts import Assembly, Parts
from anpr.assembly.storing import storing
from sinks.clickhouse.controllers import LEZ

__all__ = ["assemble"]


def assemble(parts: Parts, logs: Mapping[str, str]) -> Assembly:
    """The parts of the flow."""
    return storing(LEZ, parts.settings.lez(), parts, logs)
