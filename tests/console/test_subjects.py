"""How messages become events: once, and so that a parser gets back what was put in."""

from __future__ import annotations

import json
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from anpr.client.events import EventParser
from console.subjects import CASES, HITS, NEWEST, brief
from schemas.case import Case
from schemas.codec import decoder, encode
from tests.console.cases import case
from tests.console.hits import hit


def of_hits(count: int) -> Case:
    """A case of so many hits."""
    return case(7, hit_ids=tuple(uuid.UUID(int=n) for n in range(count)), hit_count=count)


@given(st.text(max_size=40))
def test_any_reason_comes_out_as_it_was(reason: str) -> None:
    value = hit(1, reason=reason.encode("utf-8", "replace").decode()).model_dump_json().encode()
    (event,) = EventParser().feed(HITS.event(value, HITS.decode(value)) + b"id: x\n\n")
    assert (event.name, json.loads(event.data)) == ("hit", json.loads(value))


@pytest.mark.parametrize("text", ['{"a":\n1}', '{"a":\r1}', '{"a":\r\n1}', '{"b":"x\u2028y"}'])
def test_a_message_of_several_lines_stays_json(text: str) -> None:
    (event,) = EventParser().feed(HITS.event(text.encode(), HITS.decode(hit(1).model_dump_json().encode())) + b"\n")
    assert json.loads(event.data) == json.loads(text)


@given(st.integers(0, 40))
def test_a_case_in_short_still_fits_its_contract(count: int) -> None:
    short = brief(of_hits(count))
    assert (short.hit_count, short.hit_ids) == (count, of_hits(count).hit_ids[-NEWEST:])
    assert decoder(Case)(encode(short)) == short
    assert decoder(Case)(CASES.shown(b"", of_hits(count))) == short
