"""`anpr search` from outside: what an officer types, what he reads, and what is recorded of it."""

from __future__ import annotations

import csv
import hashlib
import json
import subprocess
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client

from anpr.cli.times import CLOCKS_AHEAD, time_range
from anpr.embedded.store.launch import StoreProcess
from pipeline.plates.shapes import displayed
from pipeline.plates.text import compact
from sinks.clickhouse.refusal import SearchRefused
from tests.anpr.program import Ran, anpr, command, environment
from tests.sinks.conftest import register_officers
from tests.sinks.queries.facts import Fact, some_plate, store_camera, store_facts

pytestmark = pytest.mark.slow

OFFICER, REASON = "A. Peeters", "Hit and run in the Rue Neuve"
NOW = datetime.now(UTC).replace(microsecond=0)
Search = Callable[..., Ran]


@pytest.fixture(scope="module")
def client(tables: Client) -> Client:
    """A client with all rights; the officers are registered."""
    register_officers(tables)
    return tables


@pytest.fixture
def search(store: StoreProcess, client: Client, tmp_path: Path) -> Search:
    """Runs `anpr search` on that store, with a good reason."""
    assert client

    def run(pattern: str, *words: str, officer: str = OFFICER) -> Ran:
        given = ("search", pattern, "--reason", REASON, *words)
        return anpr(tmp_path / "data", *given, store_dsn=store.dsn, officer=officer)

    return run


@pytest.fixture(scope="module")
def core(client: Client) -> str:
    """The beginning of plates that passed in the last hours."""
    core = some_plate()[:5]
    store_camera(client, "gate-1", 50.85, 4.35, zone="BRU-NORTH")
    facts = [
        Fact(f"{core}B0", "gate-1", NOW - timedelta(hours=3), {"late": False}),
        Fact(f"{core}B0", "gate-2", NOW - timedelta(days=2), {"late": False}),
        Fact(f"{core}80", "gate-2", NOW - timedelta(minutes=5), {"late": True}),
        Fact(f"{core}B07", "gate-2", NOW - timedelta(hours=1), {"late": False}),
        Fact(f"{core}B0", "gate-2", NOW - timedelta(days=60), {"late": False}),
    ]
    store_facts(client, facts)
    return core


def _one(client: Client, query: str, **given: Any) -> tuple[Any, ...]:
    return tuple(client.query(query, parameters=given).result_rows[0])


def test_a_whole_plate_and_below_it_what_may_be_a_misread_of_it(core: str, search: Search, client: Client) -> None:
    done = search(
        f"{core[:2]}-{core[2:]}-b0".lower(), "--purpose", "stolen_vehicle", "--case-number", "BXL-1", "--json"
    )
    assert (done.code, set(done.json)) == (0, {"search_id", "results"})
    results = done.json["results"]
    assert [(one["plate"], one["camera_id"], one["why"]) for one in results] == [
        (f"{core}B0", "gate-1", "exact"),
        (f"{core}B0", "gate-2", "exact"),
        (f"{core}80", "gate-2", "8 for B at place 6"),
        (f"{core}B07", "gate-2", "7 too many at the end"),
    ]
    first = results[0]
    assert datetime.fromisoformat(first["captured_at"]) == NOW - timedelta(hours=3)
    assert (first["confidence"], first["probability"], first["camera_name"]) == (0.9, 0.9, "Name of gate-1")
    recorded = _one(
        client,
        "SELECT officer, purpose, reason, case_number, pattern, tolerance FROM searches WHERE search_id = {id:UUID}",
        id=done.json["search_id"],
    )
    assert recorded == (OFFICER, "stolen_vehicle", REASON, "BXL-1", f"{core}B0", 1)
    shown = _one(
        client,
        "SELECT count() FROM audit WHERE action = 'search_shown' AND position(about, {id:String}) > 0",
        id=done.json["search_id"],
    )
    assert shown == (1,)


