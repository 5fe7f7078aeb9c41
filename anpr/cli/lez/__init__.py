"""`anpr lez assess | explain | calendar …`."""

from __future__ import annotations

from importlib import import_module

COMMANDS = ("assess", "calendar", "explain_stored", "confirm", "notices", "rejudge", "report", "what_if")
"""The modules, of this package, that register the commands; in the order of the help."""

for _command in COMMANDS:
    import_module(f"{__name__}.{_command}")
