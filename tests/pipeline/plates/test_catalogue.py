"""The files of shapes: what is refused, and that each shape agrees with its own examples."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipeline.plates.catalogue import BrokenShapes, Shape, bands, load_shapes, read_folder
from pipeline.plates.layout import signature
from pipeline.plates.text import compact

GOOD = """
country: BE
band: B
share: 0.8
share_source: invented
sources: {Decree: the decree}
sets: {ABC: A B C}
shapes:
  - id: STD
    note: since 2010
    pattern: '([1-7])({ABC}{3})([0-9]{3})'
    join: '-'
    share: 0.5
    source: Decree
    valid: {1ABC234: 1-ABC-234}
    invalid: [1ABD234]
"""
COUNTRIES = {"BE", "NL", "FR", "DE", "LU", "GB", "CZ", "SK", "PL", "RO"}


def folder_with(path: Path, text: str) -> Path:
    (path / "be.yaml").write_text(text, "utf-8")
    return path


@pytest.fixture(params=load_shapes(), ids=lambda shape: shape.id)
def shape(request: pytest.FixtureRequest) -> Shape:
    assert isinstance(request.param, Shape)
    return request.param


def test_a_good_file_is_read(tmp_path: Path) -> None:
    (shape,) = read_folder(folder_with(tmp_path, GOOD))
    assert (shape.id, shape.country, shape.source, shape.weight) == ("STD", "BE", "the decree", 0.4)
    assert [(layout.signature, layout.texts) for layout in shape.layouts] == [("DLLLDDD", 7 * 27 * 1000)]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("note: since", "colour: red\n    note: since", "colour"),
        ("band: B", "colour: red", "colour"),
        ("    share: 0.5\n", "", "share"),
        ("share: 0.5", "share: 0", "share"),
        ("share: 0.5", "share: 1.5", "share"),
        ("source: Decree", "source: Hearsay", "Hearsay"),
        ("{ABC}{3}", "{ABD}{3}", "ABD"),
        ("([0-9]{3})'", "([0-9]{3}'", "look-aheads, then groups"),
        ("([0-9]{3})'", "(([0-9]){3})'", "look-aheads, then groups"),
        ("([0-9]{3})'", "([0-9]{3}.)'", "characters, classes and counts"),
        ("([0-9]{3})'", "([9-0]{3})'", "bad character range"),
        ("join: '-'", "join: ['-']", "1 separators for 3 groups"),
        ("1ABC234: 1-ABC-234", "8ABC234: 8-ABC-234", "valid example 8ABC234"),
        ("1ABC234: 1-ABC-234", "1ABC234: 1ABC-234", "valid example 1ABC234"),
        ("[1ABD234]", "[1ABC235]", "invalid example 1ABC235"),
        ("valid: {1ABC234: 1-ABC-234}", "valid: {}", "valid"),
        ("share: 0.5", "share: 0.5\n    role: usual", "role"),
        ("share: 0.5", "share: 0.5\n    rare: {o: 0.5}", "rare"),
    ],
)
def test_broken_data_is_refused_by_file_and_what_is_wrong(tmp_path: Path, old: str, new: str, told: str) -> None:
    assert GOOD.count(old) >= 1
    with pytest.raises(BrokenShapes, match=r"be\.yaml") as error:
        read_folder(folder_with(tmp_path, GOOD.replace(old, new, 1)))
    assert told in str(error.value)


def test_the_shape_is_named(tmp_path: Path) -> None:
    with pytest.raises(BrokenShapes, match="STD"):
        read_folder(folder_with(tmp_path, GOOD.replace("1ABD234", "1ABC235")))


def test_two_shapes_of_one_name_are_refused(tmp_path: Path) -> None:
    shape = GOOD.partition("shapes:\n")[2]
    with pytest.raises(BrokenShapes, match="twice: STD"):
        read_folder(folder_with(tmp_path, GOOD + shape))


def test_shares_above_the_whole_are_refused(tmp_path: Path) -> None:
    other = GOOD.partition("shapes:\n")[2].replace("STD", "OTHER").replace("0.5", "0.6")
    with pytest.raises(BrokenShapes, match="more than 1"):
        read_folder(folder_with(tmp_path, GOOD + other))


@pytest.mark.parametrize("text", ["", "[]", "a: [", "country: BE"])
def test_what_is_no_country_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(BrokenShapes, match=r"be\.yaml"):
        read_folder(folder_with(tmp_path, text))


def test_an_empty_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BrokenShapes, match="no shape"):
        read_folder(tmp_path)


def test_all_countries_are_there_with_a_series_and_a_band() -> None:
    series = {shape.country for shape in load_shapes() if shape.role == "series"}
    assert series == COUNTRIES == set(bands().values())


def test_the_shares_of_the_countries_make_the_whole() -> None:
    assert 0.9 < sum(shape.weight for shape in load_shapes()) <= 1.05


def test_examples_fit_their_shape_and_display_without_loss(shape: Shape) -> None:
    for plate, display in shape.valid.items():
        assert shape.display(plate) == display
        assert compact(display) == plate
        assert any(fits(plate, shape, place) for place in range(len(shape.layouts)))


def fits(plate: str, shape: Shape, place: int) -> bool:
    places = shape.layouts[place].places
    return len(plate) == len(places) and all(char in allowed for char, allowed in zip(plate, places, strict=True))


def test_invalid_examples_do_not_fit(shape: Shape) -> None:
    assert all(shape.display(plate) is None for plate in shape.invalid)


def test_no_layout_stands_twice_and_all_count_texts(shape: Shape) -> None:
    seen = [layout.signature for layout in shape.layouts]
    assert len(seen) == len(set(seen)) > 0
    assert all(layout.texts > 0 for layout in shape.layouts)


def test_signature() -> None:
    assert signature("1ABC234") == "DLLLDDD"


def test_every_shape_says_where_it_is_from(shape: Shape) -> None:
    assert shape.source
    assert shape.note
