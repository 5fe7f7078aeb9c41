"""The fast codec against pydantic: same answer, same content, and a reason that holds no plate.

Where the two part, on purpose (each has a test below):
- Only the fast one refuses: times and dates that are not RFC 3339 but pydantic's taste (`2026-11-24T03:00Z`,
  `"0"`), UUIDs in braces or as URN, `1.0` and `true` as version, `NaN` in an unknown field, a field given twice
  whose first value is wrong. Our workers take the narrow form; who writes with pydantic or msgspec writes it.
- Only pydantic refuses: broken text, endless digits or deep nesting inside an *unknown* field, which the fast
  one skips unread.
- Digits beyond the microsecond: pydantic cuts them, the fast one rounds.
"""

from __future__ import annotations

import contextlib
import copy
import json
import re
from collections.abc import Callable, Iterator
from datetime import date, datetime
from typing import Annotated, Any, Literal, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import AfterValidator, BaseModel, Field, StringConstraints, ValidationError, field_validator

from schemas.base import Contract, Instant, Part
from schemas.codec import Refused, compiled, decoder, encode, further, part, structure_of
from schemas.dead_letter import Reason
from schemas.registry import CONTRACTS
from tests.schemas.examples import files, valid_documents

Document = dict[str, Any]
Place = tuple[str | int, ...]

MODERATE = settings(max_examples=400, deadline=None, derandomize=True)
DECODERS: dict[str, Callable[[bytes], Contract]] = {name: decoder(model) for name, model in CONTRACTS.items()}
MARK = "7QXZ999"  # an invented plate that no detail may repeat
RFC3339 = re.compile(r"\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d:\d\d(\.\d{1,6})?([Zz]|[+-]\d\d:\d\d))?", re.ASCII)
ONLY_FAST_REFUSES = re.compile(r"Invalid RFC3339 encoded date(time)? at |Invalid UUID at |.* at `\$\.schema_version`")


# ---- mutations of valid messages ---------------------------------------------------------------------------


def places(value: Any, above: Place = ()) -> Iterator[Place]:
    """Every place in a document, the root excluded."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, below in inner:
        yield (*above, key)
        yield from places(below, (*above, key))


def changed(document: Document, place: Place, value: Any) -> Document:
    """A copy with another value at a place; `...` drops it."""
    result: Any = copy.deepcopy(document)
    holder = result
    for key in place[:-1]:
        holder = holder[key]
    if value is ...:
        del holder[place[-1]]
    else:
        holder[place[-1]] = value
    return result  # type: ignore[no-any-return]


EXAMPLES = [(name, document) for name in CONTRACTS for document in valid_documents(name)]
SPOTS = [(name, document, place) for name, document in EXAMPLES for place in places(document)]
EXTREMES: list[Any] = [
    *(None, True, False, 0, 1, -1, 2, 2.0, 0.5, -0.0, 1e300, -1e300, 5e-324, 10**30, -(10**30)),
    *(2**31, 2**63 - 1, 2**63, 2**64, 1_000_001, 100_001, 360, 359.9999, 90.0000001),
    *("", " ", "1", "0.5", "true", "null", "\x00", "\n", "é", "é" * 24, "👍" * 24, "👍" * 25, "A\u0301", "Ⅷ", "１"),
    *("1ABC234", "1abc234", "1ABC234\n", "\n1ABC234", "A" * 12, "A" * 13, "?", "??", "x" * 64, "x" * 65),
    *("x" * 256, "x" * 257, "x" * 1000, "x" * 1001, "\ud800", "cam\n", ".cam", "cam\u0661", "BE", "be", "BEL"),
    *("2026-11-24", "2026-02-29", "2026-11-24T03:00:00Z", "2026-11-24T03:00:00", "2026-11-24T24:00:00Z"),
    *("9B2C8F4E-1D37-4A60-8E5B-7C1F0A9D3E21", "9b2c8f4e1d374a608e5b7c1f0a9d3e21", "9b2c8f4e-1d37"),
    *([], {}, [None], [[]], [{}], ["1ABC234"], {"lat": 50, "lon": 4}, {"lat": "50", "lon": 4}, {"lat": None}),
]
junk = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)
replacement = st.just(...) | st.sampled_from(EXTREMES) | junk


def answers(contract: str, raw: bytes) -> tuple[Contract | None, Contract | None, str]:
    """What pydantic and the fast decoder make of a message (None: refused), and the latter's complaint."""
    slow: Contract | None = None
    with contextlib.suppress(ValidationError):
        slow = CONTRACTS[contract].model_validate_json(raw)
    try:
        return slow, DECODERS[contract](raw), ""
    except Refused as refused:
        return slow, None, refused.detail


