"""From a text as read to a plate: the band off, places repaired."""

from __future__ import annotations

import pytest

from pipeline.plates.reading import plate_of


@pytest.mark.parametrize(
    ("text", "plate", "changed"),
    [
        ("1ABC234", "1ABC234", False),
        ("B1ABC234", "1ABC234", True),  # the band of Belgium, read as a letter
        ("IABC234", "1ABC234", True),
        ("POWERFUL", "POWERFUL", False),  # personalised: nothing to say against it
    ],
)
def test_the_plate_of_a_text(text: str, plate: str, changed: bool) -> None:
    found = plate_of(text)
    assert (found.text, found.changed) == (plate, changed)


def test_doubts_move_with_the_text_when_the_band_goes() -> None:
    """The reader doubts the last character, which is one place further left on the plate."""
    doubts: list[dict[str, float]] = [{} for _ in range(8)]
    doubts[7] = {"7": 0.4}
    assert plate_of("B1ABC234", doubts) == plate_of("1ABC234", hint="BE")._replace(changed=True)
