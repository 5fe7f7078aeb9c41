"""PromQL over recorded series, as far as dashboards and alerts use it; anything else is an error.

Parsed by `promql_parser`, the grammar of Prometheus itself in Rust; evaluated here, so that panels and alerts are tried
in a clean clone without a server. `test_prometheus.py` compares the answers with those of Prometheus where it is there.
"""

from __future__ import annotations

import itertools
import math
import operator
import re
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import promql_parser as ql

__all__ = ["LOOK_BACK_S", "Labels", "Recording", "Sample", "Unsupported", "evaluate", "labels_of", "parsed"]

LOOK_BACK_S = 300.0
NAME = "__name__"
Labels = tuple[tuple[str, str], ...]
"""Sorted."""
Vector = dict[Labels, float]


class Unsupported(ValueError):
    """Something of PromQL that is not evaluated here."""


def labels_of(values: Mapping[str, str]) -> Labels:
    """A label set as a key; empty values are no labels."""
    return tuple(sorted((name, value) for name, value in values.items() if value))


@dataclass(frozen=True, slots=True)
class Sample:
    """A series and its value at one moment."""

    labels: Labels
    value: float


@dataclass(slots=True)
class Recording:
    """Series in memory: for each label set (`__name__` among them) moments in order, Unix time in s, and values."""

    series: dict[Labels, tuple[list[float], list[float]]] = field(default_factory=dict)
    _names: dict[str, list[Labels]] = field(default_factory=dict)

    def add(self, labels: Mapping[str, str], at: float, value: float) -> None:
        """One sample; those of a series in order of time."""
        key = labels_of(labels)
        if key not in self.series:
            self.series[key] = ([], [])
            self._names.setdefault(labels[NAME], []).append(key)
        moments, values = self.series[key]
        moments.append(at)
        values.append(value)

    def of(self, name: str) -> Sequence[Labels]:
        """Series of a metric."""
        return self._names.get(name, ())

    def names(self) -> frozenset[str]:
        """Metrics that there are."""
        return frozenset(self._names)

    def moments(self) -> list[float]:
        """When something was recorded."""
        return sorted({at for moments, _ in self.series.values() for at in moments})

    def span(self) -> tuple[float, float]:
        """First and last moment."""
        moments = self.moments()
        return moments[0], moments[-1]


@cache
def parsed(expression: str) -> Any:
    """The tree of an expression. Raises ValueError with what is wrong."""
    return ql.parse(expression)


def evaluate(expression: str, recording: Recording, at: float) -> list[Sample]:
    """The instant vector at a moment; a scalar is one sample without labels. NaN stays: whoever shows it decides."""
    found = _Evaluation(recording, at).of(parsed(expression))
    if isinstance(found, float):
        return [Sample((), found)]
    return [Sample(labels, value) for labels, value in found.items()]


@dataclass(frozen=True, slots=True)
class _Evaluation:
    recording: Recording
    at: float

    def of(self, node: Any) -> Vector | float:
        """A vector, or a scalar."""
        work = _NODES.get(type(node))
        if work is None:
            raise Unsupported(f"{type(node).__name__} is not in use here")
        return work(self, node)

    def _vector(self, node: Any) -> Vector:
        found = self.of(node)
        if isinstance(found, float):
            raise Unsupported("a scalar where a vector is needed")
        return found

    def _negative(self, node: Any) -> Vector | float:
        found = self.of(node.expr)
        return -found if isinstance(found, float) else {_bare(labels): -value for labels, value in found.items()}

    def _matching(self, selector: Any) -> Iterator[tuple[Labels, list[float], list[float], float]]:
        """Series with their samples, and the moment to look from."""
        if selector.at is not None or not selector.name:
            raise Unsupported("a selector needs a name, and takes no @")
        at = self.at - (selector.offset.total_seconds() if selector.offset else 0.0)
        tests = [_matcher(one) for one in selector.matchers.matchers]
        for labels in self.recording.of(selector.name):
            told = dict(labels)
            if all(test(told) for test in tests):
                moments, values = self.recording.series[labels]
                yield labels, moments, values, at

    def _instant(self, selector: Any) -> Vector:
        found: Vector = {}
        for labels, moments, values, at in self._matching(selector):
            last = bisect_right(moments, at) - 1
            if last >= 0 and moments[last] > at - LOOK_BACK_S:
                found[labels] = values[last]
        return found

    def _ranges(self, node: Any) -> Iterator[tuple[Labels, list[float], list[float], float, float]]:
        """Labels, moments, values within the range, begin and end of it."""
        if not isinstance(node, ql.MatrixSelector):
            raise Unsupported("a range is taken of a metric only")
        length = node.range.total_seconds()
        for labels, moments, values, at in self._matching(node.vector_selector):
            first, end = bisect_right(moments, at - length), bisect_right(moments, at)
            if end > first:
                yield _bare(labels), moments[first:end], values[first:end], at - length, at

    def _call(self, node: Any) -> Vector | float:
        name, arguments = node.func.name, node.args
        if name == "time":
            return float(self.at)
        if name == "vector":
            return {(): self._scalar(arguments[0])}
        if name == "absent":
            return {} if self._vector(arguments[0]) else {_absent(arguments[0]): 1.0}
        if name == "histogram_quantile":
            return _quantiles(self._scalar(arguments[0]), self._vector(arguments[1]))
        if name in _OVER_TIME:
            ranges = self._ranges(arguments[0])
            found = {labels: _OVER_TIME[name](m, v, start, end) for labels, m, v, start, end in ranges}
            return {labels: value for labels, value in found.items() if value is not None}
        if name == "clamp_max":
            most = self._scalar(arguments[1])
            return {_bare(labels): min(value, most) for labels, value in self._vector(arguments[0]).items()}
        raise Unsupported(f"function {name} is not in use here")

    def _scalar(self, node: Any) -> float:
        found = self.of(node)
        if not isinstance(found, float):
            raise Unsupported("a vector where a scalar is needed")
        return found

    def _aggregate(self, node: Any) -> Vector:
        work = _AGGREGATIONS.get(str(node.op))
        if work is None or node.param is not None:
            raise Unsupported(f"aggregation {node.op} is not in use here")
        groups: dict[Labels, list[float]] = {}
        for labels, value in self._vector(node.expr).items():
            groups.setdefault(_grouped(labels, node.modifier), []).append(value)
        return {labels: work(values) for labels, values in groups.items()}

    def _binary(self, node: Any) -> Vector | float:
        op, left, right = str(node.op), self.of(node.lhs), self.of(node.rhs)
        if op in _SETS:
            return _SETS[op](left, right, node.modifier)
        if isinstance(left, float) and isinstance(right, float):
            return _ARITHMETIC[op](left, right)
        if isinstance(left, float) or isinstance(right, float):
            return _with_scalar(op, left, right)
        return _joined(op, left, right, node.modifier)