def assert_same(contract: str, raw: bytes) -> None:
    """Both refuse, or both accept the same content, or the difference is one that the head of this file names."""
    slow, fast, complaint = answers(contract, raw)
    if fast is not None:
        assert slow is not None, f"only the fast decoder accepts {raw!r}"
        assert CONTRACTS[contract].model_validate_json(encode(fast)) == slow
    elif slow is not None:
        assert ONLY_FAST_REFUSES.match(complaint), f"only the fast decoder refuses {raw!r}: {complaint}"


@MODERATE
@given(spot=st.sampled_from(SPOTS), value=replacement)
def test_engines_agree_on_a_message_with_one_changed_place(spot: tuple[str, Document, Place], value: Any) -> None:
    contract, document, place = spot
    assert_same(contract, json.dumps(changed(document, place, value)).encode())


@MODERATE
@given(data=st.data(), example=st.sampled_from(EXAMPLES))
def test_engines_agree_on_a_message_with_any_field_set(data: st.DataObject, example: tuple[str, Document]) -> None:
    contract, document = example
    fields = st.sampled_from(sorted(CONTRACTS[contract].model_fields))
    document = {**document, **data.draw(st.dictionaries(fields, st.sampled_from(EXTREMES) | junk, max_size=2))}
    assert_same(contract, json.dumps(document).encode())


@pytest.mark.parametrize("contract", CONTRACTS)
def test_engines_agree_on_every_extreme_in_every_field(contract: str) -> None:
    for document in valid_documents(contract):
        for field in CONTRACTS[contract].model_fields:
            for value in EXTREMES:
                assert_same(contract, json.dumps({**document, field: value}).encode())


@pytest.mark.parametrize("contract", CONTRACTS)
def test_unknown_fields_are_ignored_by_both(contract: str) -> None:
    for document in valid_documents(contract):
        raw = json.dumps({**document, "added_later": {"plate": MARK, "n": [1, None]}}).encode()
        slow, fast, _ = answers(contract, raw)
        assert slow == CONTRACTS[contract].model_validate_json(json.dumps(document))
        assert fast == DECODERS[contract](json.dumps(document).encode())


# ---- times, dates and identifiers --------------------------------------------------------------------------

MINIMAL_READ = next(d for d in valid_documents("read") if "candidates" not in d)
MINIMAL_PASS = next(d for d in valid_documents("lez_pass") if "cancelled" not in d)


def joined(*parts: Any) -> st.SearchStrategy[str]:
    return st.tuples(*(st.sampled_from(part) for part in parts)).map("".join)


times = joined(
    ["2026-11-24", "2024-02-29", "2026-02-29", "0001-01-01", "9999-12-31", "0000-01-01", "20261124", "2026-1-2"],
    ["T", "t", " ", "_", "", "  "],
    ["03:00:00", "23:59:59", "24:00:00", "03:00:60", "03:60:00", "03:00", "3:00:00", "030000"],
    ["", ".5", ".250", ".123456", ".", ",5"],
    ["Z", "z", "", "+01:00", "-23:59", "+24:00", "+0100", "+01", "-00:00", "+00:60", "+01:00:00", "\u221201:00", " Z"],
)
days = joined(
    ["2026-", "0001-", "9999-", "0000-", "+2026-", "26-"], ["11-", "02-", "13-", "1-"], ["24", "29", "31", "0", "01"]
)


