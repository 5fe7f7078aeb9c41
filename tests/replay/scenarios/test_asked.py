"""What is asked for, by name or by file; what cannot be says where."""

from __future__ import annotations

from pathlib import Path

import pytest

from replay.scenarios.asked import KINDS, Asked, ScenarioError, asked_for, named


def test_names_and_all() -> None:
    assert [one.kind for one in asked_for("stolen_car, escape")] == ["stolen_car", "escape"]
    assert tuple(one.kind for one in asked_for("all")) == KINDS


def test_a_file(tmp_path: Path) -> None:
    path = tmp_path / "day.yaml"
    path.write_text(
        "- kind: stolen_car\n  at_s: 120\n  plates: [1ABC234]\n  from: rogier\n  to: r0-leonard\n"
        "- {kind: silent_camera, camera: bxl-r0-0001, seconds: 60}\n"
    )
    stolen, silent = asked_for(str(path))
    assert (stolen.at_s, stolen.plates, stolen.start, stolen.goal) == (120.0, ("1ABC234",), "rogier", "r0-leonard")
    assert (silent.camera, silent.seconds) == ("bxl-r0-0001", 60.0)
    assert named([stolen]) != named([silent])


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("- kind: parade\n", r"day.yaml line 1: kind: Input should be 'stolen_car'"),
        ("- kind: convoy\n- kind: convoy\n  wheels: 4\n", "day.yaml line 2: wheels: there is no such field"),
        ("- kind: convoy\n  plates: [1ABC234]\n", "plates are 3 here, not 1"),
        ("- kind: stolen_car\n  plates: [1-ABC-234]\n", "line 1: plates.0"),
        ("- kind: stolen_car\n  at_s: -4\n", "line 1: at_s"),
        ("- kind: stolen_car\n  cars: 4\n", "cars belong to convoy and lez_offender"),
        ("- kind: stolen_car\n  camera: x\n", "belong to silent_camera"),
        ("- kind: silent_camera\n  from: rogier\n", "no plates, ways or cars"),
        ("kind: convoy\n", "no list of scenarios"),
        ("", "no list of scenarios"),
        ("- kind: [convoy\n", "is no YAML"),
        ("- convoy\n", "line 1: Input should be"),
    ],
)
def test_a_fault_is_told_with_its_line_and_field(tmp_path: Path, text: str, match: str) -> None:
    path = tmp_path / "day.yaml"
    path.write_text(text)
    with pytest.raises(ScenarioError, match=match):
        asked_for(str(path))


def test_an_unknown_name_is_told_with_what_there_is() -> None:
    with pytest.raises(ScenarioError, match="scenario parade is unknown: there are stolen_car, escape"):
        asked_for("convoy,parade")


def test_the_number_of_cars_may_be_chosen() -> None:
    assert Asked(kind="convoy", cars=5).count == 5
    assert Asked(kind="lez_offender").count == 5
