"""Refuse a change that breaks readers of a published version of a contract.

Within one version readers are compatible both ways: today's program reads yesterday's messages (backward) and
yesterday's program reads today's (forward), because workers roll one after the other and logs are replayed.
So a bound may become neither tighter nor looser, and an enum gets no new value. Free are: a new field with a
default, and every word of description. Anything else needs a new version of the contract.

`python -m schemas.compatibility` compares the models with the published files of the working tree and with
those of the last commit (`--against REV`: of that one), so that editing a model and its file together does
not slip through. Exit 1 lists what would break.
"""

from __future__ import annotations

import argparse
import io
import json
import math
import subprocess
import sys
import tarfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from schemas.base import Contract
from schemas.export import ROOT, schema_document, schema_path
from schemas.registry import CONTRACTS

__all__ = ["breaking_changes", "main", "published_at", "published_here", "violations"]

Schema = dict[str, Any]
Published = dict[str, Schema]  # path relative to the root → schema

FOLDER = "schemas/json"
WORDS = frozenset({"$schema", "$id", "$comment", "$defs", "title", "description", "examples", "deprecated"})
"""Keywords that say something to people only."""
LOWER = frozenset({"minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"})
UPPER = frozenset({"maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"})
APART = frozenset({"properties", "required", "items", "enum", "default", "nullable"})
"""Keywords with a rule of their own below."""
BACKWARD = "older messages would be refused"
FORWARD = "readers in service would refuse newer messages"
EITHER = "older messages, or readers in service, would not fit"


# ---- two schemas -----------------------------------------------------------------------------------------


def breaking_changes(published: Schema, current: Schema) -> list[str]:
    """What readers of `published` cannot live with in `current`; one line each, with the place of the field.

    Both are JSON Schemas as pydantic writes them. Raises ValueError for a recursive one.
    """
    return list(_compare(_normal(published, published), _normal(current, current), "message"))


def _normal(schema: Schema, root: Schema, above: tuple[str, ...] = ()) -> Schema:
    """Without words, references replaced by what they point to, `const` as `enum`, `X or null` as a flag."""
    if reference := schema.get("$ref"):
        if reference in above:
            raise ValueError(f"recursive schema at {reference}")
        target = root["$defs"][reference.rpartition("/")[2]]
        schema, above = {**target, **{k: v for k, v in schema.items() if k != "$ref"}}, (*above, reference)
    plain = {key: value for key, value in schema.items() if key not in WORDS}
    if "const" in plain:
        plain["enum"] = [plain.pop("const")]
    if "properties" in plain:
        plain["properties"] = {k: _normal(v, root, above) for k, v in plain["properties"].items()}
    if isinstance(plain.get("items"), dict):
        plain["items"] = _normal(plain["items"], root, above)
    return _without_null(plain, root, above)


def _without_null(schema: Schema, root: Schema, above: tuple[str, ...]) -> Schema:
    options = schema.pop("anyOf", None)
    if options is None:
        return schema
    kept = [_normal(option, root, above) for option in options if option != {"type": "null"}]
    inner = kept[0] if len(kept) == 1 else {"anyOf": sorted(kept, key=_canonical)}
    return {**inner, **schema, "nullable": len(kept) < len(options)}