def assert_agree_on_rfc3339(contract: str, document: Document, field: str, value: str) -> None:
    slow, fast, _ = answers(contract, json.dumps({**document, field: value}).encode())
    if fast is not None:
        assert slow is not None
        assert getattr(slow, field) == getattr(fast, field)
        assert not isinstance(slow, datetime) or getattr(slow, field).utcoffset() == getattr(fast, field).utcoffset()
    if RFC3339.fullmatch(value):
        assert (slow is None) == (fast is None)


@MODERATE
@given(value=times | st.datetimes(timezones=st.timezones()).map(datetime.isoformat) | st.text(max_size=30))
def test_times(value: str) -> None:
    assert_agree_on_rfc3339("read", MINIMAL_READ, "captured_at", value)


@MODERATE
@given(value=days | st.dates().map(date.isoformat) | times | st.text(max_size=12))
def test_dates(value: str) -> None:
    assert_agree_on_rfc3339("lez_pass", MINIMAL_PASS, "day", value)


@pytest.mark.parametrize(
    "value",
    [
        "2026-11-24T03:00Z",
        "2026-11-24T03:00:00,5Z",
        "2026-11-24_03:00:00Z",
        "1769000000",
        "2026-11-24T03:00:00\u221201:00",
    ],
)
def test_only_pydantic_reads_times_that_are_not_rfc3339(value: str) -> None:
    slow, fast, complaint = answers("read", json.dumps({**MINIMAL_READ, "captured_at": value}).encode())
    assert slow is not None
    assert fast is None
    assert complaint == "Invalid RFC3339 encoded datetime at `$.captured_at`"


def test_only_pydantic_reads_a_date_in_seconds() -> None:
    slow, fast, complaint = answers("lez_pass", json.dumps({**MINIMAL_PASS, "day": "86400"}).encode())
    assert slow is not None
    assert fast is None
    assert complaint == "Invalid RFC3339 encoded date at `$.day`"


def test_digits_beyond_the_microsecond_are_cut_by_one_and_rounded_by_the_other() -> None:
    raw = json.dumps({**MINIMAL_READ, "captured_at": "2026-11-24T03:00:00.1234567Z"}).encode()
    slow, fast, _ = answers("read", raw)
    assert slow is not None
    assert fast is not None
    assert (slow.captured_at.microsecond, fast.captured_at.microsecond) == (123456, 123457)  # type: ignore[attr-defined]


@pytest.mark.parametrize("value", ["9B2C8F4E-1D37-4A60-8E5B-7C1F0A9D3E21", "9b2c8f4e1d374a608e5b7c1f0a9d3e21"])
def test_both_read_a_uuid_in_upper_case_and_without_dashes_and_write_it_one_way(value: str) -> None:
    raw = json.dumps({**MINIMAL_READ, "read_id": value}).encode()
    assert_same("read", raw)
    assert b'"9b2c8f4e-1d37-4a60-8e5b-7c1f0a9d3e21"' in encode(DECODERS["read"](raw))


@pytest.mark.parametrize("form", ["{{{}}}", "urn:uuid:{}"])
def test_only_pydantic_reads_a_uuid_in_braces_or_as_urn(form: str) -> None:
    raw = json.dumps({**MINIMAL_READ, "read_id": form.format(MINIMAL_READ["read_id"])}).encode()
    slow, fast, complaint = answers("read", raw)
    assert slow is not None
    assert fast is None
    assert complaint == "Invalid UUID at `$.read_id`"


# ---- raw JSON ------------------------------------------------------------------------------------------------


def with_tail(tail: str) -> bytes:
    """The minimal read with more members at its end."""
    return (json.dumps(MINIMAL_READ)[:-1] + "," + tail + "}").encode("utf-8", "surrogateescape")


