"""`anpr hotlist add | remove | import | diff | export | show`."""

from __future__ import annotations

from importlib import import_module

COMMANDS = ("change", "files", "show")
"""The modules, of this package, that register the commands; in the order of the help."""

for _command in COMMANDS:
    import_module(f"{__name__}.{_command}")
