"""Publish the contracts: JSON Schemas in schemas/json/<contract>/<version>.json, tables in docs/contracts.md.

`python -m schemas.export` writes both, `--docs` the tables only; `--check` writes nothing and exits 1 with
the names that differ. Files of earlier versions are never touched: their messages may still be in a log.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from schemas.base import Contract
from schemas.registry import CONTRACTS
from schemas.upgrading import UPGRADING

__all__ = ["docs_page", "main", "publications", "schema_document", "schema_path"]

ROOT = Path(__file__).resolve().parent.parent
DOCS = "docs/contracts.md"
REPAIR = "python -m schemas.export"
Schema = dict[str, Any]


class _Plain(GenerateJsonSchema):
    """Without a title per field: it would only repeat the field's name."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002 - signature of pydantic
        return False


def schema_path(contract: str, version: int) -> str:
    """Where a schema is published, relative to the root of the tree."""
    return f"schemas/json/{contract}/{version}.json"


def schema_document(model: type[Contract]) -> Schema:
    """JSON Schema (2020-12) of a contract, keys in a fixed order, fields in the order of the model.

    `additionalProperties` is left open on purpose: a reader ignores fields that it does not know.
    """
    made = model.model_json_schema(schema_generator=_Plain)
    identity = {
        "$schema": GenerateJsonSchema.schema_dialect,
        "$id": f"urn:anpr:schema:{model.contract}:{model.version}",
    }
    first = [key for key in ("title", "description", "type", "properties", "required") if key in made]
    return identity | {key: made[key] for key in first} | made  # the rest behind, `$defs` among it


def publications(root: Path = ROOT) -> dict[Path, str]:
    """Every generated file below `root` → its wanted text."""
    wanted = {root / DOCS: docs_page()}
    for model in CONTRACTS.values():
        text = json.dumps(schema_document(model), indent=2, ensure_ascii=False) + "\n"
        wanted[root / schema_path(model.contract, model.version)] = text
    return wanted


# ---- the tables for people -------------------------------------------------------------------------------

INTRODUCTION = f"""# Contracts

Every message in every topic, field by field. Made from the models by `{REPAIR} --docs`; do not edit.

- A reader ignores fields that it does not know.
- A field with a default may be left out, and our own writers leave it out when it has that value. Absent and
  null are the same for a field whose default is "absent".
- Times are RFC 3339 with a zone. Without `schema_version` a message is of version 1.
- Within one version no field goes, changes its type, bounds or default, and none comes that must be there
  (`python -m schemas.compatibility` refuses it).
"""


def docs_page() -> str:
    """The page `docs/contracts.md`: one section per contract, then one per part that contracts share."""
    parts: dict[str, Schema] = {}
    sections = []
    for name, model in CONTRACTS.items():
        schema = schema_document(model)
        parts |= schema.get("$defs", {})
        sections.append(_section(f"{name}, version {model.version}", schema))
    sections += [_section(part, parts[part]) for part in sorted(parts)]
    return "\n".join([INTRODUCTION, UPGRADING, *sections])


def _section(title: str, schema: Schema) -> str:
    required = schema.get("required", [])
    lines = ["| field | type | required / default | meaning |", "|---|---|---|---|"]
    for name, field in schema["properties"].items():
        need = "required" if name in required else _default(field)
        cells = (f"`{name}`", type_in_words(field), need, field["description"])
        lines.append("| " + " | ".join(_cell(cell) for cell in cells) + " |")
    return f"## {title}\n\n{schema['description']}\n\n" + "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _default(field: Schema) -> str:
    value = field.get("default")
    return "absent" if value is None else f"`{json.dumps(value, ensure_ascii=False)}`"


def type_in_words(field: Schema) -> str:
    """A field's schema as a phrase: `integer 0 to 32`, `list of UUID`, `text, 1 to 24 characters`, …"""
    if "$ref" in field:
        part = field["$ref"].rpartition("/")[2]
        return f"[{part}](#{part.lower()})"
    if "anyOf" in field:
        return " or ".join(type_in_words(option) for option in field["anyOf"] if option != {"type": "null"})
    if "const" in field:
        return f"`{field['const']}`"
    if "enum" in field:
        return " \u00b7 ".join(f"`{value}`" for value in field["enum"])
    if field["type"] == "array":
        return f"list of {type_in_words(field['items'])}"
    return _scalar(field)


def _scalar(field: Schema) -> str:
    kind = str(field.get("format") or field["type"])
    if kind == "string":
        return ", ".join(["text", *_text_bounds(field)])
    words = {"date-time": "time", "uuid": "UUID", "boolean": "true or false"}
    return " ".join([words.get(kind, kind), *_number_bounds(field)])


def _number_bounds(field: Schema) -> Iterator[str]:
    low = field.get("minimum", field.get("exclusiveMinimum"))
    if low is not None:
        yield f"{'above' if 'exclusiveMinimum' in field else 'from'} {low}"
    high = field.get("maximum", field.get("exclusiveMaximum"))
    if high is not None:
        yield f"{'to below' if 'exclusiveMaximum' in field else 'to'} {high}"


def _text_bounds(field: Schema) -> Iterator[str]:
    least, most = field.get("minLength", 0), field.get("maxLength")
    if most is not None:
        yield f"{least} to {most} characters"
    elif least:
        yield f"at least {least} characters"
    if "pattern" in field:
        yield f"`{field['pattern']}`"


# ---- the command -----------------------------------------------------------------------------------------


def differing(wanted: dict[Path, str]) -> list[Path]:
    """The files that are missing or hold something else."""
    return [path for path, text in wanted.items() if not path.is_file() or path.read_text("utf-8") != text]


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Write what differs, or with `--check` only say it. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m schemas.export", description="Publish the contracts.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if something differs")
    parser.add_argument("--docs", action="store_true", help=f"only {DOCS}")
    options = parser.parse_args(arguments)
    wanted = publications(root)
    if options.docs:
        wanted = {root / DOCS: wanted[root / DOCS]}
    changed = differing(wanted)
    if options.check:
        return _report(changed, root)
    for path in changed:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(wanted[path], "utf-8")
        print(f"wrote {path.relative_to(root)}")
    return 0


def _report(changed: list[Path], root: Path) -> int:
    for path in changed:
        print(f"differs from the models: {path.relative_to(root)}", file=sys.stderr)
    if changed:
        print(f"repair with: {REPAIR}", file=sys.stderr)
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main())