@pytest.mark.parametrize(
    ("pattern", "words", "plates"),
    [
        ("{}B0", ("--match", "exact"), ["{}B0", "{}B0"]),
        ("{}?0", (), ["{}80", "{}B0", "{}B0"]),
        ("{}", (), ["{}80", "{}B07", "{}B0", "{}B0"]),
        ("{}B0", ("--match", "partial"), ["{}B07", "{}B0", "{}B0", "{}80"]),
        ("{}B0", ("--days", "1"), ["{}B0", "{}80", "{}B07"]),
        ("{}B0", ("--zone", "BRU-NORTH"), ["{}B0"]),
        ("{}B0", ("--limit", "1", "--match", "exact"), ["{}B0"]),
        ("{}C9", (), []),
    ],
)
def test_what_is_asked_is_what_is_shown(
    pattern: str, words: tuple[str, ...], plates: list[str], core: str, search: Search
) -> None:
    done = search(pattern.replace("{}", core), *words, "--json")
    assert [one["plate"] for one in done.json["results"]] == [plate.replace("{}", core) for plate in plates]


def test_people_read_who_was_where_when_and_why_it_is_shown(core: str, search: Search) -> None:
    done = search(f"{core}B0")
    wanted = displayed(f"{core}B0")
    exact, older, misread, longer = [line for line in done.out.splitlines() if core in compact(line) and "│" in line][
        :4
    ]
    assert all(word in exact for word in (f"{wanted} (BE)", " 3 h ", "Name of gate-1", "90%", "exact"))
    assert " 2 d " in older
    assert all(word in misread for word in ("uploaded late", "8 for B at place 6", f"that it is {wanted}"))
    assert "7 too many at the end" in longer
    assert REASON in done.out


def test_a_plate_that_was_not_seen_itself_is_said_not_to_be_above_what_may_be_it(core: str, search: Search) -> None:
    done = search(f"{core}B09")
    assert f"{displayed(f'{core}B09')} itself was not seen since" in done.out
    assert f"{displayed(f'{core}B0')} (BE)" in done.out


def test_a_narrow_window_shows_every_word(core: str, store: StoreProcess, tmp_path: Path) -> None:
    environ = {**environment(tmp_path / "data", store_dsn=store.dsn, officer=OFFICER), "COLUMNS": "80"}
    asked = command("search", core, "--reason", REASON)
    done = subprocess.run(asked, env=environ, cwd=tmp_path, capture_output=True, text=True, timeout=90, check=True)
    rows = [line for line in done.stdout.splitlines() if "│" in line]
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "…" not in done.stdout
    assert any("uploaded late" in row for row in rows)
    assert f"fits *{core}*" in done.stdout


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        ("{}C9", "without the first character, which is often lost: anpr search"),
        ("*{}C9*", "Give fewer characters"),
        ("{}C9", "older than a month needs --decision"),
    ],
)
def test_where_nothing_is_found_it_says_what_else_to_try(pattern: str, said: str, core: str, search: Search) -> None:
    done = search(pattern.replace("{}", core))
    assert done.code == 0
    assert "No passage of" in done.out
    assert said in done.out


@pytest.mark.usefixtures("core")
@pytest.mark.parametrize(
    ("pattern", "words", "code", "said"),
    [
        ("*", (), "pattern_wide", "too wide"),
        ("", (), "pattern_wrong", "type a plate"),
        ("1" * 5000, (), "pattern_wrong", "no plate is that long (5000 characters)"),
        ("1ABC🚗", (), "pattern_wrong", "is no plate"),
        ("1ABC'; DROP TABLE passages; --", (), "pattern_wrong", "is no plate"),
        ("1ABC*", ("--match", "misread"), "pattern_wrong", "needs one whole plate"),
        ("1ABC234", ("--days", "3650"), "range_closed", "further back than this purpose ever opens"),
        ("1ABC234", ("--days", "60"), "decision_missing", "needs a decision of a magistrate"),
        ("1ABC234", ("--role", "auditor"), "officer_unknown", "not registered in this role"),
    ],
)
def test_what_may_not_be_is_refused_and_recorded(
    pattern: str, words: tuple[str, ...], code: str, said: str, search: Search, client: Client
) -> None:
    before = _one(
        client, "SELECT count() FROM audit WHERE action = 'search_denied' AND position(about, {c:String}) > 0", c=code
    )
    done = search(pattern, *words)
    done.assert_clear(said)
    assert done.code == 2
    after = _one(
        client, "SELECT count() FROM audit WHERE action = 'search_denied' AND position(about, {c:String}) > 0", c=code
    )
    assert after[0] == before[0] + 1
    assert client.query("SELECT count() FROM passages").result_rows[0][0] > 0, "no table was dropped"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--match", "fuzzy"), "match fuzzy is not one of auto, exact, partial, misread"),
        (("--role", "boss"), "role boss is not one of"),
        (("--days", "3", "--from", "2026-11-01"), "give --days or --from, not both"),
        (("--from", "yesterday"), "--from yesterday is no day or moment"),
    ],
)
def test_what_is_asked_wrongly_is_one_sentence(words: tuple[str, ...], said: str, search: Search) -> None:
    done = search("1ABC234", *words)
    done.assert_clear(said)
    assert done.code == 2