_NODES: Mapping[type, Callable[[_Evaluation, Any], Vector | float]] = {
    ql.NumberLiteral: lambda _, node: float(node.val),
    ql.ParenExpr: lambda self, node: self.of(node.expr),
    ql.UnaryExpr: _Evaluation._negative,
    ql.VectorSelector: _Evaluation._instant,
    ql.Call: _Evaluation._call,
    ql.AggregateExpr: _Evaluation._aggregate,
    ql.BinaryExpr: _Evaluation._binary,
}


def _bare(labels: Labels) -> Labels:
    return tuple(one for one in labels if one[0] != NAME)


def _matcher(one: Any) -> Callable[[Mapping[str, str]], bool]:
    name, value, op = one.name, one.value, one.op
    if op == ql.MatchOp.Equal:
        return lambda told: told.get(name, "") == value
    if op == ql.MatchOp.NotEqual:
        return lambda told: told.get(name, "") != value
    pattern = re.compile(value)
    if op == ql.MatchOp.Re:
        return lambda told: pattern.fullmatch(told.get(name, "")) is not None
    return lambda told: pattern.fullmatch(told.get(name, "")) is None


def _absent(node: Any) -> Labels:
    equal = [one for one in node.matchers.matchers if one.op == ql.MatchOp.Equal]
    return labels_of({one.name: one.value for one in equal})


def _grouped(labels: Labels, modifier: Any) -> Labels:
    if modifier is None:
        return ()
    if modifier.type == ql.AggModifierType.By:
        return tuple(one for one in labels if one[0] in modifier.labels)
    return tuple(one for one in _bare(labels) if one[0] not in modifier.labels)


_AGGREGATIONS: Mapping[str, Callable[[list[float]], float]] = {
    "sum": math.fsum,
    "max": lambda values: max(values, key=lambda v: -math.inf if math.isnan(v) else v),
    "min": lambda values: min(values, key=lambda v: math.inf if math.isnan(v) else v),
    "avg": lambda values: math.fsum(values) / len(values),
    "count": lambda values: float(len(values)),
}


def _increase(moments: list[float], values: list[float], start: float, end: float) -> float | None:
    """Prometheus' extrapolation: to the ends of the range where the samples come near them, and never below zero."""
    if len(moments) < 2:
        return None
    grown = values[-1] - values[0]
    for before, after in itertools.pairwise(values):
        if after < before:  # began anew
            grown += before
    sampled = moments[-1] - moments[0]
    average = sampled / (len(moments) - 1)
    to_start, to_end = moments[0] - start, end - moments[-1]
    if grown > 0 and values[0] >= 0:
        to_start = min(to_start, sampled * (values[0] / grown))
    near = average * 1.1
    stretched = sampled + (to_start if to_start < near else average / 2) + (to_end if to_end < near else average / 2)
    return grown * stretched / sampled


def _rate(moments: list[float], values: list[float], start: float, end: float) -> float | None:
    found = _increase(moments, values, start, end)
    return None if found is None else found / (end - start)


def _changes(_moments: list[float], values: list[float], _start: float, _end: float) -> float:
    return float(sum(1 for before, after in itertools.pairwise(values) if before != after))


