"""Fast codecs for our own hot path, compiled from the pydantic contracts: one definition, two engines.

pydantic stays the definition and the voice that explains an error; msgspec does the work, three times faster.
`compiled(Read)` is a `msgspec.Struct` with the same fields, bounds and defaults. To type checkers it *is*
`Read`, so `compiled(Read)(…)` and attribute access are checked against the contract. Differences at run time:
it is no pydantic model (use `msgspec.structs.replace` instead of `model_copy`), and constructing one does not
validate: only decoding does. tests/schemas/test_codec.py holds both engines to the same answer.
"""

from __future__ import annotations

import functools
import types
import typing
from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any, Literal, TypeVar, cast
from uuid import UUID

import annotated_types
import msgspec
from pydantic import AwareDatetime, BaseModel, StringConstraints, ValidationError
from pydantic.fields import FieldInfo

from schemas.base import Contract
from schemas.dead_letter import Reason
from schemas.upgrade import VERSION_FIELD, NoUpgrade, upgrade

__all__ = [
    "UNREADABLE",
    "Refused",
    "changed",
    "compiled",
    "current_form",
    "decoder",
    "encode",
    "further",
    "part",
    "structure_of",
]

M = TypeVar("M", bound=BaseModel)
R = TypeVar("R")
NONE: frozenset[str] = frozenset()
PLAIN = (str, int, float, bool, UUID, date, type(None))
"""Types with one JSON form in both engines. Not `datetime`, which would take a time without a zone."""
MAX_ECHO = 20  # characters of a foreign version number that a detail repeats

encode: Callable[[Any], bytes] = msgspec.json.Encoder().encode
"""Compiled record → JSON bytes, UTF-8, RFC 3339 times, defaults left out."""


UNREADABLE = (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError)
"""All that the fast decoder raises for bytes that do not fit. RecursionError: a thousand `[`."""


