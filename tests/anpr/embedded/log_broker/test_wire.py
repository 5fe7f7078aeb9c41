"""Primitive values and layouts: what is written is read again, and nothing is read beyond the end."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from anpr.embedded.kafka_jars import find_kafka_jars, jar_cache
from anpr.embedded.log_broker import wire
from anpr.embedded.log_broker.codec import codec
from anpr.embedded.log_broker.layouts import Api, Field, apis
from anpr.embedded.log_broker.table import HANDLERS
from anpr.embedded.log_broker.wire import FIXED, Malformed, Reader

EVERY = [(api.key, version) for api in apis().values() for version in api.versions]


@given(st.integers(0, 2**32 - 1))
def test_a_varint_comes_back(value: int) -> None:
    out = bytearray()
    wire.put_uvarint(out, value)
    assert wire.uvarint(Reader(memoryview(out))) == value


def test_a_varint_knows_its_form_in_kafka() -> None:
    out = bytearray()
    wire.put_uvarint(out, 300)
    assert out == b"\xac\x02"


@given(st.none() | st.text(max_size=300), st.booleans())
def test_text_comes_back(value: str | None, compact: bool) -> None:
    out = bytearray()
    wire.put_string(out, value, compact=compact)
    assert wire.string(Reader(memoryview(out)), compact=compact) == value


@pytest.mark.parametrize("data", [b"\xff" * 6, b"\x80"])
def test_an_endless_varint_is_malformed(data: bytes) -> None:
    with pytest.raises(Malformed):
        wire.uvarint(Reader(memoryview(data)))


def test_an_array_longer_than_its_request_takes_no_memory() -> None:
    with pytest.raises(Malformed, match="longer than its request"):
        wire.count(Reader(memoryview(b"\x7f\xff\xff\xff")), compact=False)


def _values(api: Api, fields: tuple[Field, ...], version: int) -> st.SearchStrategy[dict[str, Any]]:
    here = [field for field in fields if version in field.versions]
    return st.fixed_dictionaries({field.name: _value(api, field, version) for field in here})


def _value(api: Api, field: Field, version: int) -> st.SearchStrategy[Any]:
    kinds: dict[str, st.SearchStrategy[Any]] = {
        "bool": st.booleans(),
        "uuid": st.binary(min_size=16, max_size=16),
        "string": st.text(max_size=5),
        "bytes": st.binary(max_size=5),
        "records": st.binary(max_size=5),
        **{f"int{bits}": st.integers(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64)},
    }
    if field.kind == "[]":
        found: st.SearchStrategy[Any] = st.lists(_values(api, field.fields, version), max_size=2)
    elif field.kind.startswith("[]"):
        found = st.lists(kinds[field.kind[2:]], max_size=2)
    else:
        found = kinds[field.kind]
    return st.none() | found if version in field.null_in else found


@pytest.mark.parametrize("answers", [False, True], ids=["requests", "answers"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_every_body_comes_back_in_every_version(answers: bool, data: st.DataObject) -> None:
    key, version = data.draw(st.sampled_from(EVERY))
    api, layout = apis()[key], codec(key, version)
    body = data.draw(_values(api, api.response if answers else api.request, version))
    out = bytearray()
    (layout.write_response if answers else layout.write_request)(out, body)
    reader = Reader(memoryview(out))
    found = (layout.read_response if answers else layout.read_request)(reader)
    assert reader.at == len(out)
    assert _only(found, body) == body


def _only(found: Any, asked: Any) -> Any:
    """What was read without the defaults of fields that the version does not have."""
    if isinstance(asked, dict):
        return {name: _only(found[name], value) for name, value in asked.items()}
    if isinstance(asked, list):
        assert len(found) == len(asked)
        return [_only(one, other) for one, other in zip(found, asked, strict=True)]
    return bytes(found) if isinstance(found, memoryview) else found


def test_every_api_that_is_offered_is_handled() -> None:
    assert set(apis()) == set(HANDLERS)


@pytest.mark.slow
def test_the_layouts_are_those_of_apache_kafka() -> None:
    """Every field of every version offered, against the definitions in Kafka's own jar."""
    jars = find_kafka_jars(jar_cache())
    if jars is None:
        pytest.skip("Apache Kafka's jars have not been fetched on this machine")
    with zipfile.ZipFile(next(jars.glob("kafka-clients-*.jar"))) as jar:
        for api in apis().values():
            for ours, kind in ((api.request, "Request"), (api.response, "Response")):
                theirs = _definition(jar, f"{api.name}{kind}")
                structs = {each["name"]: each["fields"] for each in theirs.get("commonStructs", [])}
                for version in api.versions:
                    assert _ours(ours, version) == _theirs(theirs["fields"], version, structs), (
                        api.name,
                        kind,
                        version,
                    )
            assert _request_flexible(jar, api.name) & set(api.versions) == set(api.flexible) & set(api.versions)


def _definition(jar: zipfile.ZipFile, name: str) -> dict[str, Any]:
    text = jar.read(f"common/message/{name}.json").decode()
    found: dict[str, Any] = json.loads("\n".join(t for t in text.splitlines() if not t.strip().startswith("//")))
    return found


def _request_flexible(jar: zipfile.ZipFile, name: str) -> set[int]:
    return set(_versions(_definition(jar, f"{name}Request")["flexibleVersions"]))


def _versions(text: str | None) -> range:
    if text is None or text == "none":
        return range(0)
    low, _, high = text.rstrip("+").partition("-")
    return range(int(low), 100 if text.endswith("+") else int(high or low) + 1)


def _ours(fields: tuple[Field, ...], version: int) -> list[Any]:
    here = [field for field in fields if version in field.versions]
    return [[_bare(field.name), field.kind, version in field.null_in, _ours(field.fields, version)] for field in here]


def _theirs(fields: list[dict[str, Any]], version: int, structs: dict[str, Any]) -> list[Any]:
    found = []
    for field in fields:
        if version not in _versions(field["versions"]) or version in _versions(field.get("taggedVersions")):
            continue
        below = field.get("fields") or structs.get(field["type"].removeprefix("[]"), [])
        kind = "[]" if below else field["type"]
        nullable = version in _versions(field.get("nullableVersions"))
        found.append([_bare(field["name"]), kind, nullable, _theirs(below, version, structs)])
    return found


def _bare(name: str) -> str:
    return name.replace("_", "").lower()


def test_all_types_of_fixed_width_are_known() -> None:
    kinds = {field.kind.removeprefix("[]") for api in apis().values() for field in (*api.request, *api.response)}
    assert kinds <= {*FIXED, "string", "bytes", "records", ""}


def test_the_table_lies_beside_the_code() -> None:
    assert (Path(wire.__file__).parent / "layouts.txt").is_file()
