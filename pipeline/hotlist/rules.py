"""From which probability on somebody is told, per kind of list; and how likely a match is before anybody looked."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from importlib.resources import files
from typing import NamedTuple, get_args

import numpy as np
import yaml
from numpy.typing import NDArray

from schemas.hotlist import ListKind

__all__ = ["KINDS", "KIND_NUMBERS", "PLATE_TEXTS", "ListRule", "list_rules", "odds_of_lists"]

KINDS: tuple[ListKind, ...] = get_args(ListKind)
KIND_NUMBERS: Mapping[str, int] = {kind: number for number, kind in enumerate(KINDS)}
PLATE_TEXTS = 35_000_000
"""Texts over which plates on the road are spread: two Belgian series of today, 26 x 26 x 26 x 1000 each."""


class ListRule(NamedTuple):
    """What holds for one kind of list."""

    kind: ListKind
    traffic: float
    """Share of passages whose vehicle is on it, 0-1."""
    alert_from: float
    confirm_from: float
    urgent: bool


@functools.cache
def list_rules() -> tuple[ListRule, ...]:
    """One for each of KINDS, in their order. Raises KeyError where rules.yaml lacks one."""
    rows = yaml.safe_load(files(__package__).joinpath("rules.yaml").read_text("utf-8"))
    found = {row["kind"]: ListRule(**row) for row in rows}
    return tuple(found[kind] for kind in KINDS)


def odds_of_lists(entries: NDArray[np.int64]) -> NDArray[np.float64]:
    """How much likelier one listed plate is to pass than any one text of a plate. Per kind; entries: how many it has.

    Not above 1: to be listed makes nobody drive more. Below where a list is so long that most of it never passes.
    """
    traffic = np.array([rule.traffic for rule in list_rules()])
    return np.minimum(1.0, traffic * PLATE_TEXTS / np.maximum(entries, 1))
