"""Each plate of an answer has beside it how people read it; what programs go by stays as it is."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.handover import Handover, handover
from console.plate_writing import SHOWN_AS, with_writing
from console.routes.cases import _content
from console.searching.understanding import alternatives_of, in_words
from console.subjects import CASES
from pipeline.plates.catalogue import load_shapes
from pipeline.plates.shapes import displayed
from tests.console.cases import NOW, case

ANSWERS = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["plate", "written", "of", "x"]), inner, max_size=3)
    ),
    max_leaves=8,
)


def bare(content: object) -> object:
    """An answer without what is written beside plates."""
    if isinstance(content, list):
        return [bare(one) for one in content]
    if isinstance(content, dict):
        return {name: bare(one) for name, one in content.items() if name not in SHOWN_AS.values()}
    return content


@given(ANSWERS)
def test_nothing_else_is_changed(content: object) -> None:
    assert bare(with_writing(content)) == content


def test_plates_have_their_writing_however_deep_and_keep_one_that_is_there() -> None:
    found = with_writing({"ways": [{"plate": "1ABC234", "written": ["1ABC234", "2FVM155"]}], "plate": "1A*"})
    assert found["ways"][0]["plate_display"] == "1-ABC-234"
    assert found["ways"][0]["written_display"] == ["1-ABC-234", "2-FVM-155"]
    assert found["plate_display"] == "1A*", "what is no plate stays as it is"
    assert with_writing({"plate": "1ABC234", "plate_display": "as kept"})["plate_display"] == "as kept"


@pytest.mark.parametrize("shape", load_shapes(), ids=lambda shape: shape.id)
def test_every_plate_keeps_its_characters_in_order(shape: object) -> None:
    for plate in shape.valid:  # type: ignore[attr-defined]
        assert "".join(filter(str.isalnum, displayed(plate))) == plate


def test_a_case_is_told_alike_by_the_route_the_stream_and_the_radio() -> None:
    one = case(plate="2FVM155", listed_plates=("2FVM155", "2FV?1*"))
    streamed = json.loads(CASES.shown(b"", one))
    for told in (_content(one), streamed):
        assert (told["plate"], told["plate_display"]) == ("2FVM155", "2-FVM-155")
        assert told["listed_plates_display"] == ["2-FVM-155", "2FV?1*"]
    spoken = handover(Handover(one, NOW, {}), "nl")
    assert "Nummerplaat 2-FVM-155, ik spel: twee, Foxtrot, Victor, Mike, één, vijf, vijf." in spoken


def test_a_search_for_a_whole_plate_says_it_as_people_read_it() -> None:
    assert in_words("2FVM155", tolerant=False) == "the plate 2-FVM-155, to the letter"
    assert [one.written for one in alternatives_of("2FVM155|2F*")] == ["2-FVM-155", ""]
