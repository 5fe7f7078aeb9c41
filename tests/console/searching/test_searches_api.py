"""Searches over HTTP: stated first, then shown, only to whom they belong, and all of it in the audit."""

from __future__ import annotations

import hashlib
import io
import json
import uuid
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image

from console.officer_tokens import officer_token
from sinks.clickhouse.officers import FOREVER, Officer, Register
from sinks.clickhouse.searches import SearchDesk, SearchRequest
from tests.console.world import World, now, until
from tests.sinks.queries.facts import Fact, some_plate, store_camera, store_facts
from tests.sinks.rows import Sink, message

pytestmark = pytest.mark.slow
REASON = "Hit and run in the Rue Neuve"
NOW = datetime.now(UTC).replace(microsecond=0)
PLACES = {"gate-1": (50.85, 4.35), "gate-2": (50.86, 4.37), "gate-3": (50.90, 4.48)}
PEOPLE = (
    ("A. Peeters", "officer", ""),
    ("A. Peeters", "investigator", ""),
    ("B. Dupont", "officer", ""),
    ("Z. Noord", "officer", "BRU-NORTH"),
    ("H. Beheer", "hotlist_manager", ""),
)


@pytest.fixture(scope="module")
def desk(idle_world: World) -> World:
    """A platform with officers, cameras, and the API."""
    register = Register(idle_world.client, now, "Administrator")
    for name, role, zone in PEOPLE:
        register.add(Officer(name, role, zone, now() - timedelta(days=1), FOREVER))  # type: ignore[arg-type]
    for camera, (lat, lon) in PLACES.items():
        store_camera(idle_world.client, camera, lat, lon, zone="BRU-NORTH" if camera == "gate-1" else "")
    if idle_world.process is None:
        idle_world.serve()
    return idle_world


@pytest.fixture(scope="module")
def core(desk: World) -> str:
    """The beginning of plates that passed in the last hours, the last of them with a picture."""
    core = some_plate()[:5]
    picture = desk.folder / "evidence" / "gate-2" / "a.jpg"
    picture.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (320, 90), (200, 200, 200)).save(picture, "JPEG")
    told = {"late": False, "evidence": ""}
    facts = [
        Fact(f"{core}B0", "gate-1", NOW - timedelta(hours=3), told),
        Fact(f"{core}B0", "gate-2", NOW - timedelta(minutes=170), told | {"evidence": "gate-2/a.jpg"}),
        Fact(f"{core}B0", "gate-3", NOW - timedelta(minutes=169, seconds=30), told | {"evidence": "gate-3/gone.jpg"}),
        Fact(f"{core}80", "gate-1", NOW - timedelta(minutes=5), told | {"late": True}),
        Fact(f"{core}B07", "gate-2", NOW - timedelta(hours=1), told),
    ]
    store_facts(desk.client, facts)
    return core


def asked(world: World, method: str, path: str, officer: str = "A. Peeters", **more: Any) -> httpx.Response:
    """What the API answers this officer."""
    token = officer_token(world.credentials, officer, now() + timedelta(minutes=5)) if officer else ""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.request(method, f"{world.url}/api/v1{path}", headers=headers, timeout=60, **more)


def opened(world: World, pattern: str, officer: str = "A. Peeters", **more: Any) -> httpx.Response:
    body = {"pattern": pattern, "reason": REASON, "purpose": "crime", **more}
    return asked(world, "POST", "/searches", officer, json=body)


def found(world: World, pattern: str, officer: str = "A. Peeters", **more: Any) -> tuple[str, dict[str, Any]]:
    """A search and what it found at first."""
    search_id = opened(world, pattern, officer, **more).json()["search_id"]
    return search_id, asked(world, "GET", f"/searches/{search_id}/passages", officer).json()


def audited(world: World, search_id: str, action: str) -> list[dict[str, Any]]:
    rows = world.client.query(
        "SELECT actor, about FROM audit WHERE action = {action:String} AND position(about, {id:String}) > 0 "
        "ORDER BY at",
        parameters={"action": action, "id": search_id},
    ).result_rows
    return [{"actor": actor, **json.loads(about)} for actor, about in rows]


