"""What holds for the cases of each kind of list: who is called when, and when a case ends by itself."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping
from datetime import timedelta
from importlib.resources import files
from typing import Literal, NamedTuple

import yaml

from schemas.hotlist import ListKind

__all__ = ["FALSE_HOLDS", "FORGET_AFTER", "PUT_AWAY_AFTER", "CaseRule", "case_rules", "silence_of", "steps_of"]

FORGET_AFTER = timedelta(days=30)
"""A vehicle is forgotten so long after its last case: so long hits are kept, and may come again."""
PUT_AWAY_AFTER = timedelta(days=7)
"""So long a case that is over can be opened again or judged false; then only what was seen of it is remembered. A
hundred thousand hits a day, over two thousand bytes each, would fill the workers' memory in a month."""
FALSE_HOLDS = timedelta(hours=24)
"""So long a misread that was judged false wakes nobody again."""
PURSUIT_SILENCE = timedelta(hours=12)
"""Whoever pursues does not lose the case to half an hour without a camera."""
ANOMALY: ListKind = "clone_watch"
"""A plate at two places at once is dealt with as a plate that is watched for it."""


class CaseRule(NamedTuple):
    """What holds for one kind of list."""

    kind: ListKind
    alert: tuple[timedelta, ...]
    confirm: tuple[timedelta, ...]
    silence: timedelta


@functools.cache
def case_rules() -> Mapping[ListKind, CaseRule]:
    """Rule by kind."""
    rows = yaml.safe_load(files(__package__).joinpath("rules.yaml").read_text("utf-8"))
    return {
        row["kind"]: CaseRule(
            row["kind"], _spans(row["alert_s"]), _spans(row["confirm_s"]), timedelta(seconds=row["silence_s"])
        )
        for row in rows
    }


def _spans(seconds: Iterable[int]) -> tuple[timedelta, ...]:
    return tuple(timedelta(seconds=one) for one in sorted(seconds))


def steps_of(kinds: Iterable[ListKind], alert_class: Literal["alert", "confirm"]) -> tuple[timedelta, ...]:
    """After how long without acknowledgement a case of these kinds is escalated; no kind: it rests on an anomaly."""
    rules = [case_rules()[kind] for kind in kinds] or [case_rules()[ANOMALY]]
    found = [rule.alert if alert_class == "alert" else rule.confirm for rule in rules]
    return min((steps for steps in found if steps), default=())


def silence_of(kinds: Iterable[ListKind], *, pursued: bool) -> timedelta:
    """After how much silence a case of these kinds ends."""
    rules = [case_rules()[kind] for kind in kinds] or [case_rules()[ANOMALY]]
    longest = max(rule.silence for rule in rules)
    return max(longest, PURSUIT_SILENCE) if pursued else longest
