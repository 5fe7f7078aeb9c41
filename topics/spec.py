"""Load the topic files of a folder and check them, each alone and all together."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from schemas.registry import CONTRACTS
from topics.model import Topics, TopicSpec
from topics.rules import ContractFacts, Problem, find_problems

__all__ = ["TopicError", "TopicSpec", "Topics", "all_topics", "load_topics"]

_FOLDER = Path(__file__).parent


class TopicError(ValueError):
    """Topic files are faulty. One line per fault: file, field, what to do."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(map(str, self.problems)))


@cache
def all_topics() -> Topics:
    """The topics of this system, loaded once. Raises TopicError."""
    return load_topics(_FOLDER)


def load_topics(folder: Path) -> Topics:
    """All `*.yaml` files of `folder` as topics. Raises TopicError with every fault that was found.

    Files that cannot be read alone are reported first; what files must agree on is checked once all can be read.
    """
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise TopicError([Problem("folder", folder.name, "*.yaml", "no topic file here: name the folder with them")])
    loaded = [_load_file(file) for file in files]
    if problems := [problem for item in loaded if isinstance(item, list) for problem in item]:
        raise TopicError(problems)
    topics = Topics({item.name: item for item in loaded if isinstance(item, TopicSpec)})
    if problems := find_problems(topics, _contract_facts()):
        raise TopicError(problems)
    return topics


def _contract_facts() -> dict[str, ContractFacts]:
    return {name: ContractFacts(model.version, frozenset(model.model_fields)) for name, model in CONTRACTS.items()}


def _load_file(file: Path) -> TopicSpec | list[Problem]:
    """The topic of one file, or what is wrong with it."""
    try:
        content = yaml.safe_load(file.read_bytes())
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        return [Problem("yaml", file.name, "the whole file", f"mend the YAML: {_one_line(error)}")]
    if not isinstance(content, dict):
        return [Problem("yaml", file.name, "the whole file", "write a mapping of fields, see the other files")]
    if "name" in content:
        return [Problem("field", file.name, "name", "remove it: the file name is the topic name")]
    return _validate(file, content)


def _validate(file: Path, content: dict[Any, Any]) -> TopicSpec | list[Problem]:
    try:
        return TopicSpec.model_validate({**content, "name": file.stem})
    except ValidationError as error:
        return [
            Problem("field", file.name, ".".join(map(str, fault["loc"])), _advice(fault["type"], fault["msg"]))
            for fault in error.errors(include_url=False)
        ]


def _advice(kind: str, message: str) -> str:
    """What to do, in words; pydantic's own message where it says so already."""
    known = {"missing": "add this field", "extra_forbidden": "no such field: remove it or correct its name"}
    return known.get(kind, f"correct it: {message[0].lower()}{message[1:]}")


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
