"""Grounds of exemption, by the names that registers, decisions and law files share."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from importlib.resources import files

import yaml

from pipeline.lez.model import Names

__all__ = ["load_grounds"]


@functools.cache
def load_grounds() -> Mapping[str, Names]:
    """Ground → what it is called."""
    text = files(__package__).joinpath("grounds.yaml").read_text("utf-8")
    return {name: Names.model_validate(names) for name, names in yaml.safe_load(text).items()}
