"""Rules for every contract: described, bounded, declarative, registered, published."""

from __future__ import annotations

import importlib
import pkgutil
import typing
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union
from uuid import UUID

import pytest
from pydantic import AwareDatetime, BaseModel, Field
from pydantic.fields import FieldInfo

import schemas
from schemas.base import Contract, Part
from schemas.camera import Camera
from schemas.codec import compiled
from schemas.export import DOCS, ROOT, docs_page, main, publications, schema_document, type_in_words
from schemas.registry import CONTRACTS


def subclasses(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """All classes below a model that `schemas` defines (tests define more)."""
    for below in model.__subclasses__():
        if below.__module__.startswith("schemas."):
            yield below
        yield from subclasses(below)


for _module in pkgutil.iter_modules(schemas.__path__):
    importlib.import_module(f"schemas.{_module.name}")
PARTS = sorted({part for part in subclasses(Part) if part is not Contract}, key=lambda part: part.__name__)


def leaves(annotation: Any) -> Iterator[Any]:
    """The scalar types inside an annotation; a Literal is one."""
    origin = typing.get_origin(annotation)
    if origin is Annotated:
        yield from leaves(typing.get_args(annotation)[0])
    elif origin in (Union, UnionType, tuple):
        for inner in typing.get_args(annotation):
            yield from leaves(inner)
    elif annotation not in (Ellipsis, type(None)):
        yield Literal if origin is Literal else annotation


def test_every_contract_is_registered_under_its_own_name() -> None:
    assert set(CONTRACTS.values()) == {part for part in PARTS if issubclass(part, Contract)}
    assert {name: model.contract for name, model in CONTRACTS.items()} == {name: name for name in CONTRACTS}
    assert len(CONTRACTS) == 26


@pytest.mark.parametrize("contract", CONTRACTS)
def test_version_field_tells_the_version_of_the_class(contract: str) -> None:
    model = CONTRACTS[contract]
    field = model.model_fields["schema_version"]
    assert typing.get_args(field.annotation) == (model.version,)
    assert field.default == model.version
    assert next(iter(model.model_fields)) == "schema_version"


@pytest.mark.parametrize("part", PARTS)
def test_class_and_fields_are_described(part: type[Part]) -> None:
    assert part.__doc__
    assert part.__doc__.strip().endswith((".", "?"))
    silent = [name for name, field in part.model_fields.items() if not (field.description or "").strip().endswith(".")]
    assert not [name for name in silent if not (part.model_fields[name].description or "").endswith("…")]


@pytest.mark.parametrize("part", PARTS)
def test_field_is_of_an_allowed_kind(part: type[Part]) -> None:
    allowed = {str, int, float, bool, UUID, date, AwareDatetime, Literal}  # not datetime: it may lack a zone
    for name, field in part.model_fields.items():
        for leaf in leaves(field.annotation):
            assert leaf in allowed or issubclass(leaf, Part), name


@pytest.mark.parametrize("part", PARTS)
def test_name_of_a_time_says_so(part: type[Part]) -> None:
    for name, field in part.model_fields.items():
        kinds = set(leaves(field.annotation))
        time_like = name == "at" or name.endswith(("_at", "_from", "_until"))
        assert (AwareDatetime in kinds) == time_like, name
        day_like = name in {"day", "first_registered"} or name.endswith(("_day", "_on"))
        assert (date in kinds) == day_like, name


def bounds_of(schema: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Schemas of numbers and free texts inside a field's schema."""
    for inner in (*schema.get("anyOf", ()), *([schema["items"]] if "items" in schema else ())):
        yield from bounds_of(inner)
    if not {"enum", "const", "format"} & schema.keys() and schema.get("type") in {"integer", "number", "string"}:
        yield schema


def bounded(part: type[Part]) -> list[dict[str, Any]]:
    """Schemas of all numbers and free texts of a part."""
    fields = part.model_json_schema()["properties"].values()
    return [schema for field in fields for schema in bounds_of(field)]


@pytest.mark.parametrize("part", PARTS)
def test_numbers_and_texts_are_bounded(part: type[Part]) -> None:
    for schema in bounded(part):
        if schema["type"] == "string":
            closed = schema.get("pattern", "").endswith("}$")
            assert closed or "maxLength" in schema
        else:
            assert {"minimum", "exclusiveMinimum"} & schema.keys()
            assert {"maximum", "exclusiveMaximum"} & schema.keys()


@pytest.mark.parametrize("part", PARTS)
def test_pattern_holds_the_whole_text(part: type[Part]) -> None:
    for schema in bounded(part):
        pattern = schema.get("pattern", "^$")
        assert pattern[0] == "^"
        assert pattern[-1] == "$"
        # Classes like \d and \w hold other letters in Rust's and in Python's engine.
        assert "\\" not in pattern


@pytest.mark.parametrize("part", PARTS)
def test_rules_are_declarative(part: type[Part]) -> None:
    compiled(part)  # raises TypeError for validators, factories, aliases and unknown bounds
    assert part.model_config == Part.model_config
    assert not part.__private_attributes__


@pytest.mark.parametrize("part", PARTS)
def test_default_is_valid_and_immutable(part: type[Part]) -> None:
    for name, field in part.model_fields.items():
        if not field.is_required():
            hash(field.default)
            one: Any = type("One", (Part,), {"__annotations__": {name: held(field)}})
            one.model_validate({name: field.default})


def held(field: FieldInfo) -> Any:
    """A field's annotation with its bounds."""
    annotation: Any = field.annotation
    return Annotated[annotation, *field.metadata] if field.metadata else annotation


def test_plain_python_data_needs_the_lax_door() -> None:
    plain = {"camera_id": "bru-loi-03", "name": "Wetstraat", "kind": "fixed", "lez_zones": ["brussels"]}
    with pytest.raises(ValueError, match="lez_zones"):
        Camera.model_validate(plain)
    assert Camera.model_validate(plain, strict=False).lez_zones == ("brussels",)


# ---- publications --------------------------------------------------------------------------------------------


def test_published_files_are_those_of_the_models() -> None:
    assert main(["--check"]) == 0


def test_no_published_file_is_of_an_unknown_contract_or_future() -> None:
    for path in (ROOT / "schemas" / "json").rglob("*.json"):
        assert 1 <= int(path.stem) <= CONTRACTS[path.parent.name].version


@pytest.mark.parametrize("contract", CONTRACTS)
def test_schema_names_itself_and_stays_open(contract: str) -> None:
    model = CONTRACTS[contract]
    schema = schema_document(model)
    assert schema["$id"] == f"urn:anpr:schema:{contract}:{model.version}"
    assert schema["title"] == model.__name__
    assert schema["description"]
    for part in (schema, *schema.get("$defs", {}).values()):
        assert "additionalProperties" not in part
        assert not [field for field in part["properties"].values() if "title" in field]


def test_docs_page_tells_every_field() -> None:
    page = docs_page()
    for contract, model in CONTRACTS.items():
        section = page.partition(f"\n## {contract}, version {model.version}\n")[2].partition("\n## ")[0]
        rows = [line for line in section.splitlines() if line.startswith("| `")]
        assert [row.split("`")[1] for row in rows] == list(model.model_fields)


class Words(BaseModel):
    """Shapes that no contract has yet."""

    least: Annotated[str, Field(min_length=2)]
    any_text: str
    share: Annotated[float, Field(gt=0, lt=1)]
    either: int | bool


def test_types_in_words() -> None:
    fields = Words.model_json_schema()["properties"]
    assert [type_in_words(field) for field in fields.values()] == [
        "text, at least 2 characters",
        "text",
        "number above 0 to below 1",
        "integer or true or false",
    ]


def test_check_names_what_differs_and_how_to_repair_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([], tmp_path) == 0
    assert main(["--check"], tmp_path) == 0
    (tmp_path / "schemas/json/read/1.json").write_text("{}")
    (tmp_path / DOCS).unlink()
    capsys.readouterr()
    assert main(["--check"], tmp_path) == 1
    said = capsys.readouterr().err
    assert "schemas/json/read/1.json" in said
    assert DOCS in said
    assert "schemas/json/hit/1.json" not in said
    assert said.endswith("repair with: python -m schemas.export\n")


def test_docs_only_writes_only_the_page(tmp_path: Path) -> None:
    assert main(["--docs"], tmp_path) == 0
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [tmp_path / DOCS]


def test_writing_twice_changes_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main([], tmp_path)
    capsys.readouterr()
    assert main([], tmp_path) == 0
    assert capsys.readouterr().out == ""
    assert {path for path in tmp_path.rglob("*") if path.is_file()} == set(publications(tmp_path))