def _canonical(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def _compare(old: Schema, new: Schema, place: str) -> Iterator[str]:
    yield from _keywords(old, new, place)
    yield from _null(old, new, place)
    yield from _values(old, new, place)
    yield from _fields(old, new, place)
    if isinstance(old.get("items"), dict) and isinstance(new.get("items"), dict):
        yield from _compare(old["items"], new["items"], f"{place}[]")
    elif old.get("items") != new.get("items"):
        yield f"{place}: items changed: {EITHER}"


def _keywords(old: Schema, new: Schema, place: str) -> Iterator[str]:
    for key in sorted((old.keys() | new.keys()) - APART):
        before, after = old.get(key), new.get(key)
        if _canonical(before) == _canonical(after):
            continue
        if key in LOWER | UPPER:
            yield f"{place}: {_bound(key, before, after)}"
        else:
            yield f"{place}: {key} changed from {_canonical(before)} to {_canonical(after)}: {EITHER}"


def _bound(key: str, before: float | None, after: float | None) -> str:
    change = f"{key} {'none' if before is None else before} → {'none' if after is None else after}"
    unbounded = -math.inf if key in LOWER else math.inf
    was, now = (unbounded if bound is None else bound for bound in (before, after))
    tighter = now > was if key in LOWER else now < was
    return f"tighter {change}: {BACKWARD}" if tighter else f"looser {change}: {FORWARD}"


def _null(old: Schema, new: Schema, place: str) -> Iterator[str]:
    before, after = old.get("nullable", False), new.get("nullable", False)
    if before and not after:
        yield f"{place}: null no longer allowed: {BACKWARD}"
    if after and not before:
        yield f"{place}: null now allowed: {FORWARD}"


def _values(old: Schema, new: Schema, place: str) -> Iterator[str]:
    if "enum" not in old and "enum" not in new:
        return
    if "enum" not in old or "enum" not in new:
        closed = "enum" in new
        yield f"{place}: closed list {'added' if closed else 'dropped'}: {BACKWARD if closed else FORWARD}"
        return
    before, after = map(_canonical, old["enum"]), map(_canonical, new["enum"])
    gone, come = set(before), set(after)
    yield from (f"{place}: value {value} removed: {BACKWARD}" for value in sorted(gone - come))
    yield from (f"{place}: value {value} added: {FORWARD}" for value in sorted(come - gone))


def _fields(old: Schema, new: Schema, place: str) -> Iterator[str]:
    before, after = old.get("properties", {}), new.get("properties", {})
    for name in sorted(before.keys() - after.keys()):
        yield f"{place}.{name}: field removed: readers in service would lose it"
    for name in sorted(after.keys() - before.keys()):
        if name in new.get("required", []):
            yield f"{place}.{name}: new required field: {BACKWARD}"
    for name in (name for name in before if name in after):
        yield from _presence(name, old, new, place)
        yield from _compare(before[name], after[name], f"{place}.{name}")


def _presence(name: str, old: Schema, new: Schema, place: str) -> Iterator[str]:
    was, now = name in old.get("required", []), name in new.get("required", [])
    if was and not now:
        yield f"{place}.{name}: no longer required: {FORWARD}"
    elif now and not was:
        yield f"{place}.{name}: now required: {BACKWARD}"
    elif not now:
        # Writers leave defaults out, so another default gives the same bytes another meaning.
        defaults = [_canonical(side["properties"][name].get("default")) for side in (old, new)]
        if defaults[0] != defaults[1]:
            yield f"{place}.{name}: default {defaults[0]} → {defaults[1]}: absent would mean something else"


# ---- all contracts ---------------------------------------------------------------------------------------


def violations(published: Published, contracts: Mapping[str, type[Contract]] = CONTRACTS) -> list[str]:
    """What the models of today break of `published`: by contract, version and field."""
    found = []
    for path in sorted(published):
        contract, version = _identity(path)
        model = contracts.get(contract)
        if model is None:
            found.append(f"{contract} {version}: contract removed")
        elif version > model.version:
            found.append(f"{contract} {version}: version went back to {model.version}")
        elif version == model.version:
            lines = breaking_changes(published[path], schema_document(model))
            found += [f"{contract} {version}: {line}" for line in lines]
    return found


def frozen_edits(committed: Published, here: Published) -> list[str]:
    """Files of `committed` that went or changed in a way that breaks: old versions too are promises."""
    found = []
    for path in sorted(committed):
        if path not in here:
            found.append(f"{path}: published file removed")
        else:
            contract, version = _identity(path)
            lines = breaking_changes(committed[path], here[path])
            found += [f"{contract} {version}: {line}" for line in lines]
    return found


def _identity(path: str) -> tuple[str, int]:
    return Path(path).parent.name, int(Path(path).stem)


def published_here(root: Path = ROOT) -> Published:
    """The published schemas of the working tree."""
    files = sorted((root / FOLDER).glob("*/*.json"))
    return {path.relative_to(root).as_posix(): json.loads(path.read_text("utf-8")) for path in files}


def published_at(revision: str, root: Path = ROOT) -> Published | None:
    """The published schemas of a commit; None without git, outside a repository, or without that commit."""
    if _git(root, "rev-parse", "--verify", "--quiet", f"{revision}^{{commit}}") is None:
        return None
    archive = _git(root, "archive", "--format=tar", revision, FOLDER)
    return {} if archive is None else dict(_members(archive))  # None: that commit had published nothing


def _members(archive: bytes) -> Iterator[tuple[str, Schema]]:
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        for member in tar:
            if member.name.endswith(".json") and (file := tar.extractfile(member)):
                yield member.name, json.loads(file.read())


def _git(root: Path, *arguments: str) -> bytes | None:
    try:
        done = subprocess.run(["git", "-C", str(root), *arguments], capture_output=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout if done.returncode == 0 else None


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Print what would break. Exit code 0: nothing; 1: something; 2: the revision asked for is not there."""
    parser = argparse.ArgumentParser(prog="python -m schemas.compatibility", description=__doc__)
    parser.add_argument("--against", metavar="REV", help="commit to compare with (default: the last one)")
    options = parser.parse_args(arguments)
    committed = published_at(options.against or "HEAD", root)
    if committed is None and options.against:
        print(f"no commit {options.against!r} here; name one that `git log` shows", file=sys.stderr)
        return 2
    here = published_here(root)
    found = violations(here) + violations(committed or {}) + frozen_edits(committed or {}, here)
    for line in dict.fromkeys(found):  # the same break often shows against the file and against the commit
        print(line)
    if found:
        print(f"give the contract a new version ({schema_path('<contract>', 2)})", file=sys.stderr)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
