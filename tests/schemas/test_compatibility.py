"""A breaking change needs a new version: the rules one by one on synthetic models, then on the real ones."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ConfigDict, Field, create_model

from schemas.base import UUID, Contract, Instant, Part
from schemas.compatibility import (
    LOWER,
    UPPER,
    breaking_changes,
    frozen_edits,
    main,
    published_at,
    published_here,
    violations,
)
from schemas.export import main as export
from schemas.export import schema_document, schema_path
from schemas.registry import CONTRACTS


class Point(Part):
    """A part."""

    x: Annotated[int, Field(ge=0, le=9)]


class PointWithHeight(Part):
    """The same with an optional field more."""

    x: Annotated[int, Field(ge=0, le=9)]
    h: int = 0


class PointMoved(Part):
    """The same with another bound."""

    x: Annotated[int, Field(ge=1, le=9)]


def contract(version: int = 1, **fields: Any) -> type[Contract]:
    """A contract `sample` with these fields (annotation, default), as `create_model` takes them."""
    model = create_model("Sample", __base__=Contract, __doc__="A sample.", **fields)
    model.contract, model.version = "sample", version
    return model


def breaks(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """Breaking changes from one set of fields to another."""
    return breaking_changes(schema_document(contract(**before)), schema_document(contract(**after)))


INT = Annotated[int, Field(ge=0, le=9)]
TEXT = Annotated[str, Field(min_length=1, max_length=9, pattern="^[a-z]+$")]
KIND = Literal["a", "b"]

BREAKS: dict[str, tuple[Any, Any, str]] = {  # name: (field before, field after, what is said)
    "removed": ((int, 0), None, "message.f: field removed"),
    "removed required": ((int, ...), None, "message.f: field removed"),
    "new required": (None, (int, ...), "message.f: new required field"),
    "now required": ((int, 0), (int, ...), "message.f: now required"),
    "no longer required": ((int, ...), (int, 0), "message.f: no longer required"),
    "default": ((int, 0), (int, 1), "message.f: default 0 → 1"),
    "default of null": ((int | None, None), (int | None, 1), "message.f: default null → 1"),
    "type": ((int, ...), (str, ...), 'message.f: type changed from "integer" to "string"'),
    "type wider": ((int, ...), (float, ...), 'message.f: type changed from "integer" to "number"'),
    "format": ((UUID, ...), (Instant, ...), 'message.f: format changed from "uuid" to "date-time"'),
    "format dropped": ((UUID, ...), (str, ...), 'message.f: format changed from "uuid" to null'),
    "null refused": ((int | None, ...), (int, ...), "message.f: null no longer allowed"),
    "null allowed": ((int, ...), (int | None, ...), "message.f: null now allowed"),
    "union wider": ((int | str, ...), (int | str | bool, ...), "message.f: anyOf changed"),
    "value removed": ((KIND, ...), (Literal["a"], ...), 'message.f: value "b" removed'),
    "value added": ((KIND, ...), (Literal["a", "b", "c"], ...), 'message.f: value "c" added'),
    "values closed": ((str, ...), (KIND, ...), "message.f: closed list added"),
    "values opened": ((KIND, ...), (str, ...), "message.f: closed list dropped"),
    "constant": ((Literal[1], 1), (Literal[2], 1), "message.f: value 1 removed"),
    "minimum up": ((INT, ...), (Annotated[int, Field(ge=1, le=9)], ...), "message.f: tighter minimum 0 → 1"),
    "minimum down": ((INT, ...), (Annotated[int, Field(ge=-1, le=9)], ...), "message.f: looser minimum 0 → -1"),
    "maximum down": ((INT, ...), (Annotated[int, Field(ge=0, le=8)], ...), "message.f: tighter maximum 9 → 8"),
    "maximum up": ((INT, ...), (Annotated[int, Field(ge=0, le=10)], ...), "message.f: looser maximum 9 → 10"),
    "bound new": ((int, ...), (Annotated[int, Field(le=8)], ...), "message.f: tighter maximum none → 8"),
    "bound gone": ((INT, ...), (Annotated[int, Field(le=9)], ...), "message.f: looser minimum 0 → none"),
    "open bound": (
        (Annotated[int, Field(lt=9)], ...),
        (Annotated[int, Field(lt=8)], ...),
        "tighter exclusiveMaximum 9 → 8",
    ),
    "longer": ((TEXT, ...), (Annotated[str, Field(max_length=10)], ...), "message.f: looser maxLength 9 → 10"),
    "not shorter": (
        (Annotated[str, Field(min_length=1)], ...),
        (Annotated[str, Field(min_length=2)], ...),
        "tighter minLength 1 → 2",
    ),
    "pattern": (
        (TEXT, ...),
        (Annotated[str, Field(min_length=1, max_length=9, pattern="^[a-y]+$")], ...),
        "message.f: pattern changed",
    ),
    "pattern gone": ((TEXT, ...), (Annotated[str, Field(min_length=1, max_length=9)], ...), "pattern changed"),
    "fewer items": (
        (tuple[int, ...], ...),
        (Annotated[tuple[int, ...], Field(max_length=3)], ...),
        "message.f: tighter maxItems none → 3",
    ),
    "items": ((tuple[INT, ...], ...), (tuple[int, ...], ...), "message.f[]: looser minimum 0 → none"),
    "list gone": ((tuple[int, ...], ...), (int, ...), "message.f: items changed"),
    "in a part": ((Point, ...), (PointMoved, ...), "message.f.x: tighter minimum 0 → 1"),
    "in a part or null": ((Point | None, None), (PointMoved | None, None), "message.f.x: tighter minimum 0 → 1"),
    "in a list of parts": ((tuple[Point, ...], ()), (tuple[PointMoved, ...], ()), "message.f[].x: tighter minimum"),
    "bound in or null": ((INT | None, None), (int | None, None), "message.f: looser maximum 9 → none"),
}

ADDITIONS: dict[str, tuple[Any, Any]] = {
    "same": ((INT, ...), (INT, ...)),
    "new optional": (None, (int, 0)),
    "new nullable": (None, (int | None, None)),
    "new list": (None, (tuple[int, ...], ())),
    "optional field in a part": ((Point, ...), (PointWithHeight, ...)),
    "optional field in a part or null": ((Point | None, None), (PointWithHeight | None, None)),
    "optional field in a list of parts": ((tuple[Point, ...], ()), (tuple[PointWithHeight, ...], ())),
    "other words": ((int, Field(description="Old.")), (int, Field(description="New.", title="F", examples=[1]))),
    "order of values": ((Literal["a", "b"], ...), (Literal["b", "a"], ...)),
    "order of a union": ((int | str, ...), (str | int, ...)),
}


def fields_of(field: Any) -> dict[str, Any]:
    return {} if field is None else {"f": field}


@pytest.mark.parametrize("name", BREAKS)
def test_break_is_found(name: str) -> None:
    before, after, said = BREAKS[name]
    found = breaks(fields_of(before), fields_of(after))
    assert [line for line in found if said in line], found


@pytest.mark.parametrize("name", sorted(BREAKS.keys() - {"removed"}))  # reversed, that one is an addition
def test_break_is_a_break_the_other_way_too(name: str) -> None:
    before, after, _ = BREAKS[name]
    assert breaks(fields_of(after), fields_of(before))


@pytest.mark.parametrize("name", ADDITIONS)
def test_addition_is_free(name: str) -> None:
    before, after = ADDITIONS[name]
    assert breaks(fields_of(before), fields_of(after)) == []


def test_closing_a_contract_to_unknown_fields_breaks() -> None:
    class Closed(Contract):
        """A sample."""

        contract = "sample"
        version = 1
        model_config = ConfigDict(extra="forbid")

    (line,) = breaking_changes(schema_document(contract()), schema_document(Closed))
    assert "additionalProperties changed from null to false" in line


def test_a_renamed_part_is_free() -> None:
    same = create_model("Renamed", __base__=Point, __doc__="A part.")
    assert breaks({"f": (Point, ...)}, {"f": (same, ...)}) == []


def test_recursive_schema_is_an_error() -> None:
    loop: dict[str, Any] = {"$defs": {"A": {"properties": {"a": {"$ref": "#/$defs/A"}}}}, "$ref": "#/$defs/A"}
    with pytest.raises(ValueError, match="recursive"):
        breaking_changes(loop, loop)


FREE = st.sampled_from([(int, 0), (str, ""), (int | None, None), (tuple[int, ...], ()), (Point | None, None)])
SHAPES = st.sampled_from([field for pair in ADDITIONS.values() for field in pair if field])


@pytest.mark.slow
@settings(max_examples=20, deadline=None, derandomize=True)
@given(
    st.dictionaries(st.sampled_from(["a", "b", "c"]), SHAPES),
    st.dictionaries(st.sampled_from(["x", "y", "z"]), FREE, max_size=2),
)
def test_optional_fields_may_come_and_never_go(before: dict[str, Any], added: dict[str, Any]) -> None:
    assert breaks(before, before) == []
    assert breaks(before, before | added) == []
    gone = [line for line in breaks(before | added, before) if "field removed" in line]
    assert len(gone) == len(added)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(-5, 5), st.integers(-5, 5))
def test_any_moved_bound_is_told_once_with_its_direction(old: int, new: int) -> None:
    for side in sorted(LOWER | UPPER):
        found = breaking_changes(*({"properties": {"f": {side: bound}}} for bound in (old, new)))
        assert len(found) == (old != new)
        tighter = new > old if side in LOWER else new < old
        assert all(("tighter" in line) == tighter for line in found)


# ---- versions ------------------------------------------------------------------------------------------------

OLD = {schema_path("sample", 1): schema_document(contract(f=(int, ...)))}


def test_new_version_may_break() -> None:
    assert violations(OLD, {"sample": contract(f=(str, ...))}) != []
    assert violations(OLD, {"sample": contract(version=2, f=(str, ...))}) == []


def test_contract_may_not_go_nor_its_version_go_back() -> None:
    assert violations(OLD, {}) == ["sample 1: contract removed"]
    newer = {schema_path("sample", 2): schema_document(contract(version=2))}
    assert violations(newer, {"sample": contract()}) == ["sample 2: version went back to 1"]


def test_published_file_may_not_go_nor_break() -> None:
    assert frozen_edits(OLD, OLD) == []
    assert frozen_edits(OLD, {}) == ["schemas/json/sample/1.json: published file removed"]
    edited = {schema_path("sample", 1): schema_document(contract(f=(str, ...)))}
    assert frozen_edits(OLD, edited)[0].startswith("sample 1: message.f: type changed")


def test_models_break_no_published_version() -> None:
    here = published_here()
    assert {Path(path).parent.name for path in here} == set(CONTRACTS)
    assert violations(here) == []


def test_models_and_files_break_nothing_of_the_last_commit() -> None:
    committed = published_at("HEAD")
    if committed is None:
        pytest.skip("no git history here")
    assert violations(committed) + frozen_edits(committed, published_here()) == []


# ---- the command ---------------------------------------------------------------------------------------------


def git(root: Path, *arguments: str) -> None:
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", "-C", str(root), *identity, *arguments], check=True, capture_output=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository whose one commit holds today's schemas."""
    git(tmp_path, "init", "--quiet")
    export([], tmp_path)
    git(tmp_path, "add", "--all")
    git(tmp_path, "commit", "--quiet", "--message", "publish")
    return tmp_path