_OVER_TIME: Mapping[str, Callable[[list[float], list[float], float, float], float | None]] = {
    "rate": _rate,
    "increase": _increase,
    "changes": _changes,
    "max_over_time": lambda _m, values, _s, _e: max(values),
    "min_over_time": lambda _m, values, _s, _e: min(values),
}


def _quantiles(share: float, vector: Vector) -> Vector:
    groups: dict[Labels, list[tuple[float, float]]] = {}
    for labels, value in vector.items():
        bound = float(dict(labels).get("le", "nan"))
        if not math.isnan(bound):
            rest = tuple(one for one in _bare(labels) if one[0] != "le")
            groups.setdefault(rest, []).append((bound, value))
    return {labels: _quantile(share, sorted(buckets)) for labels, buckets in groups.items()}


def _quantile(share: float, buckets: list[tuple[float, float]]) -> float:
    """Within a bucket evenly spread, as Prometheus does; the uppermost finite bound where it lies beyond."""
    if len(buckets) < 2 or buckets[-1][0] != math.inf or not buckets[-1][1] > 0:
        return math.nan
    highest = 0.0
    for number, (bound, count) in enumerate(buckets):
        highest = max(highest, count)
        buckets[number] = (bound, highest)
    rank = share * buckets[-1][1]
    place = next((n for n, (_, count) in enumerate(buckets[:-1]) if count >= rank), len(buckets) - 1)
    if place == len(buckets) - 1:
        return buckets[-2][0]
    bound, count = buckets[place]
    if place == 0 and bound <= 0:
        return bound
    low, below = buckets[place - 1] if place else (0.0, 0.0)
    return low + (bound - low) * ((rank - below) / (count - below))


def _divided(left: float, right: float) -> float:
    if right != 0:
        return left / right
    return math.nan if left == 0 or math.isnan(left) else math.copysign(math.inf, left) * math.copysign(1, right)


_ARITHMETIC: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divided,
}
_COMPARISONS: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    "<": operator.lt,
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}


def _with_scalar(op: str, left: Vector | float, right: Vector | float) -> Vector:
    vector = right if isinstance(left, float) else left
    assert isinstance(vector, dict)
    pairs = {labels: (left, value) if isinstance(left, float) else (value, right) for labels, value in vector.items()}
    if op in _COMPARISONS:
        return {labels: vector[labels] for labels, (a, b) in pairs.items() if _COMPARISONS[op](a, b)}  # type: ignore[arg-type]
    return {_bare(labels): _ARITHMETIC[op](a, b) for labels, (a, b) in pairs.items()}  # type: ignore[arg-type]


def _key(labels: Labels, modifier: Any) -> Labels:
    """What two sides must have in common."""
    told = getattr(modifier, "matching", None)
    bare = _bare(labels)
    if told is None:
        return bare
    if told.type == ql.LabelModifierType.Include:
        return tuple(one for one in bare if one[0] in told.labels)
    return tuple(one for one in bare if one[0] not in told.labels)


def _joined(op: str, left: Vector, right: Vector, modifier: Any) -> Vector:
    """One to one; `group_left`: many to one, with the labels of the many."""
    many = modifier is not None and "ManyToOne" in str(modifier.card)
    if modifier is not None and not many and "OneToOne" not in str(modifier.card):
        raise Unsupported(f"matching {modifier.card} is not in use here")
    others: dict[Labels, float] = {}
    for labels, value in right.items():
        key = _key(labels, modifier)
        if key in others:
            raise Unsupported(f"two series for {dict(key)}")
        others[key] = value
    found: Vector = {}
    for labels, value in left.items():
        key = _key(labels, modifier)
        if key not in others:
            continue
        kept = labels if many else key
        if op in _COMPARISONS:
            if _COMPARISONS[op](value, others[key]):
                found[labels if modifier is None or many else key] = value
        else:
            found[_bare(kept)] = _ARITHMETIC[op](value, others[key])
    return found


def _either(left: Vector | float, right: Vector | float, modifier: Any) -> Vector:
    assert isinstance(left, dict)
    assert isinstance(right, dict)
    there = {_key(labels, modifier) for labels in left}
    return left | {labels: value for labels, value in right.items() if _key(labels, modifier) not in there}


def _both(left: Vector | float, right: Vector | float, modifier: Any) -> Vector:
    assert isinstance(left, dict)
    assert isinstance(right, dict)
    there = {_key(labels, modifier) for labels in right}
    return {labels: value for labels, value in left.items() if _key(labels, modifier) in there}


def _unless(left: Vector | float, right: Vector | float, modifier: Any) -> Vector:
    assert isinstance(left, dict)
    assert isinstance(right, dict)
    there = {_key(labels, modifier) for labels in right}
    return {labels: value for labels, value in left.items() if _key(labels, modifier) not in there}


_SETS: Mapping[str, Callable[[Vector | float, Vector | float, Any], Vector]] = {
    "or": _either,
    "and": _both,
    "unless": _unless,
}