@pytest.mark.parametrize(
    "tail",
    [
        *('"confidence":1e400', '"confidence":NaN', '"confidence":Infinity', '"confidence":01', '"confidence":.5'),
        *('"confidence":1E0', '"confidence":5e-324', '"confidence":1e-400', '"confidence":-0', '"confidence":+1'),
        *('"lane":1e0', '"lane":-0', f'"lane":{"1" * 400}', '"plate_raw":"\\ud83d\\ude97"', '"plate_raw":"\\ude97"'),
        *('"plate_raw":"\t"', '"plate_raw":"\udcff"', '"plate_raw":"\\x"', '"\\u006cane":3', '"lane":3,', '"lane"'),
        *('"x":01', '"x":tru', '"x":1e400', '"x":"\t"', '"x":' + "[" * 150 + "]" * 150, '"schema_version":1'),
    ],
)
def test_engines_agree_on_corners_of_json(tail: str) -> None:
    assert_same("read", with_tail(tail))


@pytest.mark.parametrize(
    "tail", ['"schema_version":true', '"schema_version":1.0', '"confidence":7,"confidence":1', '"x":NaN']
)
def test_only_the_fast_decoder_refuses(tail: str) -> None:
    slow, fast, complaint = answers("read", with_tail(tail))
    assert slow is not None
    assert fast is None
    assert complaint


@pytest.mark.parametrize("value", ['"\udcff"', "[" * 300 + "]" * 300, "1" * 5000])
def test_only_the_fast_decoder_skips_a_broken_unknown_field(value: str) -> None:
    slow, fast, _ = answers("read", with_tail(f'"x":{value}'))
    assert slow is None
    assert fast is not None


@MODERATE
@given(
    example=st.sampled_from(EXAMPLES),
    at=st.integers(0, 10_000),
    drop=st.integers(0, 4),
    insert=st.binary(max_size=4) | st.sampled_from([b'"', b",", b"}", b"[", b"\\u", b"\xf0\x9f", b"null", b"9" * 50]),
)
def test_damaged_bytes_are_refused_with_a_reason_or_mean_the_same(
    example: tuple[str, Document], at: int, drop: int, insert: bytes
) -> None:
    contract, document = example
    raw = json.dumps(document, ensure_ascii=False).encode()
    at %= len(raw)
    raw = raw[:at] + insert + raw[at + drop :]
    _, fast, _ = answers(contract, raw)  # raises what is no Refused
    if fast is not None and raw.decode("utf-8", "replace").encode() == raw:
        assert_same(contract, raw)


# ---- refusals ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "reason", "detail"),
    [
        (b"", "empty", "no bytes"),
        (b" \n", "empty", "no bytes"),
        (b"{", "not_json", "Input data was truncated"),
        (b"not json", "not_json", "JSON is malformed"),
        (b"\xff\xd8\xff\xe0 a picture", "not_json", "JSON is malformed"),
        (b'{"plate_raw":"\xff"}', "not_json", "codec can't decode"),
        (b"\xef\xbb\xbf{}", "not_json", "JSON is malformed"),
        (b"[" * 100_000, "not_json", "nested too deeply"),
        (b'{"x":' * 100_000, "not_json", "nested too deeply"),
        (b"null", "wrong_schema", "Input should be an object"),
        (b"[]", "wrong_schema", "Input should be an object"),
        (b"{}", "wrong_schema", "read_id: Field required (6 in all)"),
        (b'{"schema_version":"2"}', "wrong_schema", "schema_version: Input should be 1"),
        (b'{"schema_version":false}', "wrong_schema", "schema_version: Input should be 1"),
        (b'{"schema_version":2}', "unknown_version", "version 2, this program knows 1"),
        (b'{"schema_version":0}', "unknown_version", "version 0, this program knows 1"),
        (b'{"schema_version":' + b"9" * 300 + b"}", "unknown_version", "version " + "9" * 20 + ","),
        (b'{"schema_version":' + b"9" * 9000 + b"}", "not_json", "out of range"),
    ],
)
def test_refusal_has_the_reason_and_says_where(raw: bytes, reason: str, detail: str) -> None:
    with pytest.raises(Refused) as refused:
        DECODERS["read"](raw)
    assert refused.value.reason == reason
    assert reason in get_args(Reason)
    assert detail in refused.value.detail
    assert str(refused.value) == f"{reason}: {refused.value.detail}"


