"""A YAML text with the line of each of its parts, so that an error can say where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import yaml

__all__ = ["Document", "Path", "Problem", "read_document"]

Path = tuple[str | int, ...]
Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml's, where there is one: the law books are read at each start of a worker that judges."""


class Problem(ValueError):
    """One thing that is wrong in a file: `brussels.yaml:41: …`."""

    def __init__(self, file: str, line: int, text: str) -> None:
        super().__init__(f"{file}:{line}: {text}")
        self.line = line


class Document:
    """The data of a file, and where in it each part begins."""

    def __init__(self, file: str, data: Any, root: yaml.Node) -> None:
        self.file, self.data, self._root = file, data, root

    def line(self, path: Path) -> int:
        """Line, from 1, of a part, or of the nearest one around it that is there."""
        node = self._root
        line = node.start_mark.line
        for step in path:
            found = _child(node, step)
            if found is None:
                break
            line, node = found
        return line + 1

    def problem(self, path: Path, text: str) -> Problem:
        """An error at a part."""
        return Problem(self.file, self.line(path), text)

    def parts(self, *path: str) -> Sequence[Any]:
        """A list in the file; empty where there is none. Raises Problem where something else is there."""
        found = self.data
        for step in path:
            found = found.get(step, []) if isinstance(found, dict) else []
        if not isinstance(found, list):
            raise self.problem(path, f"{'.'.join(path)} must be a list")
        return found


def read_document(file: str, text: str) -> Document:
    """Raises Problem for what is no YAML mapping, and for a key that is there twice."""
    try:
        loader = Loader(text)
        root = loader.get_single_node()
        # As written, before data is made of it: that puts merged mappings in.
        repeated = list(_repeated(root)) if isinstance(root, yaml.MappingNode) else []
        data = None if root is None else loader.construct_document(root)
    except (yaml.YAMLError, ValueError) as error:
        mark = getattr(error, "problem_mark", None)
        said = getattr(error, "problem", None) or str(error)
        raise Problem(file, mark.line + 1 if mark else 1, f"no YAML: {said}") from error
    if not isinstance(root, yaml.MappingNode):
        raise Problem(file, 1, "must be a mapping")
    for mark, key in repeated:
        raise Problem(file, mark.line + 1, f"{key} is there twice")
    return Document(file, data, root)


def _child(node: yaml.Node, step: str | int) -> tuple[int, yaml.Node] | None:
    """Line and node of a part."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value == str(step):
                return key.start_mark.line, value
    elif isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark.line, node.value[step]
    return None


def _repeated(node: yaml.Node) -> Iterator[tuple[Any, str]]:
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for key, value in node.value:
            if isinstance(key, yaml.ScalarNode):  # others are no keys, which is told where data is made of them
                if key.value in seen:
                    yield key.start_mark, key.value
                seen.add(key.value)
            yield from _repeated(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            yield from _repeated(value)
