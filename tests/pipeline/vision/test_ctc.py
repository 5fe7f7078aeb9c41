"""CTC decoding on hand-made distributions: what is printed, what is doubted, what is nothing."""

import numpy as np
import pytest

from pipeline.vision.alphabet import PLATE_CHARS, Folding, Probs, plate_char
from pipeline.vision.ctc import MAX_ALTERNATIVES, decode_line

CHARACTERS = ("", *"AaB80O-.字", " ")
FOLDING = Folding.of(CHARACTERS)


def steps(*rows: dict[str, float]) -> Probs:
    """One distribution per row; what a row leaves unsaid goes to the ideograph, which no plate carries."""
    table = np.zeros((len(rows), len(CHARACTERS)), np.float32)
    for line, row in zip(table, rows, strict=True):
        for char, p in row.items():
            line[CHARACTERS.index(char)] = p
        line[CHARACTERS.index("字")] += 1 - line.sum()
    return table


def read(*rows: dict[str, float]) -> str:
    return decode_line(steps(*rows), CHARACTERS, FOLDING).text


def test_repeats_collapse_unless_a_blank_parts_them() -> None:
    assert read({"A": 1}, {"A": 1}, {"": 1}, {"A": 1}, {"8": 1}) == "AA8"


def test_case_folds_by_summing() -> None:
    line = decode_line(steps({"A": 0.35, "a": 0.25, "8": 0.4}), CHARACTERS, FOLDING)
    assert line.text == "A"
    assert line.chars[0].confidence == pytest.approx(0.6)
    assert line.chars[0].alternatives == (("8", pytest.approx(0.4)),)


def test_separators_and_blank_compete_as_one() -> None:
    assert read({"A": 1}, {"-": 0.3, ".": 0.2, "": 0.1, "8": 0.4}, {"B": 1}) == "AB"


def test_a_separator_parts_two_equal_characters() -> None:
    assert read({"8": 1}, {"-": 1}, {"8": 1}) == "88"


def test_the_raw_text_keeps_everything() -> None:
    line = decode_line(steps({"a": 1}, {"-": 1}, {"字": 1}, {"8": 1}), CHARACTERS, FOLDING)
    assert line.text_raw == "a-字8"
    assert line.text == "A8"


def test_confidence_is_not_lifted_by_leaving_classes_out() -> None:
    line = decode_line(steps({"8": 0.2, "字": 0.8}), CHARACTERS, FOLDING)
    assert line.chars[0].confidence == pytest.approx(0.2)


def test_alternatives_are_few_ordered_and_others() -> None:
    characters = ("", *PLATE_CHARS)
    probs = np.array([[0.02, 0.4, *([0.58 / 35] * 35)]], np.float32)
    (char,) = decode_line(probs, characters, Folding.of(characters)).chars
    assert char.char == "A"
    assert len(char.alternatives) == MAX_ALTERNATIVES
    assert [p for _, p in char.alternatives] == sorted((p for _, p in char.alternatives), reverse=True)
    assert "A" not in dict(char.alternatives)


def test_a_line_of_nothing_is_empty() -> None:
    line = decode_line(steps({"": 1}, {" ": 1}), CHARACTERS, FOLDING)
    assert (line.text, line.confidence, line.chars) == ("", 0.0, ())


@pytest.mark.parametrize(("char", "plate"), [("z", "Z"), ("Ａ", "A"), ("Β", "B"), ("С", "C"), ("7", "7")])
def test_forms_of_one_character_fold(char: str, plate: str) -> None:
    assert plate_char(char) == plate


@pytest.mark.parametrize("char", ["", "-", "字", "ß", "é", "AB", "²", "①", "Ж"])
def test_nothing_else_folds(char: str) -> None:
    assert plate_char(char) is None
