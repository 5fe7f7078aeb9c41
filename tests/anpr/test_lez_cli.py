"""`anpr lez assess | explain | calendar` from outside: what an officer types and reads."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from anpr.cli.console import OUT
from anpr.cli.lez import assess, calendar
from anpr.cli.lez.desk import group
from anpr.lez.question import AskedWrongly
from tests.anpr.program import Ran, anpr

assert assess, calendar
DIESEL_5 = ("--zone", "brussels", "--fuel", "diesel", "--euro", "5")
Run = Callable[..., str]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Run:
    """A command of the group, in this process, on a wide screen; returns what it printed."""
    monkeypatch.setattr(OUT, "_width", 160)

    def call(*words: str) -> str:
        done = CliRunner().invoke(group, words, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.stdout

    return call


def outside(folder: Path, *words: str) -> Ran:
    """The program itself."""
    return anpr(folder / "data", "lez", *words)


def test_assess_prints_one_json_object(tmp_path: Path) -> None:
    ran = outside(tmp_path, "assess", *DIESEL_5, "--at", "2025-06-01T10:00", "--known-at", "2025-06-01", "--json")
    assert ran.code == 0
    told = ran.json
    assert (told["verdict"], told["action"], told["fine_eur"]) == ("compliant", "none", None)
    assert {"rule", "reason", "valid_at", "known_at"} <= told.keys()


def test_what_is_asked_wrongly_is_told_in_one_sentence(tmp_path: Path) -> None:
    ran = outside(tmp_path, "assess", "--zone", "brusels", "--fuel", "diesel")
    ran.assert_clear("--zone brusels", "did you mean brussels?")
    assert ran.code == 2


@pytest.mark.parametrize("command", ["assess", "explain", "calendar"])
def test_every_command_refuses_a_zone_that_is_none(command: str) -> None:
    with pytest.raises(AskedWrongly, match="did you mean brussels"):
        CliRunner().invoke(group, [command, "--zone", "brusels"], catch_exceptions=False)


def test_an_officer_reads_what_it_is_what_follows_and_why(run: Run) -> None:
    told = run("assess", *DIESEL_5, "--at", "2026-05-01T10:00", "--known-at", "2026-06-01", "--warned", "2026-01-10")
    assert told.splitlines() == [
        "barred (non_compliant): a fine of 350 EUR",
        "This car (diesel, Euro 5) has been barred from the zone Brussels-Capital Region since 2025-01-01.",
        "Not verified: no official text was read for the amount and its terms.",
        "rule brussels:light-diesel:euro5:2026-01-01@2026-01-01 — Practice from 1 January 2026: the first detection is "
        "a warning, a fine three months after it at the earliest",
        "passage 2026-05-01 10:00, law and rights as known 2026-06-01 00:00 (Europe/Brussels)",
    ]


@pytest.mark.parametrize(
    ("language", "first", "note"),
    [
        (
            "en",
            "barred (non_compliant): a warning",
            "A warning first: a fine needs a passage at least 3 months after it.",
        ),
        ("fr", "interdit (non_compliant): un avertissement", "D'abord un avertissement : une amende exige un passage"),
        ("nl", "niet toegelaten (non_compliant): een waarschuwing", "Eerst een waarschuwing: een boete vergt"),
    ],
)
def test_it_speaks_three_languages(run: Run, language: str, first: str, note: str) -> None:
    told = run("assess", *DIESEL_5, "--at", "2026-05-01", "--language", language).splitlines()
    assert told[0] == first
    assert told[2].startswith(note)


def test_explain_tells_how_the_law_was_known(run: Run) -> None:
    told = run("explain", *DIESEL_5, "--at", "2025-06-01T10:00")
    for part in ("2024-10-17", "2025-03-21", "allowed (compliant)", "judgment 115/2025", "Proposed and no law: "):
        assert part in told


def test_the_calendar_is_a_table_with_its_sources(run: Run) -> None:
    told = run("calendar", "--zone", "ghent", "--language", "nl")
    for part in ("Dieselvoertuigen", "vanaf 2020-02-01 verboden (boetes)", "struck-2025: Decree of 15 December 2025"):
        assert part in told
    assert '"zone": "ghent"' in run("calendar", "--zone", "ghent", "--json").splitlines()[-1]


def test_the_help_names_every_flag_and_an_example(run: Run) -> None:
    told = run("assess", "--help")
    for part in ("--known-at", "--warned", "--exemption", "antwerp, brussels", "--json"):
        assert part in told
