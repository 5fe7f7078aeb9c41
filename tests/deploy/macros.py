"""Variables of Grafana and macros of its ClickHouse plugin, expanded as these do; any other is an error."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

__all__ = ["MacroFault", "Span", "expand_macros"]

_VARIABLE = re.compile(r"\$\{(\w+):sqlstring\}")
_MACRO = re.compile(r"\$__(\w+)(?:\(([^()]*)\))?")


class MacroFault(ValueError):
    """A macro that is not known, or used wrongly."""


@dataclass(frozen=True, slots=True)
class Span:
    """What a dashboard shows: from, to, and the width of one point."""

    start: datetime
    end: datetime
    interval_s: int


def expand_macros(sql: str, span: Span, chosen: Mapping[str, str] | None = None) -> str:
    """The query that reaches ClickHouse. chosen: variable → what is chosen at the top. Raises MacroFault."""
    filled = _VARIABLE.sub(lambda match: _quoted(match[1], chosen or {}), sql)
    text = _MACRO.sub(lambda match: _expanded(match, span), filled)
    if "$" in text:
        raise MacroFault(f"left over: {text[text.index('$') :][:30]}")
    return text


def _quoted(name: str, chosen: Mapping[str, str]) -> str:
    if name not in chosen:
        raise MacroFault(f"nobody chooses ${name}")
    return "'" + chosen[name].replace("'", "''") + "'"


def _expanded(match: re.Match[str], span: Span) -> str:
    name, argument = match[1], match[2]
    interval_s = max(1, span.interval_s)
    if name == "interval_s":
        return str(interval_s) + ("" if argument is None else f"({argument})")
    if not argument or "," in argument:
        raise MacroFault(f"$__{name} takes one column")
    if name == "timeFilter":
        start, end = int(span.start.timestamp()), int(span.end.timestamp())
        return f"{argument} >= toDateTime({start}) AND {argument} <= toDateTime({end})"
    if name == "dateFilter":
        return f"{argument} >= toDate('{span.start:%Y-%m-%d}') AND {argument} <= toDate('{span.end:%Y-%m-%d}')"
    if name == "timeInterval":
        return f"toStartOfInterval(toDateTime({argument}), INTERVAL {interval_s} second)"
    raise MacroFault(f"unknown macro $__{name}")
