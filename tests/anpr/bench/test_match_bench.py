"""`anpr bench match`: what it says, and that it can tell good from bad."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from anpr.bench.match import MatchBench, run_match_bench
from anpr.bench.match_curve import GROUPS, Point, claims_of, curve, error_shares
from anpr.bench.match_plot import calibration_picture
from anpr.bench.match_quality import Bin, bins_of
from anpr.bench.match_traffic import LIST_MIX, MOST_VEHICLES, Traffic, entries, patterns, unlisted_entry
from anpr.settings import Settings
from pipeline.hotlist.entries import decode_listed
from pipeline.hotlist.index import HotlistIndex
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
    assert 0 < figures["tolerant_share"] <= 1
    assert set(figures["us_per_read"]) == {"whole_stage", "exact_look", "tolerant_look", "patterns"}


def test_a_small_list_is_found_and_hardly_anybody_else_stopped(figures: dict[str, Any]) -> None:
    assert figures["recall_exact"] == 1.0
    assert figures["recall_one_misread"] > 0.9
    assert set(figures["recall_one_misread_by_kind"]) == set(LIST_MIX)
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


@pytest.fixture(scope="module")
def points() -> list[Point]:
    """Of a list of a thousand, told of nearly everything, of what is likely, of what is more than certain."""
    index = HotlistIndex()
    for key, value in entries(1_000):
        index.put(key, decode_listed(value))
    index.settle()
    traffic, misread = list(Traffic(1_000).batches(3_000, 0.05)), list(Traffic(1_000, 1.0).batches(1_000, 1.0))
    return curve(index, traffic, misread, (1e-5, 0.5, 1.1))


def test_who_tells_more_finds_more_and_has_more_to_compare(points: list[Point]) -> None:
    much, less, nothing = points
    for group in GROUPS:
        assert 0.95 < much.found[group] <= 1
        assert much.found[group] >= less.found[group] > nothing.found[group] == 0
        assert much.compared[group] >= less.compared[group] >= nothing.compared[group] == 0
    assert sum(much.compared.values()) > sum(less.compared.values())
    assert min(less.found.values()) <= less.found_of_all <= max(less.found.values())


def test_what_is_measured_of_the_reader_is_what_went_into_it() -> None:
    made = list(Traffic(1_000, 1.0).batches(2_000, 1.0))
    shares = error_shares(made)
    assert sum(shares.values()) == pytest.approx(1.0)
    assert 0.05 < shares["length"] < 0.3
    right = sum(found * count for _, found, count in claims_of(made, several=False))
    one_read = [one for batch in made for one in batch if one.passage.read_count == 1 and not one.passage.withdrawn]
    assert right == pytest.approx(sum(one.passage.plate == one.plate for one in one_read))


def test_patterns_have_wildcards() -> None:
    assert all(set("?*") & set(decode(value).plate) for _, value in patterns(50, 1))


def test_bins_hold_what_was_claimed_and_what_was_so() -> None:
    found = bins_of([(0.95, True), (0.97, True), (0.1, False)], (0.0, 0.5, 1.0))
    assert found == [Bin(0.1, 0.0, 1), Bin(0.96, 1.0, 2)]


def test_the_picture_has_a_dot_for_each_bin() -> None:
    picture = calibration_picture([Bin(0.1, 0.2, 10), Bin(0.9, 0.95, 1000)], "2026-11-25")
    assert picture.count("<circle") == 2
    assert "95.0% of 1,000 hits told as 90.0%" in picture
