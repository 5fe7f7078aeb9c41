"""`anpr investigate route | companions | next | place | scenes | anomalies | patrols | travel | learn`, a file each."""

from __future__ import annotations

from importlib import import_module

QUESTIONS = ("route", "companions", "next_camera", "place", "scenes", "anomalies", "patrols", "travel")
"""The modules, of this package, that register the commands; in the order of the help."""

for _question in QUESTIONS:
    import_module(f"{__name__}.{_question}")