class Refused(ValueError):
    """A message that does not fit its contract. `reason` is one of the closed set, `detail` says where."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason: Reason = reason
        self.detail = detail


@functools.cache
def _struct(model: type[BaseModel], only: frozenset[str] | None, unchecked: frozenset[str]) -> type[msgspec.Struct]:
    """One class for one set of arguments: what is decoded is of the class that `compiled` gives."""
    _check_declarative(model)
    wanted = set(model.model_fields) if only is None else set(only)
    if not wanted | unchecked <= set(model.model_fields):
        raise TypeError(f"{model.__name__} has no field {sorted((wanted | unchecked) - set(model.model_fields))}")
    wanted.discard(VERSION_FIELD)
    told = {name: info for name, info in model.model_fields.items() if name in wanted}
    fields = [_field(name, info, bounds=name not in unchecked) for name, info in told.items()]
    tag = model.version if issubclass(model, Contract) else None
    return msgspec.defstruct(
        model.__name__,
        fields,
        frozen=True,
        kw_only=True,
        omit_defaults=True,
        gc=False,  # records form no cycles; the collector need not walk them
        tag=tag,
        tag_field=VERSION_FIELD if tag is not None else None,
    )


def _check_declarative(model: type[BaseModel]) -> None:
    """Raise TypeError for what only pydantic would run: the engines would part in silence."""
    decorators = model.__pydantic_decorators__
    used = [kind for kind in decorators.__slots__ if getattr(decorators, kind)]
    for name, info in model.model_fields.items():
        used += [name] if info.default_factory or info.alias or info.validation_alias else []
    if used:
        raise TypeError(f"{model.__name__} may not use validators, serializers, aliases or factories: {used}")


def compiled(model: type[M]) -> type[M]:
    """The fast twin of a contract. Raises TypeError for a contract that uses what cannot be compiled."""
    return cast(type[M], _struct(model, None, NONE))


def part(model: type[BaseModel], only: frozenset[str]) -> Callable[..., Any]:
    """Makes records of some fields of a contract: what many messages share is encoded once.

    A message is `encode` of one part without its last byte, then `further` of the others.
    """
    return _struct(model, only, NONE)


def further(encoded: bytes) -> bytes:
    """An encoded part, as it stands behind another one of the same message; ends the message. It tells something."""
    return encoded[encoded.index(b",") :]


def changed(record: R, **fields: Any) -> R:
    """A copy of a compiled record with other values in these fields."""
    return cast(R, msgspec.structs.replace(cast(msgspec.Struct, record), **fields))


def structure_of(model: type[BaseModel]) -> dict[str, Any]:
    """Field name → compiled type, for tests and for whoever derives something else from the contract."""
    return {f.name: f.type for f in msgspec.structs.fields(_struct(model, None, NONE))}


def _field(name: str, info: FieldInfo, *, bounds: bool) -> tuple[str, Any] | tuple[str, Any, Any]:
    kind = _with_bounds(info.annotation, tuple(info.metadata)) if bounds else _without_bounds(info.annotation)
    return (name, kind) if info.is_required() else (name, kind, info.get_default())


def _translate(annotation: Any) -> Any:
    """A pydantic annotation → the msgspec one that accepts the same JSON."""
    if annotation is AwareDatetime:
        return Annotated[datetime, msgspec.Meta(tz=True)]
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        return _with_bounds(args[0], args[1:])
    if origin in (typing.Union, types.UnionType):
        return typing.Union[tuple(_translate(arg) for arg in args)]  # noqa: UP007 - built from a tuple
    if origin is tuple and args[1:] == (Ellipsis,):
        return tuple[_translate(args[0]), ...]  # type: ignore[misc]
    if origin is Literal:
        return annotation
    return _translate_class(annotation)


def _translate_class(annotation: Any) -> Any:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _struct(annotation, None, NONE)
    if annotation in PLAIN:
        return annotation
    raise TypeError(f"a contract may not use {annotation!r}: the fast codec has no equal for it")


def _without_bounds(annotation: Any) -> Any:
    """The type that any text passes, where the contract asks for one of a certain form."""
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        return _without_bounds(args[0])
    if origin in (typing.Union, types.UnionType):
        return typing.Union[tuple(_without_bounds(arg) for arg in args)]  # noqa: UP007 - built from a tuple
    return _translate(annotation)


def _with_bounds(inner: Any, metadata: tuple[Any, ...]) -> Any:
    bounds: dict[str, Any] = {}
    for item in metadata:
        bounds.update(_bounds(item))
    translated = _translate(inner)
    return Annotated[translated, msgspec.Meta(**bounds)] if bounds else translated


def _bounds(item: Any) -> dict[str, Any]:
    match item:
        case FieldInfo():
            return {k: v for part in item.metadata for k, v in _bounds(part).items()}
        case StringConstraints():
            return _text_bounds(item)
        case annotated_types.Ge() | annotated_types.Gt() | annotated_types.Le() | annotated_types.Lt():
            return {slot: getattr(item, slot) for slot in item.__slots__}
        case annotated_types.MinLen() | annotated_types.MaxLen():
            return {slot: getattr(item, slot) for slot in item.__slots__}
        case str():
            return {}
    return _other_bounds(item)


def _text_bounds(item: Any) -> dict[str, Any]:
    bounds = {name: value for name, value in vars(item).items() if value is not None}
    if bounds.keys() - {"min_length", "max_length", "pattern"}:
        raise TypeError(f"a contract may not use the bound {item!r}: the fast codec has no equal for it")
    if "pattern" in bounds:
        bounds["pattern"] = _end_of_text(bounds["pattern"])
    return bounds


def _end_of_text(pattern: str) -> str:
    """`$` means the end to pydantic and to JSON Schema; to Python's `re` also just before a last newline."""
    return pattern[:-1] + r"\Z" if pattern.endswith("$") else pattern


def _other_bounds(item: Any) -> dict[str, Any]:
    if type(item).__name__ == "_PydanticGeneralMetadata":  # what Field() holds besides the bounds above
        return _text_bounds(item)
    raise TypeError(f"a contract may not use the bound {item!r}: the fast codec has no equal for it")