def test_a_version_is_judged_before_the_fields() -> None:
    with pytest.raises(Refused, match="unknown_version"):
        DECODERS["read"](b'{"schema_version":2,"everything":"else"}')


def test_message_of_five_megabytes_is_refused_with_a_short_detail() -> None:
    with pytest.raises(Refused) as refused:
        DECODERS["read"](json.dumps({**MINIMAL_READ, "plate_raw": "1" * 5_000_000}).encode())
    assert refused.value.detail == "plate_raw: String should have at most 24 characters (1 in all)"


def assert_discreet(contract: str, raw: bytes) -> None:
    """If a message is refused at all, then without repeating the plate, and in a few words."""
    _, _, detail = answers(contract, raw)
    assert MARK.lower() not in detail.lower()
    assert len(detail) <= 1000, "must fit the dead letter"


MARKED = [MARK, MARK.lower(), [MARK], {MARK: MARK}, f"{MARK}\n", f"7-QXZ-999 {MARK}", [[MARK]], [{MARK: None}]]


@pytest.mark.parametrize("contract", CONTRACTS)
def test_no_detail_repeats_a_plate(contract: str) -> None:
    for document in valid_documents(contract):
        for place in places(document):
            for value in MARKED:
                assert_discreet(contract, json.dumps(changed(document, place, value)).encode())
        text = json.dumps({**document, "plate": MARK})
        assert_discreet(contract, text[:-1].encode())
        assert_discreet(contract, text.replace(MARK, MARK + "\\q").encode())


@pytest.mark.parametrize("contract", CONTRACTS)
def test_no_detail_repeats_a_plate_in_a_field_given_twice(contract: str) -> None:
    for document in valid_documents(contract):
        for field, value in document.items():
            twice = json.dumps({field: MARK})[:-1] + ", " + json.dumps({**document, field: value})[1:]
            assert_discreet(contract, twice.encode())


# ---- the compiler ----------------------------------------------------------------------------------------------


class Inner(Part):
    text: Annotated[str, StringConstraints(min_length=1, max_length=2)]


class Sample(Contract):
    """Every kind of bound that a contract may use."""

    contract = "sample"
    version = 1

    schema_version: Literal[1] = 1
    at_least: Annotated[int, Field(ge=0, le=9)] = 0
    above: Annotated[float, Field(gt=0, lt=1)] = 0.5
    shape: Annotated[str, StringConstraints(pattern=r"^[a-z]+$")] = "a"
    by_field: Annotated[str, Field(pattern=r"^x", min_length=1, max_length=3)] = "x"
    some: Annotated[tuple[int, ...], Field(min_length=1, max_length=2)] = (1,)
    free: float = 0.0
    when: Instant | None = None
    inner: Inner | None = None


SAMPLES: list[tuple[str, Any, bool]] = [
    ("at_least", -1, False),
    ("at_least", 0, True),
    ("at_least", 10, False),
    ("above", 0, False),
    ("above", 0.1, True),
    ("above", 1, False),
    ("shape", "abc", True),
    ("shape", "abc\n", False),
    ("shape", "", False),
    ("by_field", "xyz", True),
    ("by_field", "y", False),
    ("by_field", "xxxx", False),
    ("some", [], False),
    ("some", [1, 2], True),
    ("some", [1, 2, 3], False),
    ("free", 1e300, True),
    ("free", float("nan"), False),
    ("free", float("-inf"), False),
    ("when", "2026-11-24T03:00:00", False),
    ("when", "2026-11-24T03:00:00Z", True),
    ("inner", {"text": "abc"}, False),
    ("inner", {"text": "ab"}, True),
    ("inner", None, True),
]


@pytest.mark.parametrize(("field", "value", "fits"), SAMPLES)
def test_each_bound_is_compiled(field: str, value: Any, fits: bool) -> None:
    raw = json.dumps({field: value}).encode()
    try:
        Sample.model_validate_json(raw)
        slow = True
    except ValidationError:
        slow = False
    try:
        decoder(Sample)(raw)
        fast = True
    except Refused:
        fast = False
    assert (slow, fast) == (fits, fits)