def edit(root: Path, **change: Any) -> None:
    """Change a bound in the published file of `read`."""
    path = root / schema_path("read", 1)
    schema = json.loads(path.read_text("utf-8"))
    schema["properties"]["confidence"] |= change
    path.write_text(json.dumps(schema), "utf-8")


def test_unchanged_tree_breaks_nothing(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([], repository) == 0
    assert capsys.readouterr().out == ""


def test_simultaneous_edit_of_model_and_file_is_found_in_the_commit(
    repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    # As if the commit were older: it published a wider bound; model and file of today agree with each other.
    edit(repository, maximum=2)
    git(repository, "commit", "--quiet", "--all", "--message", "older")
    export([], repository)
    capsys.readouterr()
    assert main([], repository) == 1
    said = capsys.readouterr()
    assert said.out == "read 1: message.confidence: tighter maximum 2 → 1: older messages would be refused\n"
    assert "new version" in said.err


def test_an_earlier_commit_can_be_named(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(repository, maximum=2)
    git(repository, "commit", "--quiet", "--all", "--message", "older")
    export([], repository)
    git(repository, "commit", "--quiet", "--all", "--message", "break")
    assert main([], repository) == 0
    assert main(["--against", "HEAD~1"], repository) == 1
    assert main(["--against", "no-such-branch"], repository) == 2
    assert "no-such-branch" in capsys.readouterr().err


def test_a_removed_file_is_found_in_the_commit(repository: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (repository / schema_path("read", 1)).unlink()
    capsys.readouterr()
    assert main([], repository) == 1
    assert capsys.readouterr().out == "schemas/json/read/1.json: published file removed\n"


def test_without_git_only_the_files_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    export([], tmp_path)
    edit(tmp_path, minimum=-1)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert published_at("HEAD", tmp_path) is None
    capsys.readouterr()
    assert main([], tmp_path) == 1
    assert "tighter minimum -1 → 0" in capsys.readouterr().out


def test_commit_without_schemas_has_published_nothing(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    git(tmp_path, "commit", "--quiet", "--allow-empty", "--message", "empty")
    assert published_at("HEAD", tmp_path) == {}
