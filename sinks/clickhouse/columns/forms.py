"""From a contract to Arrow: how each field is read from JSON, what its values must keep, what it becomes.

Stricter than the codec, never laxer: what passes here passes there (`tests/sinks/columns`), but that a null counts as
told nothing in every field that need not be told. What is written in a way that the codec takes and this does not (a
time with nine digits after the point, an identifier without hyphens) only makes a block go the slow way.
"""

from __future__ import annotations

import types
import typing
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal, Union, cast
from uuid import UUID

import annotated_types
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import AwareDatetime, BaseModel, StringConstraints
from pydantic.fields import FieldInfo

__all__ = ["Form", "field_form", "field_holds"]

Check = Callable[[pa.Array], bool]
Finish = Callable[[pa.Array], pa.Array]
TEXT = pa.string()
EARLIEST, LATEST = (pa.scalar(datetime(year, 1, 1, tzinfo=UTC), pa.timestamp("us", "UTC")) for year in (1970, 2200))
UUID_PATTERN = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"


@dataclass(frozen=True, slots=True)
class Form:
    """One value of JSON as Arrow has it."""

    parsed: pa.DataType
    """What the parser makes of it."""
    checks: tuple[Check, ...] = ()
    """All must hold, of values that are there."""
    finish: Finish | None = None
    """Parsed, checked → what is inserted; None: as it was parsed."""

    def holds(self, values: pa.Array) -> bool:
        """Whether all values keep the bounds of the contract."""
        return all(check(values) for check in self.checks)

    def finished(self, values: pa.Array) -> pa.Array:
        """As it is inserted. Raises pa.ArrowInvalid for a time or day that is none."""
        return values if self.finish is None else self.finish(values)


def form_of(annotation: Any) -> Form:
    """The form of a field's type. Raises TypeError for one that no contract has used so far."""
    if annotation is AwareDatetime or annotation is datetime:
        return Form(TEXT, finish=_moments)
    origin, args = typing.get_origin(annotation), typing.get_args(annotation)
    if origin is Annotated:
        return _bounded(form_of(args[0]), args[1:])
    if origin in (Union, types.UnionType):
        return form_of(next(arg for arg in args if arg is not type(None)))
    if origin is Literal:
        return _one_of(args)
    if origin is tuple and args[1:] == (Ellipsis,):
        return _list_of(form_of(args[0]))
    return _plain(annotation)


def _plain(annotation: Any) -> Form:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return _struct(annotation)
    plain = {
        str: Form(TEXT),
        bool: Form(pa.bool_()),
        int: Form(pa.int64()),
        float: Form(pa.float64()),
        UUID: Form(TEXT, (_matching(UUID_PATTERN),), _identifiers),
        date: Form(TEXT, (_matching(r"^\d{4}-\d{2}-\d{2}$"),), lambda values: values.cast(pa.date32())),
    }
    if annotation not in plain:
        raise TypeError(f"columns have no form for {annotation!r}")
    return plain[annotation]


def _moments(values: pa.Array) -> pa.Array:
    """Times to the millisecond, as the tables have them; what is finer is cut off, as ClickHouse does."""
    moments = values.cast(pa.timestamp("us", "UTC"))
    if not _all(pc.and_(pc.greater_equal(moments, EARLIEST), pc.less(moments, LATEST))):
        raise pa.ArrowInvalid("a time that tables may hold otherwise")
    return moments.cast(pa.timestamp("ms", "UTC"), safe=False)


def _identifiers(values: pa.Array) -> pa.Array:
    """Sixteen bytes each; all zero where none is told, which is how the tables say it."""
    digits = pc.replace_substring(values.fill_null(str(UUID(int=0))), "-", "")
    written = digits.buffers()[2].to_pybytes()  # fresh, so from its first byte on
    packed = bytes.fromhex(written[: 32 * len(values)].decode())
    return pa.Array.from_buffers(pa.binary(16), len(values), [None, pa.py_buffer(packed)])


def _one_of(allowed: tuple[Any, ...]) -> Form:
    kind = form_of(type(allowed[0])).parsed
    known = pa.array(allowed, kind)
    return Form(kind, (lambda values: _all(pc.is_in(values.drop_null(), known)),))


def _list_of(one: Form) -> Form:
    def holds(values: pa.Array) -> bool:
        within = values.flatten()
        return within.null_count == 0 and one.holds(within)

    def finish(values: pa.Array) -> pa.Array:
        return pa.ListArray.from_arrays(values.offsets, one.finished(values.values))

    return Form(pa.list_(one.parsed), (holds,), None if one.finish is None else finish)


