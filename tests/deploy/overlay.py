"""One compose file over another, as Compose merges them (compose-spec, 13-merge.md), for the forms that ours use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import yaml

__all__ = ["load_overlay", "merged"]

_REPLACED = ("command", "entrypoint", "test")
"""Lists of which the later one counts alone."""


@dataclass(frozen=True)
class _Instead:
    """A value that is put in place of the earlier one; None: of nothing."""

    value: Any


class _Loader(yaml.SafeLoader):
    """Knows `!override` and `!reset`."""


def _override(loader: _Loader, node: yaml.Node) -> _Instead:
    plain: Callable[[yaml.Node], Any] = (
        (lambda one: loader.construct_sequence(one, deep=True))
        if isinstance(node, yaml.SequenceNode)
        else (lambda one: loader.construct_mapping(one, deep=True))
    )
    return _Instead(plain(node))


_Loader.add_constructor("!override", _override)
_Loader.add_constructor("!reset", lambda _loader, _node: _Instead(None))


def load_overlay(text: str) -> dict[str, Any]:
    """A compose file with these tags."""
    loaded: dict[str, Any] = yaml.load(text, _Loader)
    return loaded


def merged(under: Any, over: Any, key: str = "") -> Any:
    """`over` laid over `under`, both untouched."""
    if isinstance(over, _Instead):
        return over.value
    if isinstance(under, dict) and isinstance(over, dict):
        names = [*under, *(name for name in over if name not in under)]
        joined = {name: _member(under, over, name) for name in names}
        return {name: value for name, value in joined.items() if not _gone(over.get(name))}
    if isinstance(under, list) and isinstance(over, list) and key not in _REPLACED:
        return _by_target(under, over) if key == "volumes" else [*under, *over]
    return over


def _member(under: dict[str, Any], over: dict[str, Any], name: str) -> Any:
    if name not in over:
        return under[name]
    return merged(under.get(name), over[name], name)


def _gone(value: Any) -> bool:
    return isinstance(value, _Instead) and value.value is None


def _by_target(under: list[str], over: list[str]) -> list[str]:
    """A mount replaces an earlier one at the same place."""
    found = {_target(volume): volume for volume in [*under, *over]}
    return list(found.values())


def _target(volume: str) -> str:
    """SOURCE:TARGET[:ro], where the source may hold a `${VARIABLE:-default}`."""
    parts = volume.removesuffix(":ro").rpartition(":")
    return parts[2]
