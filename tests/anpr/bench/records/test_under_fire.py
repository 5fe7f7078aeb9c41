"""Runs of `anpr chaos` as one."""

from __future__ import annotations

from typing import Any

from anpr.bench.records.record import Record
from anpr.bench.records.report import page
from anpr.bench.records.targets import ALL_SEEDS
from anpr.bench.records.under_fire import together


def run(seed: int, *recoveries: float, at: str = "2026-11-28", **more: Any) -> Record:
    """A run that struck a worker so often, a broker once, and once two parts of a platform that was not steady."""
    strikes = [{"parts": ["match-1"], "steady": True, "recovery_s": one} for one in recoveries]
    strikes.append({"parts": ["broker 2"], "steady": True, "recovery_s": 5.0})
    strikes.append({"parts": ["judge", "api"], "steady": False, "recovery_s": 50.0})
    figures = {"kills": len(strikes), "reads": 1_000, "reads_per_s": 5_000, "lost": 0, "duplicated": 0, "wrong": 0}
    return Record(
        name=f"chaos-seed-{seed}",
        at=f"{at}T0{seed}:00:00+00:00",
        commit="",
        busy=False,
        machine={"cpu": "Testium"},
        versions={},
        settings={},
        figures={**figures, "strikes": strikes, **more},
        rounds={},
    )


def test_strikes_of_all_seeds_count_together() -> None:
    [all_of_them] = together([run(2, 3.0, 4.0, lost=1, reads_per_s=4_900), run(1, 1.0, 2.0, 9.0)])
    assert all_of_them.name == ALL_SEEDS
    assert all_of_them.at == "2026-11-28T02:00:00+00:00"
    figures = all_of_them.figures
    assert (figures["kills"], figures["reads"], figures["lost"], figures["reads_per_s"]) == (9, 2_000, 1, 4_900)
    assert figures["recovery_by_part_s"]["worker"] == {"strikes": 5, "p50": 3.0, "p95": 9.0, "max": 9.0}
    assert figures["recovery_by_part_s"]["broker"]["strikes"] == 2


def test_of_a_seed_the_latest_run_counts() -> None:
    [all_of_them] = together([run(1, 1.0), run(1, 99.0, at="2026-11-27"), run(2, 2.0)])
    assert all_of_them.figures["recovery_by_part_s"]["worker"]["max"] == 2.0


def test_one_seed_is_no_more_than_itself() -> None:
    assert together([run(1, 1.0), run(1, 2.0, at="2026-11-27")]) == []
    assert together([]) == []


def test_the_page_tells_them_before_each_by_itself() -> None:
    records = [run(1, 1.0), run(2, 12.0)]
    parts = page([*records, *together(records)])
    assert [one.title for one in parts] == ["Under fire, all seeds", "Under fire, seed 1", "Under fire, seed 2"]
    assert ("a worker struck, flow back, p95", "12 s", "at most 10", "3", "**missed**") in parts[0].rows