def _at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def test_days_and_moments_are_those_of_brussels() -> None:
    now = _at("2026-11-25T10:00:00+00:00")
    assert time_range(now, None, None, None) == (now - timedelta(days=30), now + CLOCKS_AHEAD)
    assert time_range(now, 3, None, None)[0] == now - timedelta(days=3)
    assert time_range(now, None, "2026-11-01", "2026-11-02") == (
        _at("2026-11-01T00:00:00+01:00"),
        _at("2026-11-03T00:00:00+01:00"),
    )
    assert time_range(now, None, "2026-07-01 13:30", "2026-07-01T14:00") == (
        _at("2026-07-01T11:30:00+00:00"),
        _at("2026-07-01T12:00:00+00:00"),
    )
    assert time_range(now, None, "2026-11-01T13:30:00Z", None)[0] == _at("2026-11-01T13:30:00+00:00")
    assert time_range(now, 2, None, "2026-11-01")[0] == _at("2026-10-30T23:00:00+00:00")


def test_a_day_that_is_none_is_refused() -> None:
    for text in ("2026-13-01", "1", "now", "0001-01-01", "9999-12-31"):
        with pytest.raises(SearchRefused, match=r"--to .* is no day or moment: write 2026-11-25"):
            time_range(NOW, None, None, text)


def _audited_export(client: Client, search_id: str) -> dict[str, Any]:
    query = "SELECT record FROM audit WHERE action = 'results_exported' AND position(record, {id:String}) > 0"
    about: dict[str, Any] = json.loads(_one(client, query, id=search_id)[0])["about"]
    return about


def test_an_export_is_recorded_with_the_digest_of_its_file(
    core: str, search: Search, client: Client, tmp_path: Path
) -> None:
    done = search(f"{core}B0", "--match", "exact", "--export", str(tmp_path / "way.csv"), "--json")
    content = (tmp_path / "way.csv").read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    assert done.json["exported"] == {"file": str(tmp_path / "way.csv"), "rows": 2, "sha256": digest}
    about = _audited_export(client, done.json["search_id"])
    assert (about["what"], about["rows"], about["sha256"]) == ("way.csv", 2, digest)
    rows = list(csv.DictReader(content.decode().splitlines()))
    assert [(row["plate"], row["camera_name"], row["lat"]) for row in rows] == [
        (f"{core}B0", "Name of gate-1", "50.85"),
        (f"{core}B0", "", ""),
    ]
    assert (tmp_path / "way.csv").stat().st_mode & 0o077 == 0, "others on this machine cannot read it"


def test_an_export_for_a_map_has_a_point_where_the_place_is_known(core: str, search: Search, tmp_path: Path) -> None:
    file = tmp_path / "way.geojson"
    done = search(f"{core}B0", "--match", "exact", "--export", str(file))
    assert f"2 rows written to {file}" in done.out
    features = json.loads(file.read_bytes())["features"]
    assert [one["geometry"] for one in features] == [{"type": "Point", "coordinates": [4.35, 50.85]}, None]
    assert features[0]["properties"]["camera_id"] == "gate-1"


@pytest.mark.parametrize(
    ("name", "words"),
    [("way.xlsx", "must end in .csv or .geojson"), ("no/way.csv", "no file can be written"), ("old.csv", "already")],
)
def test_an_export_that_cannot_be_written_is_refused_before_the_search(
    name: str, words: str, core: str, search: Search, client: Client, tmp_path: Path
) -> None:
    (tmp_path / "old.csv").write_text("kept")
    before = _one(client, "SELECT count() FROM searches")
    search(f"{core}B0", "--export", str(tmp_path / name)).assert_clear(words)
    assert _one(client, "SELECT count() FROM searches") == before
    assert (tmp_path / "old.csv").read_text() == "kept"