def test_a_search_is_recorded_then_shown_and_each_answer_with_its_rows(desk: World, core: str) -> None:
    answer = opened(desk, f"{core[:2]}-{core[2:]}-B or 8-0", case_number="BXL-1")
    search = answer.json()
    assert (answer.status_code, answer.headers["location"]) == (201, f"/api/v1/searches/{search['search_id']}")
    assert (search["role"], search["open"], search["case_number"]) == ("officer", True, "BXL-1")
    assert search["understood"]["pattern"] == f"{core}[8B]0"
    assert search["understood"]["words"] == f"plates {core}(8 or B)0"
    assert datetime.fromisoformat(search["expires_at"]) > datetime.now(UTC) + timedelta(minutes=14)
    assert [one["reason"] for one in audited(desk, search["search_id"], "search_opened")] == [REASON]
    shown = asked(desk, "GET", f"/searches/{search['search_id']}/passages").json()
    assert [(one["plate"], one["match"]) for one in shown["passages"]] == [
        (f"{core}80", "fits"),
        *[(f"{core}B0", "fits")] * 3,
    ]
    first = shown["passages"][0]
    assert (first["camera"]["name"], first["camera"]["position"]) == (
        "Name of gate-1",
        {"latitude": 50.85, "longitude": 4.35},
    )
    assert (first["late"], first["direction"], first["pictures"]["crop"]) == (True, "approaching", None)
    assert [one["rows"] for one in audited(desk, search["search_id"], "search_shown")] == [4]
    again = asked(desk, "GET", f"/searches/{search['search_id']}").json()
    assert again == search


def test_a_whole_plate_also_finds_its_misreads_below(desk: World, core: str) -> None:
    _search_id, shown = found(desk, f"{core}B0")
    assert (shown["question"], shown["count"]) == ("misread", 5)
    assert [one["match"] for one in shown["passages"]] == ["exact"] * 3 + ["misread"] * 2


def test_nothing_found_is_an_answer(desk: World) -> None:
    search_id, shown = found(desk, f"{some_plate()[:6]}7")
    assert (shown["count"], shown["passages"], shown["more"]) == (0, [], False)
    assert [one["rows"] for one in audited(desk, search_id, "search_shown")] == [0]
    assert asked(desk, "GET", f"/searches/{search_id}/next-cameras").json()["seen"] is None
    assert asked(desk, "GET", f"/searches/{search_id}/patrols").json()["near"] is None


@pytest.mark.parametrize(
    ("body", "status", "code", "field"),
    [
        ({"reason": ""}, 422, "reason_missing", "reason"),
        ({"reason": "1ABC234"}, 422, "reason_plate", "reason"),
        ({"reason": "x" * 5000}, 422, "reason_long", "reason"),
        ({"reason": "Hit and run <script>alert(1)</script> in the Rue Neuve"}, 422, "reason_markup", "reason"),
        ({"pattern": "<script>alert(1)</script>"}, 422, "pattern_wrong", "pattern"),
        ({"pattern": "1БВС"}, 422, "pattern_wrong", "pattern"),
        ({"pattern": "*"}, 422, "pattern_wide", "pattern"),
        ({"purpose": "curiosity"}, 422, "field_wrong", "purpose"),
        ({"from": "2026-11-26T03:00:00"}, 422, "field_wrong", "from"),
        ({"from": "2026-11-26T03:00:00Z", "to": "2026-11-25T03:00:00Z"}, 422, "range_empty", "to"),
        ({"from": "0001-01-01T00:00:00+05:00"}, 422, "range_wrong", "from"),
        ({"role": "auditor"}, 403, "role_closed", "role"),
        ({"more": 1}, 422, "field_wrong", None),
        ({"from": "2026-01-01T00:00:00Z"}, 403, "decision_missing", "decision_id"),
    ],
)
def test_what_is_no_search_is_refused_with_what_to_state(
    body: dict[str, Any], status: int, code: str, field: str | None, desk: World
) -> None:
    answer = opened(desk, **{"pattern": "1ABC234", **body})
    told = answer.json()
    assert (answer.status_code, told["code"], told.get("field")) == (status, code, field), told
    assert answer.headers["content-type"] == "application/problem+json"
    assert len(told["detail"]) < 400
    assert body.get("pattern", "1ABC234") not in told["detail"], "a problem does not repeat what may be a plate"


