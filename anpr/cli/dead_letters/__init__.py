"""`anpr dead-letters list | show | replay`."""

from __future__ import annotations

from importlib import import_module

COMMANDS = ("list", "show", "replay")
"""The modules, of this package, that register the commands; in the order of the help."""

for _command in COMMANDS:
    import_module(f"{__name__}.{_command}")