def decoder(
    model: type[M], only: frozenset[str] | None = None, unchecked: frozenset[str] = NONE
) -> Callable[[bytes], M]:
    """A function JSON bytes → compiled record that raises `Refused` with the reason for a dead letter.

    A message of an older version is first made into the current one, by the steps of `schemas.upgrade`: a topic may
    hold several versions while the programs that write it are exchanged.

    `only`: names of the fields that the caller uses; the others are neither read nor checked, which is for
    messages that our own stages wrote. Accessing one of the others raises AttributeError.
    `unchecked`: of these fields the bounds are not looked at, as the caller does: a pattern takes as long as the
    rest of a small record.
    """
    fast = msgspec.json.Decoder(_told(model, _struct(model, only, unchecked))).decode

    def decode(value: bytes) -> M:
        try:
            return cast(M, fast(value))
        except UNREADABLE as error:
            newer = _upgraded(model, value)
            if newer is None:
                raise _explain(model, value, error) from error
        try:
            return cast(M, fast(newer))
        except UNREADABLE as error:
            raise _explain(model, newer, error) from error

    return decode


class _OfNoVersion(msgspec.Struct, tag=-1, tag_field=VERSION_FIELD):
    """Beside it the decoder of a later version asks for the number, and no message is taken for what it is not."""


def _told(model: type[BaseModel], structure: type[msgspec.Struct]) -> Any:
    """What a message of the contract is decoded as. Without a number it is of version 1, and of no other."""
    return typing.Union[structure, _OfNoVersion] if _version_of(model) > 1 else structure  # noqa: UP007


def _version_of(model: type[BaseModel]) -> int:
    return model.version if issubclass(model, Contract) else 1


def current_form(model: type[Contract]) -> Callable[[bytes], bytes]:
    """A function that brings the bytes of a message into the current version, and leaves all others as they are.

    For whom the bytes themselves are what is kept. Raises `Refused` as the decoder does.
    """
    if model.version == 1:
        return _as_it_is
    ours = f'{{"{VERSION_FIELD}":{model.version}'.encode()
    written_by_us = (ours + b",", ours + b"}")

    def current(value: bytes) -> bytes:
        return value if value.startswith(written_by_us) else _upgraded(model, value) or value

    return current


def _as_it_is(value: bytes) -> bytes:
    return value


def _upgraded(model: type[BaseModel], value: bytes) -> bytes | None:
    """A message of an older version in the current one; None: it is not of an older one. Raises Refused."""
    version = _version_of(model)
    if version == 1:
        return None
    try:
        document = msgspec.json.decode(value)
    except UNREADABLE:
        return None
    told = document.get(VERSION_FIELD, 1) if isinstance(document, dict) else None
    if type(told) is not int or not 1 <= told < version:
        return None
    assert issubclass(model, Contract)
    try:
        return upgrade(model.contract, told, value, version)
    except NoUpgrade as refusal:
        raise Refused("wrong_schema" if refusal.misfit else "unknown_version", str(refusal)) from refusal


def _explain(model: type[BaseModel], value: bytes, error: Exception) -> Refused:
    """Ask the contract itself why; slow, but refusals are rare and must be clear."""
    if not value.strip():
        return Refused("empty", "no bytes")
    try:
        document = msgspec.json.decode(value)
    except RecursionError:
        return Refused("not_json", "nested too deeply")
    except UNREADABLE as broken:
        return Refused("not_json", str(broken))
    known = _version_of(model)
    version = document.get(VERSION_FIELD, 1) if isinstance(document, dict) else known
    if type(version) is int and version != known:  # not isinstance: a bool is no version
        return Refused("unknown_version", f"version {str(version)[:MAX_ECHO]}, this program knows {known}")
    return Refused("wrong_schema", _first_fault(model, value) or _without_value(error))


def _first_fault(model: type[BaseModel], value: bytes) -> str:
    """Where pydantic sees the first fault, without the offending value: a detail holds no plate."""
    try:
        model.model_validate_json(value)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']} ({error.error_count()} in all)"
    return ""


def _without_value(error: Exception) -> str:
    """The fast decoder's words, where only it refuses: it quotes a wrong enum value, which may be a plate."""
    what, _, where = str(error).rpartition(" - at ")
    return f"{'Invalid enum value' if what.startswith('Invalid enum value') else what} at {where}"