def test_what_was_refused_is_in_the_audit_as_it_was_typed_but_short(desk: World) -> None:
    novel = f"<script>{uuid.uuid4().hex}</script> " + "all about it " * 400
    assert opened(desk, "1ABC234", reason=novel).status_code == 422
    (denied,) = audited(desk, novel[:40], "search_denied")
    assert (denied["code"], denied["actor"], denied["reason"]) == ("reason_long", "A. Peeters", novel[:200])


def test_who_may_not_search_is_told_so(desk: World, core: str) -> None:
    assert opened(desk, f"{core}B0", officer="").status_code == 401
    assert opened(desk, f"{core}B0", officer="H. Beheer").status_code == 403
    zone = opened(desk, f"{core}B0", officer="Z. Noord", police_zone="BRU-SOUTH")
    assert (zone.status_code, zone.json()["code"]) == (403, "zone_closed")
    _search_id, shown = found(desk, f"{core}B0", officer="Z. Noord")
    assert {one["camera"]["camera_id"] for one in shown["passages"]} == {"gate-1"}


def test_somebody_else_s_search_is_theirs_and_that_somebody_came_is_recorded(desk: World, core: str) -> None:
    search_id, shown = found(desk, f"{core}B0")
    passage = shown["passages"][0]["passage_id"]
    rest = ("", "/passages", "/route", "/next-cameras", "/patrols", "/export?format=csv", f"/pictures/{passage}")
    for path in rest:
        answer = asked(desk, "GET", f"/searches/{search_id}{path}", "B. Dupont")
        assert (answer.status_code, answer.json()["code"]) == (403, "search_of_another"), path
        assert core not in answer.text
    denied = audited(desk, search_id, "search_denied")
    assert [one["actor"] for one in denied] == ["B. Dupont"] * len(rest)
    unknown = asked(desk, "GET", f"/searches/{uuid.uuid4()}/passages")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "search_unknown")
    assert asked(desk, "GET", "/searches/1ABC234/passages").status_code == 422


def test_ten_thousand_results_come_in_one_answer(desk: World) -> None:
    plate = f"{some_plate()[:6]}7"
    store_facts(desk.client, [Fact(plate, "gate-1", NOW - timedelta(seconds=s)) for s in range(10_050)])
    search_id = opened(desk, plate, match="exact").json()["search_id"]
    answer = asked(desk, "GET", f"/searches/{search_id}/passages", params={"limit": 10_000}).json()
    assert (answer["count"], len(answer["passages"]), answer["more"]) == (10_000, 10_000, True)
    assert asked(desk, "GET", f"/searches/{search_id}/passages", params={"limit": 10_001}).status_code == 422


def test_not_this_one_and_another_time_narrow_what_is_shown(desk: World, core: str) -> None:
    search_id, shown = found(desk, f"{core}*")
    assert shown["count"] == 5
    first = shown["passages"][0]
    less = asked(desk, "GET", f"/searches/{search_id}/passages", params={"without": first["passage_id"]}).json()
    assert first["plate"] not in {one["plate"] for one in less["passages"]}
    assert less["count"] == sum(one["plate"] != first["plate"] for one in shown["passages"])
    bounds = {"after": (NOW - timedelta(minutes=171)).isoformat(), "before": (NOW - timedelta(minutes=30)).isoformat()}
    within = asked(desk, "GET", f"/searches/{search_id}/passages", params=bounds).json()
    cameras = {one["camera"]["camera_id"] for one in within["passages"]}
    assert (within["count"], cameras) == (3, {"gate-2", "gate-3"})
    empty = asked(desk, "GET", f"/searches/{search_id}/passages", params={"after": NOW.replace(year=2030).isoformat()})
    assert empty.json()["count"] == 0
    wrong = asked(desk, "GET", f"/searches/{search_id}/passages", params={"without": str(uuid.uuid4())})
    assert (wrong.status_code, wrong.json()["code"]) == (422, "passage_unknown")


