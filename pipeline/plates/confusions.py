"""Which characters a reader takes for which, from confusions.yaml."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from importlib.resources import files

import yaml

__all__ = ["MISREAD_SHARE", "confused_with"]

MISREAD_SHARE = 0.02
"""Share of characters taken for a look-alike of weight 1 where the reader tells no doubt. Assumption."""


@functools.cache
def confused_with() -> Mapping[str, Mapping[str, float]]:
    """For each character as read: what it may be instead, with the probability, 0-1. Both ways alike."""
    table: dict[str, dict[str, float]] = {}
    for row in yaml.safe_load(files(__package__).joinpath("confusions.yaml").read_text("utf-8")):
        for pair in row["pairs"].split():
            one, other = pair
            share = MISREAD_SHARE * row["weight"]
            table.setdefault(one, {})[other] = share
            table.setdefault(other, {})[one] = share
    return table