def _struct(model: type[BaseModel]) -> Form:
    """An object with fields of its own."""
    fields = {name: (field_form(info), info) for name, info in model.model_fields.items()}

    def holds(values: pa.Array) -> bool:
        there = values.drop_null()
        return all(field_holds(form, info, there.field(name)) for name, (form, info) in fields.items())

    def finish(values: pa.Array) -> pa.Array:
        """Without nulls: ClickHouse's tuples know none, and have each part's default instead."""
        parts = [_whole(form.finished(pc.struct_field(values, name)), info) for name, (form, info) in fields.items()]
        return pa.StructArray.from_arrays(parts, list(fields))

    return Form(pa.struct([(name, form.parsed) for name, (form, _) in fields.items()]), (holds,), finish)


def field_form(info: FieldInfo) -> Form:
    """The form of a field with its bounds."""
    return _bounded(form_of(info.annotation), info.metadata)


def field_holds(form: Form, info: FieldInfo, values: pa.Array) -> bool:
    """Whether a field's values keep its bounds, and none is missing that must be told."""
    return (values.null_count == 0 or not info.is_required()) and form.holds(values)


def _whole(values: pa.Array, info: FieldInfo) -> pa.Array:
    if values.null_count == 0:
        return values
    default = None if info.is_required() else info.default
    if pa.types.is_list(values.type):
        return pc.if_else(pc.is_valid(values), values, pa.scalar([], values.type))
    blank = "" if pa.types.is_string(values.type) else 0
    return pc.fill_null(values, blank if default in (None, ()) else default)


def _bounded(form: Form, metadata: Iterable[Any]) -> Form:
    checks = tuple(check for bound in metadata for check in _checks(bound, form.parsed))
    return Form(form.parsed, (*form.checks, *checks), form.finish)


def _checks(bound: Any, kind: pa.DataType) -> list[Check]:
    if isinstance(bound, FieldInfo):
        return [check for one in bound.metadata for check in _checks(one, kind)]
    if isinstance(bound, StringConstraints) or type(bound).__name__ == "_PydanticGeneralMetadata":
        return _text_checks(bound)
    if isinstance(bound, annotated_types.MinLen):
        return [_at_least_long(bound.min_length, kind)]
    if isinstance(bound, annotated_types.MaxLen):
        return [_at_most_long(bound.max_length, kind)]
    if isinstance(bound, annotated_types.Ge | annotated_types.Le | annotated_types.Gt | annotated_types.Lt):
        return [_range(bound)]
    if isinstance(bound, str):
        return []
    raise TypeError(f"columns have no check for the bound {bound!r}")


def _text_checks(bound: Any) -> list[Check]:
    told = {name: value for name, value in vars(bound).items() if value is not None}
    checks: list[Check] = []
    if "pattern" in told:
        checks.append(_matching(told.pop("pattern")))
    if "min_length" in told:
        checks.append(_at_least_long(told.pop("min_length"), TEXT))
    if "max_length" in told:
        checks.append(_at_most_long(told.pop("max_length"), TEXT))
    if told:
        raise TypeError(f"columns have no check for the bound {bound!r}")
    return checks


def _matching(pattern: str) -> Check:
    return lambda values: _all(pc.match_substring_regex(values, pattern))


def _at_least_long(limit: int, kind: pa.DataType) -> Check:
    measure = _measure(kind)
    return lambda values: _all(pc.greater_equal(measure(values), limit))


def _at_most_long(limit: int, kind: pa.DataType) -> Check:
    measure = _measure(kind)
    return lambda values: _all(pc.less_equal(measure(values), limit))


def _measure(kind: pa.DataType) -> Callable[[pa.Array], pa.Array]:
    """Characters of texts, items of lists."""
    return cast("Callable[[pa.Array], pa.Array]", pc.utf8_length if kind == TEXT else pc.list_value_length)


def _range(bound: Any) -> Check:
    compare, limit = {
        annotated_types.Ge: (pc.greater_equal, "ge"),
        annotated_types.Le: (pc.less_equal, "le"),
        annotated_types.Gt: (pc.greater, "gt"),
        annotated_types.Lt: (pc.less, "lt"),
    }[type(bound)]
    value = getattr(bound, limit)
    return lambda values: _all(compare(values, value))


def _all(flags: pa.Array) -> bool:
    """Of those that are not null; true of none."""
    return pc.all(flags, min_count=0).as_py() is not False