def test_the_way_of_a_vehicle_with_what_cannot_be(desk: World, core: str) -> None:
    search_id, shown = found(desk, f"{core}*")
    needed = asked(desk, "GET", f"/searches/{search_id}/route")
    assert (needed.status_code, needed.json()["code"]) == (422, "passage_needed")
    one = next(one for one in shown["passages"] if one["plate"] == f"{core}B0")
    way = asked(desk, "GET", f"/searches/{search_id}/route", params={"passage_id": one["passage_id"]}).json()
    assert [point["camera"]["camera_id"] for point in way["passages"]] == ["gate-1", "gate-2", "gate-3"]
    assert [leg["flag"] for leg in way["legs"]] == ["", "impossible"]
    assert way["legs"][1]["least_kmh"] > 300
    assert len(way["trips"]) == 1
    next_one = asked(
        desk, "GET", f"/searches/{search_id}/next-cameras", params={"passage_id": one["passage_id"]}
    ).json()
    assert (next_one["too_old"], next_one["seen"]["camera"]["camera_id"]) == (True, "gate-3")
    questions = [one["question"] for one in audited(desk, search_id, "search_shown")]
    assert questions == ["partial", "route", "next"]


def test_who_is_near_and_where_everything_is(desk: World, core: str) -> None:
    now = datetime.now(UTC)  # the run may have begun a quarter of an hour ago, and old positions do not count
    rows = [["P-1", now, (50.851, 4.351), "available"], ["P-2", now, (50.80, 4.30), "busy"]]
    desk.client.insert("patrols", rows, column_names=["patrol_id", "at", "position", "status"])
    search_id, _shown = found(desk, f"{core}B0")
    near = asked(desk, "GET", f"/searches/{search_id}/patrols", params={"camera_id": "gate-1"}).json()
    assert [one["patrol_id"] for one in near["patrols"]] == ["P-1"]
    assert 50 < near["patrols"][0]["distance_m"] < 250
    assert asked(desk, "GET", f"/searches/{search_id}/patrols", params={"camera_id": "gate-9"}).status_code == 422
    everybody = asked(desk, "GET", "/patrols").json()["patrols"]
    assert [(one["patrol_id"], one["status"]) for one in everybody] == [("P-1", "available"), ("P-2", "busy")]
    assert asked(desk, "GET", "/patrols", "H. Beheer").status_code == 403
    cameras = {one["camera_id"]: one for one in asked(desk, "GET", "/cameras", "H. Beheer").json()["cameras"]}
    assert cameras["gate-1"]["position"] == {"latitude": 50.85, "longitude": 4.35}
    assert cameras["gate-1"]["health"] in {"ok", "unknown"}


def test_the_ground_of_the_map_is_sent_once(desk: World) -> None:
    base = asked(desk, "GET", "/map/base")
    assert {one["properties"]["kind"] for one in base.json()["features"]} >= {"region", "ring", "canal", "road"}
    token = officer_token(desk.credentials, "A. Peeters", now() + timedelta(minutes=5))
    headers = {"Authorization": f"Bearer {token}", "If-None-Match": base.headers["etag"]}
    again = httpx.get(f"{desk.url}/api/v1/map/base", headers=headers)
    assert (again.status_code, again.content) == (304, b"")


def test_pictures_are_marked_and_only_those_that_were_shown(desk: World, core: str) -> None:
    search_id, shown = found(desk, f"{core}B0")
    cameras = {one["camera"]["camera_id"]: one for one in shown["passages"] if one["match"] == "exact"}
    assert cameras["gate-1"]["pictures"]["crop"] is None
    address = cameras["gate-2"]["pictures"]["crop"].removeprefix("/api/v1")
    picture = asked(desk, "GET", address)
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/jpeg")
    assert "no-store" in picture.headers["cache-control"]
    with Image.open(io.BytesIO(picture.content)) as image:
        assert len(image.convert("L").getcolors() or []) > 10, "the plain grey has a mark now"
    gone = asked(desk, "GET", cameras["gate-3"]["pictures"]["crop"].removeprefix("/api/v1"))
    assert (gone.status_code, gone.json()["code"]) == (410, "picture_removed")
    none = asked(desk, "GET", f"/searches/{search_id}/pictures/{cameras['gate-1']['passage_id']}")
    assert (none.status_code, none.json()["code"]) == (404, "picture_none")
    other_id = opened(desk, f"{core}B0").json()["search_id"]
    unseen = asked(desk, "GET", f"/searches/{other_id}/pictures/{cameras['gate-2']['passage_id']}")
    assert unseen.status_code == 200, "another process may have shown it"
    assert [one["question"] for one in audited(desk, other_id, "search_shown")] == ["route"], "no look without a record"
    others_id = opened(desk, f"{core[:4]}Z9").json()["search_id"]
    theirs = asked(desk, "GET", f"/searches/{others_id}/pictures/{cameras['gate-2']['passage_id']}")
    assert (theirs.status_code, theirs.json()["code"]) == (404, "picture_none"), "no vehicle of that search"


