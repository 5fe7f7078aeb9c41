"""The past stays as it was: what a verdict of years ago rested on is found, and comes out the same."""

from __future__ import annotations

import pytest

from pipeline.lez.loading import zones
from tests.pipeline.lez.golden import file_of, told

ADVICE = "see tests/pipeline/lez/golden.py"


@pytest.mark.parametrize("zone", zones())
def test_nothing_that_was_said_of_the_past_is_said_otherwise(zone: str) -> None:
    now, before = told(zone), file_of(zone).read_text("utf-8").splitlines()
    gone, fresh = [line for line in before if line not in set(now)], [line for line in now if line not in set(before)]
    assert not gone, f"{zone} tells the past otherwise ({ADVICE}); no longer said: {gone[:5]}; but: {fresh[:5]}"
    assert not fresh, f"{zone} says more than is written down ({ADVICE}): {fresh[:5]}"