@pytest.mark.parametrize("contract", CONTRACTS)
def test_compiled_record_has_the_fields_and_defaults_of_its_contract(contract: str) -> None:
    model = CONTRACTS[contract]
    names = [name for name in model.model_fields if name != "schema_version"]
    assert list(structure_of(model)) == names
    struct: Any = compiled(model)
    for field in msgspec.structs.fields(struct):
        info = model.model_fields[field.name]
        assert field.required == info.is_required()
        assert field.required or field.default == info.default


def model_with(annotation: Any, default: Any = ...) -> type[BaseModel]:
    return type(
        "Odd", (Part,), {"__annotations__": {"field": annotation}, **({} if default is ... else {"field": default})}
    )


@pytest.mark.parametrize(
    "annotation",
    [
        datetime,
        bytes,
        dict[str, int],
        list[int],
        tuple[int, str],
        Any,
        Annotated[int, Field(multiple_of=2)],
        Annotated[str, AfterValidator(str.upper)],
        Annotated[str, StringConstraints(strip_whitespace=True)],
        Annotated[str, StringConstraints(to_upper=True)],
    ],
    ids=str,
)
def test_what_has_no_equal_in_the_fast_codec_is_a_type_error(annotation: Any) -> None:
    with pytest.raises(TypeError, match="a contract may not use"):
        compiled(model_with(annotation))


def test_a_default_factory_or_alias_is_a_type_error() -> None:
    for default in (Field(default_factory=str), Field(alias="Field"), Field(validation_alias="other")):
        with pytest.raises(TypeError, match=r"Odd may not use .*'field'"):
            compiled(model_with(str, default))


def test_a_validator_is_a_type_error() -> None:
    class Checked(Part):
        field: str

        @field_validator("field")
        @classmethod
        def _upper(cls, value: str) -> str:
            return value.upper()

    with pytest.raises(TypeError, match="field_validators"):
        compiled(Checked)


@pytest.mark.parametrize("model", CONTRACTS.values(), ids=list(CONTRACTS))
def test_what_is_decoded_is_of_the_type_that_is_made(model: type[Contract]) -> None:
    example = files(model.contract, "valid")[0].read_bytes()
    assert type(decoder(model)(example)) is compiled(model), "equal ones would not be equal"


# ---- parts of messages -------------------------------------------------------------------------------------


@pytest.mark.parametrize("contract", CONTRACTS)
def test_a_message_put_together_of_parts_is_the_message(contract: str) -> None:
    """However its fields are shared out between two parts, if each tells something."""
    model = CONTRACTS[contract]
    record: Any = DECODERS[contract](files(contract, "valid")[0].read_bytes())
    told = [name for name in record.__struct_fields__ if getattr(record, name) != model.model_fields[name].default]
    for size in range(1, len(told)):
        parts = [
            encode(part(model, frozenset(names))(**{name: getattr(record, name) for name in names}))
            for names in (told[:size], told[size:])
        ]
        assert DECODERS[contract](parts[0][:-1] + further(parts[1])) == record


@pytest.mark.parametrize("unchecked", [frozenset(), frozenset({"plate"}), frozenset({"plate", "country"})])
def test_forms_that_the_caller_looks_at_are_not_looked_at_before(unchecked: frozenset[str]) -> None:
    passage, only = json.loads(files("passage", "valid")[0].read_bytes()), frozenset({"plate", "country", "revision"})
    decode = decoder(CONTRACTS["passage"], only, unchecked)
    for field, value in {"plate": "not a plate", "country": "nowhere"}.items():
        with contextlib.nullcontext() if field in unchecked else pytest.raises(Refused):
            assert getattr(decode(json.dumps(passage | {field: value}).encode()), field) == value
    for field, value in {"plate": 7, "country": 7, "revision": 0}.items():
        with pytest.raises(Refused):
            decode(json.dumps(passage | {field: value}).encode())


def test_a_field_that_is_not_there_cannot_be_left_unchecked() -> None:
    with pytest.raises(TypeError, match="has no field"):
        decoder(CONTRACTS["passage"], None, frozenset({"colour"}))
