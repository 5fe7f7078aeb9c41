"""JSON Schema, as much of it as Compose's official schema uses; an unknown keyword is an error, not a pass.

`compose-spec.json` is the schema of the Compose Specification (github.com/compose-spec/compose-spec, Apache-2.0).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

__all__ = ["compose_schema", "schema_faults"]

Schema = Mapping[str, Any]
_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "null": (type(None),),
    "integer": (int,),
    "number": (int, float),
}
_SILENT = {"description", "title", "default", "deprecated", "format", "$schema", "$id", "$defs"}


def compose_schema() -> Schema:
    """The official schema of compose files."""
    text = Path(__file__).with_name("compose-spec.json").read_text("utf-8")
    loaded: Schema = json.loads(text)
    return loaded


def schema_faults(value: object, schema: Schema, root: Schema | None = None, at: str = "") -> list[str]:
    """What is wrong with a value, each with its place. Raises KeyError for a keyword that is not known here."""
    root = schema if root is None else root
    found: list[str] = []
    for keyword in schema.keys() - _SILENT:
        found += _KEYWORDS[keyword](value, schema, root, at)
    return found


def _is(value: object, name: str) -> bool:
    if isinstance(value, bool) and name != "boolean":
        return False
    return isinstance(value, _TYPES[name])


def _type(value: object, schema: Schema, _root: Schema, at: str) -> Iterator[str]:
    names = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if not any(_is(value, name) for name in names):
        yield f"{at}: {value!r} is not of type {' or '.join(names)}"


def _ref(value: object, schema: Schema, root: Schema, at: str) -> list[str]:
    return schema_faults(value, _resolved(schema, root), root, at)


def _resolved(schema: Schema, root: Schema) -> Schema:
    target = root
    for part in schema["$ref"].removeprefix("#/").split("/"):
        target = target[part]
    return target


def _properties(value: object, schema: Schema, root: Schema, at: str) -> Iterator[str]:
    if isinstance(value, dict):
        for name in value.keys() & schema["properties"].keys():
            yield from schema_faults(value[name], schema["properties"][name], root, f"{at}.{name}")


def _pattern_properties(value: object, schema: Schema, root: Schema, at: str) -> Iterator[str]:
    if isinstance(value, dict):
        for pattern, inner in schema["patternProperties"].items():
            for name in value:
                if re.search(pattern, str(name)):
                    yield from schema_faults(value[name], inner, root, f"{at}.{name}")


def _additional(value: object, schema: Schema, root: Schema, at: str) -> Iterator[str]:
    if not isinstance(value, dict) or schema["additionalProperties"] is True:
        return
    for name in (name for name in value if not _named(schema, str(name))):
        if schema["additionalProperties"] is False:
            yield f"{at}: {name} is not known here"
        else:
            yield from schema_faults(value[name], schema["additionalProperties"], root, f"{at}.{name}")


def _named(schema: Schema, name: str) -> bool:
    patterns = schema.get("patternProperties", {})
    return name in schema.get("properties", {}) or any(re.search(pattern, name) for pattern in patterns)


def _unevaluated(value: object, schema: Schema, root: Schema, at: str) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (f"{at}: {name} is not known here" for name in value if not _evaluated(schema, root, str(name)))


def _evaluated(schema: Schema, root: Schema, name: str) -> bool:
    """Whether a schema, or one it is made of, speaks of this property."""
    parts = list(schema.get("allOf", ()))
    if "$ref" in schema:
        parts.append(_resolved(schema, root))
    return _named(schema, name) or any(_evaluated(part, root, name) for part in parts)


def _items(value: object, schema: Schema, root: Schema, at: str) -> Iterator[str]:
    if isinstance(value, list):
        for number, item in enumerate(value):
            yield from schema_faults(item, schema["items"], root, f"{at}[{number}]")


def _required(value: object, schema: Schema, _root: Schema, at: str) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (f"{at}: {name} is missing" for name in schema["required"] if name not in value)


def _enum(value: object, schema: Schema, _root: Schema, at: str) -> Iterator[str]:
    if value not in schema["enum"]:
        yield f"{at}: {value!r} is none of {schema['enum']}"


def _unique(value: object, schema: Schema, _root: Schema, at: str) -> Iterator[str]:
    if schema["uniqueItems"] and isinstance(value, list) and len({json.dumps(item) for item in value}) < len(value):
        yield f"{at}: holds the same item twice"


def _pattern(value: object, schema: Schema, _root: Schema, at: str) -> Iterator[str]:
    if isinstance(value, str) and not re.search(schema["pattern"], value):
        yield f"{at}: {value!r} does not look like {schema['pattern']}"


def _bounds(value: object, schema: Schema, _root: Schema, at: str) -> Iterator[str]:
    if isinstance(value, int | float) and not isinstance(value, bool):
        low, high = schema.get("minimum", value), schema.get("maximum", value)
        if not low <= value <= high:
            yield f"{at}: {value} is not within {low} to {high}"


def _all_of(value: object, schema: Schema, root: Schema, at: str) -> Iterator[str]:
    for part in schema["allOf"]:
        yield from schema_faults(value, part, root, at)


def _any_of(value: object, schema: Schema, root: Schema, at: str) -> list[str]:
    tried = [schema_faults(value, part, root, at) for part in schema["anyOf"]]
    return [] if [] in tried else min(tried, key=len)


def _one_of(value: object, schema: Schema, root: Schema, at: str) -> list[str]:
    tried = [schema_faults(value, part, root, at) for part in schema["oneOf"]]
    fitting = tried.count([])
    if fitting > 1:
        return [f"{at}: fits {fitting} of the alternatives, should fit one"]
    return [] if fitting else min(tried, key=lambda faults: (all("is not of type" in f for f in faults), len(faults)))


_KEYWORDS: Mapping[str, Callable[[object, Schema, Schema, str], Iterator[str] | list[str]]] = {
    "type": _type,
    "$ref": _ref,
    "properties": _properties,
    "patternProperties": _pattern_properties,
    "additionalProperties": _additional,
    "unevaluatedProperties": _unevaluated,
    "items": _items,
    "required": _required,
    "enum": _enum,
    "uniqueItems": _unique,
    "pattern": _pattern,
    "minimum": _bounds,
    "maximum": _bounds,
    "allOf": _all_of,
    "anyOf": _any_of,
    "oneOf": _one_of,
}
