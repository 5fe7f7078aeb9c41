"""What is read on the radio: danger first, every character spelled, nothing told as now that is old."""

from __future__ import annotations

import string
import uuid
from datetime import timedelta
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from console.handover import Handover, Language, handover, spelled
from pipeline.cases.records import NextRecord
from schemas.case import Case
from schemas.hotlist import Instruction, ListKind
from tests.console.cases import NOW, case

LANGUAGES: tuple[Language, ...] = get_args(Language)
NAMES = {"north-1": "Rue du Nord", "south-1": "Rue du Midi"}


def stolen(**changes: Any) -> Case:
    """A stolen car, seen twelve minutes ago."""
    given_: dict[str, Any] = {
        **{"plate": "1ABC234", "state": "pursuing", "alert_class": "alert", "reason": "Stolen in Ixelles."},
        **{"last_camera_id": "north-1", "last_seen_at": NOW - timedelta(minutes=12), "case_id": uuid.UUID(int=1)},
    }
    return case(**given_ | changes)


def told(language: Language = "en", **changes: Any) -> list[str]:
    return handover(Handover(stolen(**changes), NOW, NAMES, "Volvo V60, grey"), language)


def test_a_whole_one() -> None:
    likely = NextRecord(camera_id="south-1", probability=0.41, p50_s=900.0)
    assert told(next_cameras=(likely,), assigned_to="5340-2", instruction="stop", dangerous=True) == [
        "DANGER: occupants may be armed or violent.",
        "Stop the vehicle.",
        "Plate 1-ABC-234, I spell: one, Alfa, Bravo, Charlie, two, three, four.",
        "Vehicle: Volvo V60, grey.",
        "Wanted: stolen vehicle. Stolen in Ixelles.",
        "Last seen at 03:18, 12 minutes ago, at Rue du Nord.",
        "Probably next at Rue du Midi, 41 per cent, around 03:33.",
        "Assigned to 5340-2.",
        "Case 00000000. State: in pursuit.",
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_old_is_never_told_as_now(language: Language) -> None:
    likely = NextRecord(camera_id="south-1", probability=0.41, p50_s=900.0)
    fresh, old = told(language, next_cameras=(likely,)), told(language, next_cameras=(likely,), old_only=True)
    assert any("Rue du Midi" in line for line in fresh)
    assert not any("Rue du Midi" in line for line in old)
    assert len(set(old) - set(fresh)) == 1, "it says so"


@pytest.mark.parametrize("language", LANGUAGES)
def test_danger_comes_first_in_every_language(language: Language) -> None:
    assert told(language, dangerous=True)[0].isupper() or told(language, dangerous=True)[0].split()[0].isupper()


@pytest.mark.parametrize("language", ["fr", "nl"])
def test_every_kind_state_and_instruction_has_its_word(language: Language) -> None:
    for kind in get_args(ListKind):
        assert kind.replace("_", " ") not in " ".join(told(language, list_kinds=(kind,)))
    for state in ("new", "acknowledged", "closed"):
        assert told(language, state=state)[-1].split()[-1] != f"{state}."
    for instruction in get_args(Instruction):
        assert told(language, instruction=instruction) != told(language)


@given(st.text(string.ascii_uppercase + string.digits, min_size=1, max_size=12), st.sampled_from(LANGUAGES))
def test_each_character_is_spelled(plate: str, language: Language) -> None:
    words = spelled(plate, language).split(", ")
    assert len(words) == len(plate)
    assert all(word[0] == char for word, char in zip(words, plate, strict=True) if char.isalpha())
