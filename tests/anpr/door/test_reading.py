"""Bytes of an upload → reads: nothing valid is refused, the same upload gives the same reads, nothing else gets in."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anpr.door.framing import NotYourCamera, frame_of
from anpr.door.reading import MOST_READS, NotReads, reads_of
from schemas.codec import Refused, decoder
from schemas.frame import Frame
from schemas.read import Read
from tests.anpr.door.gate import CAMERAS, a_read
from tests.schemas.examples import valid_documents

NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
LATER = NOW + timedelta(days=3)
read_of = decoder(Read)
GIVEN = UUID("0b8f9a52-3d0c-5b0c-9a56-0f6a5f1d2c3b")


def taken(*documents: Any, now: datetime = NOW) -> list[Read]:
    """Reads of an array; none is refused."""
    messages, refused = reads_of(json.dumps(documents).encode(), CAMERAS, now)
    assert refused == []
    return [read_of(one.value) for one in messages]


def refusals(body: bytes) -> list[tuple[int, str]]:
    return [(one.index, one.reason) for one in reads_of(body, CAMERAS, NOW)[1]]


def test_an_array_and_lines_say_the_same() -> None:
    documents = [a_read("1ABC234", captured_at=NOW), a_read("2DEF567", captured_at=NOW)]
    lines = b"\n".join(json.dumps(one).encode() for one in documents) + b"\n\n"
    array = reads_of(json.dumps(documents).encode(), CAMERAS, NOW)
    assert reads_of(lines, CAMERAS, NOW) == array
    assert reads_of(lines.replace(b"\n", b"\r\n"), CAMERAS, NOW) == array


def test_our_clock_says_when_it_came() -> None:
    (read,) = taken(a_read(received_at="2020-01-01T00:00:00Z"))
    assert read.received_at == NOW


def test_a_read_id_that_the_camera_gives_is_kept_and_another_is_derived() -> None:
    captured = NOW - timedelta(days=5)
    (given_id,) = taken(a_read(read_id=str(GIVEN)))
    first, nil = (taken(a_read(captured_at=captured, **more))[0] for more in ({}, {"read_id": str(UUID(int=0))}))
    (again,) = taken(a_read(captured_at=captured), now=LATER)
    (other,) = taken(a_read("1ABC235", captured_at=captured))
    assert given_id.read_id == GIVEN
    assert first.read_id == nil.read_id == again.read_id
    assert first.read_id.version == 5
    assert other.read_id != first.read_id


def test_the_same_read_twice_in_one_upload_is_one() -> None:
    one = a_read(captured_at=NOW)
    assert len(taken(one, one)) == 1


@pytest.mark.parametrize("captured_at", [NOW - timedelta(days=300), NOW + timedelta(days=2)])
def test_late_uploads_and_wrong_clocks_are_taken(captured_at: datetime) -> None:
    assert taken(a_read(captured_at=captured_at))[0].captured_at == captured_at


def test_the_key_is_the_camera() -> None:
    messages, _ = reads_of(json.dumps([a_read(camera="gate-2")]).encode(), CAMERAS, NOW)
    assert messages[0].key == b"gate-2"


def test_each_refused_read_is_told_with_its_place_and_the_others_are_taken() -> None:
    good = json.dumps(a_read())
    lines = [good, "{", "[]", json.dumps(a_read(confidence=7)), json.dumps(a_read(camera="other-1")), good]
    lines.append(json.dumps(a_read(schema_version=99)))
    messages, refused = reads_of("\n".join(lines).encode(), CAMERAS, NOW)
    assert len(messages) == 1
    assert [(one.index, one.reason) for one in refused] == [
        (1, "not_json"),
        (2, "wrong_schema"),
        (3, "wrong_schema"),
        (4, "camera_not_yours"),
        (6, "unknown_version"),
    ]


def test_no_refusal_repeats_what_was_sent() -> None:
    _, refused = reads_of(json.dumps([a_read("1ABC234" * 9)]).encode(), CAMERAS, NOW)
    assert "1ABC" not in refused[0].detail


@pytest.mark.parametrize("body", [b"", b"  \n ", b"[]", b"[1,", b"[" * 100_000])
def test_what_holds_no_read_is_no_upload(body: bytes) -> None:
    with pytest.raises(NotReads):
        reads_of(body, CAMERAS, NOW)


def test_too_many_reads_are_refused_whole() -> None:
    with pytest.raises(NotReads, match=str(MOST_READS)):
        reads_of(b"{}\n" * (MOST_READS + 1), CAMERAS, NOW)


DOCUMENTS = st.recursive(st.none() | st.integers() | st.text(), st.lists)


@given(st.binary(max_size=300) | DOCUMENTS.map(json.dumps).map(str.encode))
@settings(max_examples=200)
def test_bytes_never_raise_anything_else(body: bytes) -> None:
    try:
        messages, _refused = reads_of(body, CAMERAS, NOW)
    except NotReads:
        return
    assert messages == []


@given(st.integers(min_value=-(10**40), max_value=10**40))
def test_a_number_without_room_is_refused(number: int) -> None:
    body = json.dumps([a_read(lane=number)]).encode()
    assert refusals(body) == ([] if 0 <= number <= 32 else [(0, "wrong_schema")])


def test_every_example_of_the_contract_is_taken() -> None:
    documents = valid_documents("read")
    cameras = {one["camera_id"] for one in documents}
    messages, refused = reads_of(json.dumps(documents).encode(), cameras, NOW)
    assert refused == []
    assert {one.ident for one in messages} == {UUID(one["read_id"]) for one in documents}


def test_a_frame_is_the_picture_with_its_header() -> None:
    about = {"camera_id": "gate-1", "captured_at": NOW.isoformat(), "sequence": 4, "frame_id": "nonsense"}
    message = frame_of(b"a picture", json.dumps(about), "image/png", CAMERAS, NOW)
    again = frame_of(b"a picture", json.dumps(about), "image/png", CAMERAS, LATER)
    ((name, header),) = message.headers
    frame = decoder(Frame)(header)
    assert (message.key, message.value, name) == (b"gate-1", b"a picture", "frame")
    assert (frame.sequence, frame.media_type, frame.received_at) == (4, "image/png", NOW)
    assert frame.frame_id == message.ident == again.ident
    assert frame_of(b"another", json.dumps(about), "image/png", CAMERAS, NOW).ident != message.ident


@pytest.mark.parametrize(
    ("picture", "about", "fault"),
    [
        (b"", "{}", NotReads),
        (b"x", "{", NotReads),
        (b"x", "[]", NotReads),
        (b"x", '{"sequence": ' + "9" * 40 + "}", (NotReads, Refused)),
        (b"x", "{}", Refused),
        (b"x", '{"camera_id": "other", "captured_at": "2026-11-26T08:00:00Z"}', NotYourCamera),
    ],
)
def test_a_frame_that_cannot_be_taken(picture: bytes, about: str, fault: Any) -> None:
    with pytest.raises(fault):
        frame_of(picture, about, "image/jpeg", CAMERAS, NOW)