def test_the_whole_frame_is_shown_where_it_was_kept(desk: World) -> None:
    plate, stem = some_plate(), f"gate-2/{NOW:%Y/%m/%d}/{uuid.uuid4()}"
    crop, frame = (desk.folder / "evidence" / f"{stem}{end}" for end in ("-0.jpg", ".jpg"))
    frame.parent.mkdir(parents=True, exist_ok=True)
    for path, size in ((crop, (320, 90)), (frame, (1280, 720))):
        Image.new("RGB", size, (200, 200, 200)).save(path, "JPEG")
    told = {"late": False, "evidence": f"{stem}-0.jpg"}
    store_facts(desk.client, [Fact(plate, "gate-2", NOW - timedelta(minutes=7), told)])
    pictures = found(desk, plate)[1]["passages"][0]["pictures"]
    assert pictures["frame"] is None, "this platform keeps none, and offers none"
    address = pictures["crop"].removeprefix("/api/v1")
    whole = asked(desk, "GET", f"{address}?kind=frame")
    assert whole.status_code == 200
    with Image.open(io.BytesIO(whole.content)) as image:
        assert image.size == (1280, 720)
        assert len(image.convert("L").getcolors() or []) > 10, "it is marked as the plate is"
    frame.unlink()
    none = asked(desk, "GET", f"{address}?kind=frame")
    assert (none.status_code, none.json()["code"]) == (404, "frame_none")
    crop.unlink()
    assert asked(desk, "GET", f"{address}?kind=frame").json()["code"] == "picture_removed"


def test_a_case_opens_the_pictures_of_its_own_sightings_and_the_look_is_recorded(desk: World, core: str) -> None:
    assert core, "its picture is there"
    case_id, seen, gone, spoken = (str(uuid.uuid4()) for _ in range(4))
    moment = NOW.isoformat()
    timeline = [
        {"at": moment, "kind": "sighted", "fact_id": seen, "evidence": "gate-2/a.jpg"},
        {"at": moment, "kind": "sighted", "fact_id": gone, "evidence": "gate-3/gone.jpg"},
        {"at": moment, "kind": "note", "fact_id": spoken},
    ]
    case = {
        "schema_version": 1,
        "case_id": case_id,
        "revision": 1,
        "plate": f"9{uuid.uuid4().hex[:9].upper()}",
        "list_kinds": ["stolen_vehicle"],
        "priority": 20,
        "state": "new",
        "hit_ids": [],
        "opened_at": moment,
        "updated_at": moment,
        "timeline": timeline,
    }
    Sink(desk.client, log=f"cluster/{uuid.uuid4().hex}").store([message("cases", 0, case)])
    picture = asked(desk, "GET", f"/cases/{case_id}/pictures/{seen}", "B. Dupont")
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/jpeg")
    (looked,) = audited(desk, case_id, "case_shown")
    assert looked["actor"] == "B. Dupont"
    expected = {gone: 410, spoken: 404, str(uuid.uuid4()): 404}
    for fact_id, status in expected.items():
        assert asked(desk, "GET", f"/cases/{case_id}/pictures/{fact_id}").status_code == status
    assert asked(desk, "GET", f"/cases/{uuid.uuid4()}/pictures/{seen}").status_code == 404
    assert asked(desk, "GET", f"/cases/{case_id}/pictures/{seen}", "H. Beheer").status_code == 403


