"""Which lines may be plates, which belong together, and that nothing is ever made up."""

import itertools
import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from pipeline.vision.plates import plate_groups, to_plate, worth_reading
from pipeline.vision.types import BoxPx, CharReading, LineReading, Quad, TextLine

FRAME_HW = (720, 1280)
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


def quad(x: float, y: float, w: float, h: float) -> Quad:
    return Quad(((x, y), (x + w, y), (x + w, y + h), (x, y + h)), 0.9)


def line(raw: str, x: float, y: float, w: float, h: float = 20) -> TextLine:
    chars = tuple(CharReading(c, 0.9) for c in raw.upper() if c in ALPHABET)
    return TextLine(quad(x, y, w, h), LineReading(raw, chars))


def texts(*lines: TextLine) -> list[str]:
    return [to_plate(group, FRAME_HW).text for group in plate_groups(lines)]


def test_a_split_plate_is_joined_from_left_to_right() -> None:
    assert texts(line("269 AK", 245, 101, 70), line("BT", 200, 100, 35)) == ["BT269AK"]


def test_three_parts_are_joined() -> None:
    assert texts(line("1", 100, 50, 12), line("ABC", 120, 50, 45), line("234", 175, 50, 45)) == ["1ABC234"]


def test_the_small_letter_of_the_euro_band_is_left_out() -> None:
    assert texts(line("B", 92, 110, 8, h=10), line("1-ABC-234", 102, 100, 110)) == ["1ABC234"]


def test_large_lettering_beside_a_plate_is_left_out() -> None:
    assert texts(line("L", 60, 80, 60, h=60), line("BR 07 AAC", 125, 100, 100)) == ["BR07AAC"]


def test_neighbours_that_are_too_long_together_stand_alone() -> None:
    assert texts(line("1ABC234", 100, 100, 90), line("2XYZ567", 195, 100, 90)) == ["1ABC234", "2XYZ567"]


def test_a_letters_only_neighbour_that_makes_it_too_long_does_not_hide_the_plate() -> None:
    assert texts(line("1ABC234", 100, 100, 90), line("TAXI", 195, 100, 50)) == ["1ABC234"]


def test_a_word_beside_a_split_plate_does_not_hide_it() -> None:
    assert texts(line("BT", 200, 100, 35), line("269AK", 240, 100, 70), line("GARAGE", 320, 100, 80)) == ["BT269AK"]


def test_lines_above_each_other_or_far_apart_are_not_joined() -> None:
    assert texts(line("BT", 200, 60, 35), line("269AK", 200, 100, 70)) == ["269AK"]
    assert texts(line("BT", 100, 100, 35), line("269AK", 200, 100, 70)) == ["269AK"]


def test_words_and_fragments_are_no_plates() -> None:
    assert texts(line("OCTAVIA", 0, 0, 90), line("12", 0, 100, 30), line("0123456789", 0, 200, 120)) == []


def test_proportions_of_no_plate_are_refused() -> None:
    assert texts(line("1ABC234", 0, 0, 20, h=20), line("1ABC234", 0, 100, 400, h=20)) == []


def test_upright_text_and_specks_are_not_read() -> None:
    assert not worth_reading(quad(0, 0, 10, 40))
    assert not worth_reading(quad(0, 0, 12, 4))
    assert worth_reading(quad(0, 0, 12, 14))


def test_the_box_spans_all_parts_and_stays_in_the_frame() -> None:
    (group,) = plate_groups([line("BT", -5, 705, 40), line("269AK", 40, 705, 70)])
    plate = to_plate(group, FRAME_HW)
    assert plate.box == BoxPx(0, 705, 110, 15)
    assert ([q.corners[0] for q in plate.lines], plate.score) == ([(-5, 705)], None)


def test_raw_texts_are_kept_side_by_side() -> None:
    (group,) = plate_groups([line("BT", 200, 100, 35), line("269-AK", 240, 100, 70)])
    assert to_plate(group, FRAME_HW).text_raw == "BT 269-AK"


placed = st.builds(
    line,
    st.text(alphabet=ALPHABET + "abz-. :·字", max_size=12),
    st.integers(0, 1100),
    st.integers(0, 60),
    st.integers(5, 200),
    st.integers(6, 60),
)


@given(st.lists(placed, max_size=8))
def test_joining_never_invents_characters(lines: list[TextLine]) -> None:
    """Every plate is a row of whole lines from left to right, and no line serves twice."""
    groups = plate_groups(lines)
    for group in groups:
        plate = to_plate(group, FRAME_HW)
        assert re.fullmatch("[A-Z0-9]{4,9}", plate.text)
        assert plate.text == "".join(one.reading.text for one in group)
        assert plate.chars == tuple(itertools.chain.from_iterable(one.reading.chars for one in group))
        assert 0 <= plate.confidence <= 1
        assert [one.quad.corners[0][0] for one in group] == sorted(one.quad.corners[0][0] for one in group)
    used = [id(one) for group in groups for one in group]
    assert len(used) == len(set(used))
    assert set(used) <= {id(one) for one in lines}


@given(st.lists(placed, max_size=6, unique_by=lambda one: one.quad.corners[0]), st.randoms(use_true_random=False))
def test_the_order_of_detection_does_not_matter(lines: list[TextLine], random: object) -> None:
    shuffled = list(lines)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert plate_groups(shuffled) == plate_groups(lines)


@given(placed)
def test_inputs_stay_as_they_are(one: TextLine) -> None:
    before = replace(one)
    plate_groups([one])
    assert one == before
