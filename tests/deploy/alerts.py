"""Alert rules as data, and what fires of them over given series: Prometheus' own order of things, once a minute."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import promql_parser as ql
import yaml

from tests.deploy.deployment import ROOT
from tests.deploy.evaluate import NAME, Labels, Recording, evaluate, labels_of
from tests.deploy.recording import values_of

__all__ = ["RULES", "Firing", "Rule", "filled", "firing", "load_rules", "recorded"]

RULES = ROOT / "deploy" / "prometheus-rules.yml"
MINUTE_S = 60.0
_TEMPLATE = re.compile(r"\{\{ \$labels\.(\w+) \}\}")
_UNITS = {"s": 1, "m": 60, "h": 3600}


@dataclass(frozen=True, slots=True)
class Rule:
    """One alert."""

    name: str
    expr: str
    for_s: float
    labels: Mapping[str, str]
    annotations: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Firing:
    """An alert that fires, with all of its labels but its name."""

    rule: Rule
    labels: Labels

    @property
    def annotations(self) -> dict[str, str]:
        """As whoever is called reads them."""
        return {name: filled(text, dict(self.labels)) for name, text in self.rule.annotations.items()}


def load_rules(path: Path = RULES) -> list[Rule]:
    """All alerts of a file."""
    content = yaml.safe_load(path.read_text("utf-8"))
    return [_rule(rule) for group in content["groups"] for rule in group["rules"]]


def _rule(content: Mapping[str, Any]) -> Rule:
    wait = str(content.get("for", "0s"))
    return Rule(
        content["alert"],
        content["expr"],
        float(wait[:-1]) * _UNITS[wait[-1]],
        content["labels"],
        content["annotations"],
    )


def filled(text: str, labels: Mapping[str, str]) -> str:
    """A sentence with the labels of the alert in it. Raises ValueError for any other template."""
    shown = _TEMPLATE.sub(lambda match: labels.get(match[1], ""), text)
    if "{{" in shown:
        raise ValueError(f"only labels are filled in: {text}")
    return shown


def recorded(series: Mapping[str, str]) -> Recording:
    """Series in promtool's notation, a value a minute from 0 on."""
    recording = Recording()
    for selector, text in series.items():
        tree: Any = ql.parse(selector)
        labels = {NAME: tree.name, **{one.name: one.value for one in tree.matchers.matchers}}
        for number, value in enumerate(values_of(text)):
            if value is not None:
                recording.add(labels, number * MINUTE_S, value)
    return recording


def firing(rule: Rule, recording: Recording, minutes: int) -> list[Firing]:
    """What fires after so many minutes: what was wrong at each look for as long as the rule waits."""
    since: dict[Labels, float] = {}
    for number in range(minutes + 1):
        now = number * MINUTE_S
        wrong = set(_wrong(rule, recording, now))
        since = {labels: since.get(labels, now) for labels in wrong}
    end = minutes * MINUTE_S
    return [Firing(rule, labels) for labels, begun in sorted(since.items()) if end - begun >= rule.for_s]


def _wrong(rule: Rule, recording: Recording, at: float) -> Iterator[Labels]:
    for sample in evaluate(rule.expr, recording, at):
        told = {name: value for name, value in sample.labels if name != NAME}
        yield labels_of({**told, **rule.labels})
