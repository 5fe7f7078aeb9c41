"""`anpr investigate` from outside: what an investigator types, what is shown, and what is recorded of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from clickhouse_connect.driver.client import Client
from typer.testing import CliRunner, Result

from anpr.cli.app import app
from anpr.cli.investigate.scenes import _end
from anpr.cli.times import LOCAL
from anpr.embedded.store.launch import StoreProcess
from pipeline.plates.shapes import displayed
from sinks.clickhouse.refusal import SearchRefused
from tests.anpr.program import Ran, anpr, environment
from tests.sinks.conftest import register_officers
from tests.sinks.queries.facts import Fact, some_plate, store_camera, store_facts

pytestmark = pytest.mark.slow

OFFICER, REASON = "A. Peeters", "Robbery of a jeweller in the Rue Neuve"
NOW = datetime.now(UTC).replace(microsecond=0)
BEGIN = NOW - timedelta(hours=6)
"""When the robber set out."""
YESTERDAY = (NOW - timedelta(days=1)).replace(hour=12, minute=0, second=0)
PLACES = {
    "home": (50.80, 4.30),
    "shop": (50.85, 4.35),
    "flight": (50.90, 4.40),
    "far": (51.20, 4.40),
    "bridge": (51.05, 4.40),
}
ROBBER, ESCORT, TWIN = some_plate(), some_plate(), some_plate()
Investigate = Callable[..., Ran]
Inside = Callable[..., Result]
Answer = Callable[..., dict[str, Any]]
Refusal = Callable[..., SearchRefused]


def _local(moment: datetime) -> str:
    return f"{moment.astimezone(LOCAL):%Y-%m-%d %H:%M:%S}"


@pytest.fixture(scope="module")
def client(tables: Client) -> Client:
    """A client of it, with a robbery, a twin, an escort on four days, and a day of traffic to learn from."""
    register_officers(tables)
    for name, (lat, lon) in PLACES.items():
        store_camera(tables, name, lat, lon, zone="BRU-NORTH")
    store_facts(tables, [*_robbery(), *_traffic()])
    _anomalies(tables)
    return tables


def _robbery() -> Iterator[Fact]:
    for n, camera in enumerate(("home", "shop", "flight")):
        yield Fact(ROBBER, camera, BEGIN + timedelta(minutes=10 * n), {"late": camera == "flight"})
    yield Fact(TWIN, "home", BEGIN)
    yield Fact(TWIN, "far", BEGIN + timedelta(minutes=1), {"late": False})
    for day in range(1, 6):
        for n, camera in enumerate(("home", "shop", "flight")):
            moment = BEGIN + timedelta(days=-day, minutes=10 * n)
            yield Fact(ROBBER, camera, moment)
            yield Fact(ESCORT, camera, moment + timedelta(seconds=4))
            for stranger in range(-30, 31):
                yield Fact(some_plate(), camera, moment + timedelta(seconds=17 * stranger + 1))


def _traffic() -> Iterator[Fact]:
    for n in range(40):
        plate = some_plate()
        yield Fact(plate, "bridge", YESTERDAY + timedelta(seconds=n))
        goal = "far" if n < 30 else "home"
        yield Fact(plate, goal, YESTERDAY + timedelta(seconds=n, minutes=20))
    yield Fact("HEREANDNOW", "bridge", NOW - timedelta(minutes=3))


def _anomalies(client: Client) -> None:
    """The twin, and a camera whose clock is ahead."""
    passed = [UUID(int=1), UUID(int=2)]
    places, times = ("home", "far"), (BEGIN, BEGIN + timedelta(minutes=1))
    sightings = [
        (passage, place, moment, f"{place}/1.jpg", PLACES[place], 0.98)
        for passage, place, moment in zip(passed, places, times, strict=True)
    ]
    names = (
        *("anomaly_id", "revision", "kind", "plate", "camera_id", "observed_at", "passage_ids", "sightings"),
        *("distance_m", "elapsed_s", "needed_kmh", "score", "detail"),
    )
    twin = (TWIN, "far", times[1], passed, sightings, 45_000.0, 60.0, 2475.0, 0.91, "Two vehicles.")
    clock = ("", "shop", BEGIN, [], [], None, -840.0, None, 1.0, "Its clock is 840 s ahead or more.")
    rows = [[uuid4(), 1, "impossible_travel", *twin], [uuid4(), 1, "camera_clock", *clock]]
    client.insert("anomalies", rows, column_names=names)


def _patrols(client: Client) -> None:
    """Of this moment: the run may have begun long before."""
    now = datetime.now(UTC)
    rows = [
        ["P-NEAR", now - timedelta(seconds=5), (50.851, 4.35), "available", "BRU-NORTH"],
        ["P-BUSY", now - timedelta(seconds=5), (50.8501, 4.35), "busy", "BRU-NORTH"],
        ["P-OLD", now - timedelta(hours=1), (50.8502, 4.35), "available", "BRU-NORTH"],
    ]
    client.insert("patrols", rows, column_names=["patrol_id", "at", "position", "status", "police_zone"])


@pytest.fixture
def investigate(store: StoreProcess, client: Client, tmp_path: Path) -> Investigate:
    """Runs `anpr investigate` on that store."""
    assert client

    def run(question: str, *words: str, reason: str | None = REASON) -> Ran:
        why = ("--reason", reason) if reason is not None else ()
        return anpr(tmp_path / "data", "investigate", question, *words, *why, store_dsn=store.dsn, officer=OFFICER)

    return run


@pytest.fixture
def inside(store: StoreProcess, client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Inside:
    """Runs `anpr investigate` in this process, on that store: starting a program takes longer than asking."""
    assert client
    for name, value in environment(tmp_path / "data", store_dsn=store.dsn, officer=OFFICER).items():
        monkeypatch.setenv(name, value)
    return lambda *words: CliRunner().invoke(app, ["investigate", *words])


@pytest.fixture
def answer(inside: Inside) -> Answer:
    """The answer for programs."""

    def run(*words: str, reason: str | None = REASON) -> dict[str, Any]:
        ended = inside(*words, "--json", *(("--reason", reason) if reason is not None else ()))
        assert ended.exit_code == 0, ended.exception
        return dict(json.loads(ended.stdout.splitlines()[-1]))

    return run


@pytest.fixture
def refusal(inside: Inside) -> Refusal:
    """The refusal, whose words `anpr` prints."""

    def run(*words: str) -> SearchRefused:
        ended = inside(*words)
        assert isinstance(ended.exception, SearchRefused), ended.output
        assert ended.stdout == ""
        return ended.exception

    return run


def _count(client: Client, action: str, word: str) -> int:
    query = "SELECT count() FROM audit WHERE action = {action:String} AND position(about, {word:String}) > 0"
    return int(client.query(query, parameters={"action": action, "word": word}).result_rows[0][0])


def _assert_recorded(client: Client, found: dict[str, Any], kind: str, question: str) -> None:
    """The search stands in the store with its reason, and in the audit with what it showed."""
    query = "SELECT officer, reason, kind FROM searches WHERE search_id = {id:UUID}"
    rows = client.query(query, parameters={"id": found["search_id"]}).result_rows
    assert [tuple(row) for row in rows] == [(OFFICER, REASON, kind)]
    shown = "SELECT about FROM audit WHERE action = 'search_shown' AND position(about, {id:String}) > 0"
    ((about,),) = client.query(shown, parameters={"id": found["search_id"]}).result_rows
    assert f'"question":"{question}"' in about.replace(": ", ":")


# ---- route -----------------------------------------------------------------------------------------------------------


def test_a_route_in_order_with_gaps_speeds_and_the_late_read_in_its_place(answer: Answer, client: Client) -> None:
    found = answer("route", ROBBER)
    assert [(one["camera_id"], one["late"]) for one in found["passages"]][-3:] == [
        ("home", False),
        ("shop", False),
        ("flight", True),
    ]
    leg = found["legs"][-1]
    assert (leg["gap_s"], leg["flag"]) == (600, None)
    assert leg["straight_m"] == pytest.approx(6_574, rel=0.01)
    assert leg["speed_kmh"] == pytest.approx(6_574 * 1.3 / 600 * 3.6, rel=0.01)
    _assert_recorded(client, found, "plate", "route")


def test_people_read_the_route_line_by_line(investigate: Investigate) -> None:
    done = investigate("route", ROBBER.lower(), "--from", _local(BEGIN))
    lines = [line for line in done.out.splitlines() if "Name of" in line]
    assert [word in line for word, line in zip(("home", "shop", "flight"), lines, strict=True)] == [True] * 3
    assert _local(BEGIN) in lines[0]
    assert all(word in lines[2] for word in ("10 min", "~8.5 km", "51", "uploaded late"))
    assert REASON in done.out


def test_a_twin_is_called_impossible(answer: Answer, investigate: Investigate) -> None:
    assert [leg["flag"] for leg in answer("route", TWIN)["legs"]] == ["impossible"]
    assert "IMPOSSIBLE: at least" in investigate("route", TWIN).out


def test_misreads_of_the_plate_are_on_the_way_when_asked(
    answer: Answer, investigate: Investigate, client: Client
) -> None:
    core = some_plate()[:5]
    moment = NOW - timedelta(hours=2)
    store_facts(client, [Fact(f"{core}B0", "home", moment), Fact(f"{core}80", "shop", moment + timedelta(minutes=10))])
    assert len(answer("route", f"{core}B0")["passages"]) == 1
    both = investigate("route", f"{core}B0", "--misreads")
    assert f"read as {displayed(f'{core}80')}" in both.out
    named = answer("route", f"{core}B0|{core}80")
    assert [one["plate"] for one in named["passages"]] == [f"{core}B0", f"{core}80"]


def test_no_passage_says_what_else_to_try(investigate: Investigate) -> None:
    done = investigate("route", "1ZZZ999")
    assert done.code == 0
    assert "No passage of 1-ZZZ-999 from" in done.out
    assert "--misreads" in done.out


# ---- place and scenes ------------------------------------------------------------------------------------------------


def test_a_place_by_polygon_and_time(answer: Answer, investigate: Investigate, client: Client) -> None:
    area = "polygon:50.84,4.34 50.84,4.36 50.86,4.36 50.86,4.34"
    span = ("--from", _local(BEGIN), "--to", _local(BEGIN + timedelta(hours=1)))
    found = answer("place", area, *span)
    assert found["cameras"] == ["shop"]
    assert [one["plate"] for one in found["passages"]] == [ROBBER]
    _assert_recorded(client, found, "scenes", "place")
    assert answer("place", area, *span, "--country", "fr")["passages"] == []
    assert [one["plate"] for one in answer("place", area, *span, "--plate", ROBBER[:4])["passages"]] == [ROBBER]
    assert "Nothing like this at camera shop" in investigate("place", area, *span, "--direction", "departing").out
    assert ROBBER in investigate("place", area, *span).out


def test_the_last_hour_of_a_place_unless_said(
    answer: Answer,
) -> None:
    found = answer("place", "camera:bridge")
    assert [one["plate"] for one in found["passages"]] == ["HEREANDNOW"]


def _scene(camera: str, minute: int) -> str:
    begin = BEGIN + timedelta(minutes=minute - 5)
    return f"camera:{camera}@{_local(begin)}/{_local(begin + timedelta(minutes=10))}"


def test_plates_on_two_vehicles_with_what_to_compare(answer: Answer, client: Client) -> None:
    twin, clock = answer("anomalies")["anomalies"]
    assert (twin["kind"], twin["plate"], twin["cameras"]) == ("impossible_travel", TWIN, ["home", "far"])
    assert twin["pictures"] == ["home/1.jpg", "far/1.jpg"]
    assert (twin["distance_m"], twin["elapsed_s"], twin["needed_kmh"], twin["score"]) == (45_000, 60, 2475, 0.91)
    assert (clock["kind"], clock["camera_id"]) == ("camera_clock", "shop")
    found = answer("anomalies", "--kind", "impossible_travel", "--area", "camera:far")
    assert [one["plate"] for one in found["anomalies"]] == [TWIN]
    _assert_recorded(client, found, "scenes", "anomalies")
    assert answer("anomalies", "--area", "camera:bridge")["anomalies"] == []
    assert [one["plate"] for one in answer("anomalies", "--plate", TWIN[:4])["anomalies"]] == [TWIN]


def test_people_read_an_anomaly_at_a_glance(investigate: Investigate) -> None:
    told = investigate("anomalies", "--days", "1").out
    for line in (
        f"{TWIN}  on two vehicles: 91% sure",
        f"{_local(BEGIN)}  Name of home (home)  home/1.jpg",
        f"{_local(BEGIN + timedelta(minutes=1))}  Name of far (far)  far/1.jpg",
        "45.0 km (some 58.5 by road), 1 min apart: at least 2,475 km/h. 2 passages in all.",
        "Name of shop (shop)  its clock is wrong: over 99% sure",
        "Its clock is 840 s ahead or more.",
        "Compare the pictures: it may be a misread.",
        REASON,
    ):
        assert line in told
    assert "Nothing that does not fit from" in investigate("anomalies", "--kind", "camera_silent").out


def test_who_was_at_one_scene_and_then_at_the_next(answer: Answer, investigate: Investigate, client: Client) -> None:
    at = [_scene("home", 0), _scene("shop", 10), _scene("flight", 20)]
    found = answer("scenes", *at, "--in-order")
    assert [(one["plate"], one["in_scenes"]) for one in found["vehicles"]] == [(ROBBER, [1, 2, 3])]
    assert [one["camera_id"] for one in found["vehicles"][0]["passages"]] == ["home", "shop", "flight"]
    _assert_recorded(client, found, "scenes", "scenes")
    told = investigate("scenes", *at, "--least", "2").out
    assert all(word in told for word in (ROBBER, "scene 3: camera flight", "Name of shop", REASON))


def test_the_end_of_a_scene_may_be_an_hour_of_that_day_or_of_the_next() -> None:
    begin = datetime(2026, 11, 24, 22, 50, tzinfo=UTC)  # 23:50 in Brussels
    assert _end("23:59", begin, 1) == datetime(2026, 11, 24, 22, 59, tzinfo=UTC)
    assert _end("00:20", begin, 1) == datetime(2026, 11, 24, 23, 20, tzinfo=UTC)
    assert _end("2026-11-25 01:00", begin, 1) == datetime(2026, 11, 25, 0, 0, tzinfo=UTC)


# ---- companions ------------------------------------------------------------------------------------------------------


def test_the_escort_is_told_and_strangers_are_not(answer: Answer, investigate: Investigate, client: Client) -> None:
    found = answer("companions", ROBBER)
    (one,) = found["companions"]
    assert (one["plate"], one["passages"], one["trips"], one["after_s"]) == (ESCORT, 15, 5, 4.0)
    assert one["expected"] < 0.01
    _assert_recorded(client, found, "companions", "companions")
    told = investigate("companions", ROBBER).out
    assert all(word in told for word in (ESCORT, "15 of 15", "4 s behind", "hardly: "))


def test_strangers_are_shown_with_their_chance_when_asked(investigate: Investigate) -> None:
    plate = some_plate()
    assert "No passage of" in investigate("companions", plate).out
    done = investigate("companions", ROBBER, "--days", "1", "--least", "2", "--from", _local(BEGIN))
    done.assert_clear("give --days or --from")


# ---- next, travel, learn ---------------------------------------------------------------------------------------------


def test_what_was_learnt_says_where_it_goes_on(answer: Answer, investigate: Investigate, client: Client) -> None:
    before = investigate("next", "HEREANDNOW")
    learnt = answer("learn", reason=None)["days"]
    assert YESTERDAY.date().isoformat() in [one["day"] for one in learnt] or NOW.hour < 3
    assert answer("learn", reason=None)["days"] == []
    if NOW.hour < 3:  # yesterday is not over yet for learning
        pytest.skip("a day counts from three hours after its end")
    assert "Nothing was learnt of this camera yet" in before.out
    found = answer("next", "HEREANDNOW")
    assert found["seen"]["camera_id"] == "bridge"
    first = found["outcomes"][0]
    assert (first["to_camera"], first["camera_name"]) == ("far", "Name of far")
    assert first["probability"] == pytest.approx(0.75, abs=0.02)
    waited_s = (datetime.now(UTC) - datetime.fromisoformat(found["seen"]["captured_at"])).total_seconds()
    assert 18 * 60 < first["p50_s"] + waited_s < 23 * 60, "those who went there took 20 min"
    _assert_recorded(client, found, "plate", "next")
    told = investigate("next", "HEREANDNOW").out
    assert all(word in told for word in ("Last seen", " min ago", "Name of far", "75%", "From 40 vehicles"))
    flows = answer("travel", "--from-camera", "bridge", reason=None)["flows"]
    assert [(one["to_camera"], one["moves"]) for one in flows[:2]] == [("far", 30), ("home", 10)]
    assert "20 min" in investigate("travel", "--from-camera", "bridge", "--to-camera", "far", reason=None).out


def test_a_vehicle_gone_for_hours_is_not_predicted(investigate: Investigate) -> None:
    assert "too long ago to say" in investigate("next", ROBBER).out


# ---- patrols ---------------------------------------------------------------------------------------------------------


def test_the_nearest_patrols_with_the_age_of_their_position(
    answer: Answer, investigate: Investigate, client: Client
) -> None:
    _patrols(client)
    found = answer("patrols", "camera:shop", reason=None)
    (near,) = found["patrols"]
    assert (near["patrol_id"], near["stale"]) == ("P-NEAR", False)
    assert near["distance_m"] == pytest.approx(111, rel=0.02)
    assert 5 <= near["age_s"] < 300
    every = investigate("patrols", "50.85,4.35", "--all", "--status", "available", "--status", "busy", reason=None).out
    assert every.index("P-BUSY") < every.index("P-NEAR") < every.index("P-OLD")
    assert "may be elsewhere" in every


# ---- refusals --------------------------------------------------------------------------------------------------------

SCENES = ("camera:home@2026-11-24 22:00/22:30", "camera:shop@2026-11-24 21:00/21:30")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("route", "1ABC*"), "pattern_partial", "give the plate in full"),
        (("route", "'; DROP TABLE passages; --"), "pattern_wrong", "is no plate"),
        (("route", "1ABC234", "--days", "3650"), "range_closed", "further back than this purpose ever opens"),
        (("route", "1ABC234", "--days", "60"), "decision_missing", "magistrate"),
        (("route", "1ABC234", "--role", "auditor"), "officer_unknown", "not registered"),
        (("companions", "1ABC23?"), "pattern_partial", "give the plate in full"),
        (("next", "1ABC*"), "pattern_partial", "give the plate in full"),
        (("place", "camera:shpo"), "camera_unknown", "did you mean shop"),
        (("place", "zone:5339"), "area_empty", "no registered camera in zone:5339"),
        (("place", "polygon:50.8,4.3 50.9,4.4 50.8,4.4 50.9,4.3"), "polygon_crossed", "crosses itself"),
        (("place", "near:4.35,50.85,500"), "area_swapped", "look swapped"),
        (
            ("place", "camera:shop", "--from", "2026-11-24", "--to", "2026-11-20"),
            "range_empty",
            "ends before it begins",
        ),
        (("place", "camera:shop", "--from", "2016-11-24"), "range_closed", "further back than this purpose ever opens"),
        (("anomalies", "--area", "camera:shpo"), "camera_unknown", "did you mean shop"),
        (("anomalies", "--zone", "5339"), "area_empty", "no camera is registered for 5339"),
        (("scenes", *SCENES, "--in-order"), "scenes_order", "order of time"),
        (("scenes", SCENES[0]), "scenes_few", "give two or more"),
        (("scenes", "camera:home", SCENES[0]), "scene_wrong", "write AREA@"),
        (("scenes", "camera:home@yesterday/22:30", SCENES[0]), "range_wrong", "scene 1, begin yesterday is no day"),
        (("scenes", *SCENES, "--least", "3"), "scenes_few", "seen at 3 of 2 scenes"),
    ],
)
def test_what_may_not_be_is_refused_and_recorded(
    words: tuple[str, ...], code: str, said: str, refusal: Refusal, client: Client
) -> None:
    before = _count(client, "search_denied", code)
    refused = refusal(*words, "--reason", REASON)
    assert said in str(refused)
    assert refused.code == code
    assert _count(client, "search_denied", code) == before + 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("route", "1ABC234", "--purpose", "curiosity"), "purpose curiosity is not one of"),
        (("patrols", "here"), "write LAT,LON or camera:ID"),
        (("patrols", "150,4"), "latitude first"),
        (("patrols", "50.85,4.35", "--status", "asleep"), "status asleep is not one of"),
        (("travel", "--from-camera", "shpo"), "did you mean shop"),
    ],
)
def test_what_is_asked_wrongly_says_what_is_right(words: tuple[str, ...], said: str, refusal: Refusal) -> None:
    assert said in str(refusal(*words, *(("--reason", REASON) if words[0] == "route" else ())))


def test_a_poor_reason_is_refused_before_anything_is_shown(investigate: Investigate, client: Client) -> None:
    done = investigate("route", ROBBER, reason="x")
    done.assert_clear("state a reason")
    assert done.out == ""
    assert _count(client, "search_denied", "reason_short") == 1


@pytest.mark.parametrize(
    "question", ["route", "companions", "next", "place", "scenes", "anomalies", "patrols", "travel", "learn"]
)
def test_every_question_has_an_example_in_its_help(question: str) -> None:
    assert f"anpr investigate {question}" in CliRunner().invoke(app, ["investigate", question, "--help"]).output
