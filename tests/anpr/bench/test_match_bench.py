"""`anpr bench match`: what it says, and that it can tell good from bad."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from anpr.bench.match import MatchBench, run_match_bench
from anpr.bench.match_plot import calibration_picture
from anpr.bench.match_quality import Bin, bins_of
from anpr.bench.match_traffic import MOST_VEHICLES, Traffic, entries, patterns, unlisted_entry
from anpr.settings import Settings
from schemas.codec import decoder
from schemas.hotlist import HotlistEntry

SMALL = MatchBench(entries=5_000, patterns=50, passages=3_000, listed_share=0.05, worker=False)
decode = decoder(HotlistEntry)


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    settings = Settings(data_dir=tmp_path_factory.mktemp("bench"))
    return run_match_bench(settings, SMALL, lambda _: None, lambda *_: None)


def test_it_says_what_its_interface_promises(figures: dict[str, Any]) -> None:
    wanted = ("reads_per_s", "index_mb", "recall_exact", "recall_one_misread", "wrong_alert_share", "confirm_share")
    assert all(isinstance(figures[name], int | float) for name in wanted)
    assert figures["reads_per_s"] > 0
    assert set(figures["us_per_read"]) == {"whole_stage", "exact_look", "tolerant_look", "patterns"}


def test_a_small_list_is_found_and_hardly_anybody_else_stopped(figures: dict[str, Any]) -> None:
    assert figures["recall_exact"] == 1.0
    assert figures["recall_one_misread"] > 0.5
    assert figures["wrong_alert_share"] < 0.05
    listed = figures["quality"]["traffic"]["listed"]
    assert sum(kind.get("exact", 0) for kind in listed.values()) > 50


@pytest.mark.slow
def test_a_worker_takes_the_list_and_its_changes(tmp_path: Path) -> None:
    bench = MatchBench(entries=2_000, patterns=10, passages=1_000)
    figures = run_match_bench(Settings(data_dir=tmp_path), bench, lambda _: None, lambda *_: None)
    assert 0 < figures["start_s"] < 60
    assert 0 <= figures["update_p50_s"] <= figures["update_s"] < 30
    assert figures["worker_mb"]["rss"] > 10


def test_the_same_seed_gives_the_same_passages() -> None:
    one, other = ([seen for batch in Traffic(1000).batches(300, 0.1) for seen in batch] for _ in range(2))
    assert one == other
    assert {seen.listed for seen in one} == {True, False}


def test_entries_are_of_different_plates_and_the_new_one_is_of_none_of_them() -> None:
    plates = [decode(value).plate for _, value in entries(2000)]
    assert len(set(plates)) == len(plates)
    assert unlisted_entry(0)[2] not in plates
    assert len(plates) < MOST_VEHICLES


def test_patterns_have_wildcards() -> None:
    assert all(set("?*") & set(decode(value).plate) for _, value in patterns(50, 1))


def test_bins_hold_what_was_claimed_and_what_was_so() -> None:
    found = bins_of([(0.95, True), (0.97, True), (0.1, False)], (0.0, 0.5, 1.0))
    assert found == [Bin(0.1, 0.0, 1), Bin(0.96, 1.0, 2)]


def test_the_picture_has_a_dot_for_each_bin() -> None:
    picture = calibration_picture([Bin(0.1, 0.2, 10), Bin(0.9, 0.95, 1000)], "2026-11-25")
    assert picture.count("<circle") == 2
    assert "95.0% of 1,000 hits told as 90.0%" in picture