@pytest.mark.parametrize(("wanted", "begins"), [("csv", b"plate,"), ("geojson", b"{"), ("pdf", b"%PDF")])
def test_an_export_is_recorded_with_its_digest(wanted: str, begins: bytes, desk: World, core: str) -> None:
    search_id, _shown = found(desk, f"{core}B0")
    made = asked(desk, "GET", f"/searches/{search_id}/export", params={"format": wanted})
    assert made.status_code == 200
    assert made.content.startswith(begins)
    assert f"search-{search_id[:8]}.{wanted}" in made.headers["content-disposition"]
    (recorded,) = audited(desk, search_id, "results_exported")
    assert (recorded["sha256"], recorded["rows"]) == (hashlib.sha256(made.content).hexdigest(), 5)


def test_after_a_restart_an_open_search_goes_on_for_its_officer_alone(desk: World, core: str) -> None:
    search_id, shown = found(desk, f"{core[:2]}-{core[2:]}-B or 8-0", case_number="BXL-1")
    before = asked(desk, "GET", f"/searches/{search_id}").json()
    assert desk.stop() == 0
    desk.serve()
    last = next(one for one in shown["passages"] if one["camera"]["camera_id"] == "gate-2")
    stranger = asked(desk, "GET", f"/searches/{search_id}/pictures/{last['passage_id']}", "B. Dupont")
    assert (stranger.status_code, stranger.json()["code"]) == (403, "search_of_another")
    picture = asked(desk, "GET", last["pictures"]["crop"].removeprefix("/api/v1"))
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/jpeg")
    way = asked(desk, "GET", f"/searches/{search_id}/route", params={"passage_id": last["passage_id"]}).json()
    assert [point["camera"]["camera_id"] for point in way["passages"]] == ["gate-1", "gate-2", "gate-3"]
    assert asked(desk, "GET", f"/searches/{search_id}").json() == before
    assert asked(desk, "GET", f"/searches/{search_id}/passages").json() == shown
    tampered = str(uuid.UUID(int=uuid.UUID(search_id).int ^ 1))
    assert asked(desk, "GET", f"/searches/{tampered}/passages").status_code == 404


def test_a_second_process_on_the_same_store_goes_on_with_a_search(desk: World, core: str, tmp_path: Path) -> None:
    other = World(desk.bootstrap, desk.dsn, desk.client, tmp_path / "data")
    other.serve()
    try:
        search_id, shown = found(desk, f"{core}*")
        assert asked(other, "GET", f"/searches/{search_id}/passages").json() == shown
        passage = next(one["passage_id"] for one in shown["passages"] if one["plate"] == f"{core}B0")
        way = asked(other, "GET", f"/searches/{search_id}/route", params={"passage_id": passage})
        assert (way.status_code, len(way.json()["passages"])) == (200, 3)
        for path in ("", "/passages", "/export?format=csv"):
            theirs = asked(other, "GET", f"/searches/{search_id}{path}", "B. Dupont")
            assert (theirs.status_code, theirs.json()["code"]) == (403, "search_of_another")
    finally:
        assert other.stop() == 0, other.said()


def test_after_its_time_a_search_opens_nothing_and_says_what_to_do(desk: World, core: str) -> None:
    earlier = SearchDesk(desk.client, lambda: now() - timedelta(minutes=16))
    kept = {"question": "plate", "match": "auto", "notes": []}
    request = SearchRequest(f"{core}B0", REASON, "A. Peeters", "crime", NOW - timedelta(days=1), NOW, asked=kept)
    record = earlier.open(request)
    answer = asked(desk, "GET", f"/searches/{record.search_id}/passages")
    assert (answer.status_code, answer.json()["code"]) == (410, "search_expired")
    assert "state the reason again" in answer.json()["detail"]


def test_who_is_registered_no_longer_is_shown_nothing_of_an_open_search(desk: World, core: str) -> None:
    register = Register(desk.client, now, "Administrator")
    register.add(Officer("C. Leaver", "officer", "", now() - timedelta(minutes=1), FOREVER))
    until(lambda: opened(desk, f"{core}B0", "C. Leaver").status_code == 201, "the registration holds")
    search_id, shown = found(desk, f"{core}B0", "C. Leaver")
    register.end("C. Leaver")
    assert shown["count"] == 5
    answer = asked(desk, "GET", f"/searches/{search_id}/passages", "C. Leaver")
    assert answer.status_code == 403
