"""What is kept of a passage."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pipeline.clones.sighting import LONGEST_DELAY_MS, Names, Sighting, packed, unpacked

SIGHTINGS = st.builds(
    Sighting,
    passage_id=st.binary(min_size=16, max_size=16),
    revision=st.integers(1, 1_000_000),
    withdrawn=st.booleans(),
    camera_id=st.sampled_from(["a", "b", "Brussels-1"]),
    captured_ms=st.integers(0, 2**42),
    delay_ms=st.integers(0, LONGEST_DELAY_MS),
    lat=st.floats(-90, 90),
    lon=st.floats(-180, 180),
    wrong=st.floats(0, 1),
    confidence=st.floats(0, 1),
    evidence=st.text(max_size=256),
)


@given(seen=st.lists(SIGHTINGS, max_size=5))
def test_what_is_packed_comes_out_as_it_went_in(seen: list[Sighting]) -> None:
    names = Names()
    assert list(unpacked(b"".join(packed(one, names) for one in seen), names)) == seen
