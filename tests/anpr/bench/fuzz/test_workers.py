"""Damaged messages through real workers: none ends, what they refuse is buried with its reason, good ones pass."""

from __future__ import annotations

import pytest

from anpr.bench.fuzz.run import fuzzed_topics
from anpr.bench.fuzz.workers import fuzz_workers

FLOWS = ("consolidate", "match", "judge", "cases", "notices", "store")
"""Every kind of loop once: `bench/fuzz.py --workers` runs all of them."""


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::UserWarning:PIL")
def test_no_worker_ends_over_them_and_none_is_lost() -> None:
    told = fuzz_workers(fuzzed_topics(), 1_500, 9, flows=FLOWS)
    assert told["faults"] == [], "\n".join(told["faults"])
    assert told["messages"] > 1_000
    assert told["good"] >= 20
    assert told["letters"] > 500
    assert {"not_json", "wrong_schema", "unknown_version", "key_missing"} <= set(told["reasons"])
