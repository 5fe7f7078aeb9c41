"""The desks of the API, each by who may and by who may not; what they do is recorded."""

from __future__ import annotations

import csv
import io
import json
import uuid
from datetime import timedelta
from itertools import islice
from typing import Any

import httpx
import pyotp
import pytest
from clickhouse_connect.driver.client import Client
from PIL import Image

from anpr.client.events import Event, EventParser
from anpr.embedded.store.launch import StoreProcess
from console.signin.file import SignInFile
from console.signin.passwords import LocalUsers, made_password, made_secret
from pipeline.cases.records import EventRecord
from schemas.case import Case
from schemas.codec import encode
from tests.console.cases import case
from tests.console.everything import ALL_ROLES, ESCORT, PLACES, ROLES, SOUTH, WANTED, asked, events, fill, name_of
from tests.console.hits import hit, tell, tell_hits
from tests.console.world import World, now, until
from tests.sinks import audited
from tests.sinks.rows import Sink, message

pytestmark = pytest.mark.slow
WHY = {"reason": "Robbery of a jeweller in the Rue Neuve", "purpose": "crime"}
INVESTIGATOR, MANAGER, AGENT = name_of("investigator"), name_of("hotlist_manager"), name_of("lez_agent")
AUDITOR, ADMINISTRATOR = name_of("auditor"), name_of("administrator")


@pytest.fixture(scope="module")
def desk(idle_world: World, store: StoreProcess, tables: Client) -> World:
    """A platform on which everything can be asked."""
    fill(idle_world, store, tables)
    return idle_world


def actions(world: World, officer: str) -> list[tuple[str, dict[str, Any]]]:
    """What the audit says that somebody did, in order."""
    rows = world.client.query(
        "SELECT action, about FROM audit WHERE actor = {name:String} ORDER BY at, seq", parameters={"name": officer}
    ).result_rows
    return [(str(action), json.loads(about)) for action, about in rows]


# ---- investigations ------------------------------------------------------------------------------------------------


def test_companions_in_one_call_again_and_as_files(desk: World) -> None:
    body = {**WHY, "plate": "1-AAA-111", "case_number": "BXL-1", "least": 2, "everybody": True}
    found = asked(desk, "POST", "/investigations/companions", INVESTIGATOR, json=body)
    assert (found.status_code, found.json()["count"]) == (201, 1), found.text
    assert [one["plate"] for one in found.json()["answer"]["companions"]] == [ESCORT]
    path = f"/investigations/{found.json()['search_id']}"
    assert asked(desk, "GET", path, INVESTIGATOR).json()["answer"] == found.json()["answer"]
    table = asked(desk, "GET", f"{path}/export", INVESTIGATOR, params={"format": "csv"})
    (row,) = csv.DictReader(io.StringIO(table.text))
    assert (row["plate"], row["search_id"]) == (ESCORT, found.json()["search_id"])
    assert asked(desk, "GET", f"{path}/export", INVESTIGATOR, params={"format": "pdf"}).content.startswith(b"%PDF-")
    done = [action for action, about in actions(desk, INVESTIGATOR) if about.get("search_id") == path.split("/")[2]]
    asked_twice, taken_along = ["search_shown"] * 2, ["search_shown", "results_exported"]
    assert done == ["search_opened", *asked_twice, *taken_along, *taken_along]


def test_after_a_restart_a_question_goes_on_for_who_asked_it(desk: World) -> None:
    body = {**WHY, "plate": "1-AAA-111", "least": 2, "everybody": True}
    found = asked(desk, "POST", "/investigations/companions", ALL_ROLES, json=body).json()
    assert desk.stop() == 0
    desk.serve()
    path = f"/investigations/{found['search_id']}"
    stranger = asked(desk, "GET", path, INVESTIGATOR)
    assert (stranger.status_code, stranger.json()["code"]) == (403, "search_of_another")
    assert asked(desk, "GET", path, ALL_ROLES).json() == found
    assert asked(desk, "GET", f"{path}/export", ALL_ROLES, params={"format": "csv"}).status_code == 200


def test_somebody_else_s_question_is_refused_and_recorded(desk: World) -> None:
    found = asked(desk, "POST", "/investigations/place", INVESTIGATOR, json={**WHY, "area": {}}).json()
    answer = asked(desk, "GET", f"/investigations/{found['search_id']}", name_of("officer"))
    assert (answer.status_code, answer.json()["code"]) == (403, "search_of_another")
    assert actions(desk, name_of("officer"))[-1][0] == "search_denied"
    assert asked(desk, "GET", f"/investigations/{uuid.uuid4()}", INVESTIGATOR).status_code == 404


def test_scenes_by_cameras_a_circle_and_a_polygon(desk: World) -> None:
    times = {"from": (now() - timedelta(hours=1)).isoformat(), "to": now().isoformat()}
    corners = [(50.85, 4.34), (50.87, 4.34), (50.87, 4.36), (50.85, 4.36)]
    polygon = [{"latitude": lat, "longitude": lon} for lat, lon in corners]
    circle = {"centre": {"latitude": 50.83, "longitude": 4.34}, "radius_m": 300}
    areas = ({"polygon": polygon}, circle, {"cameras": ["ring-1"]})
    body = {**WHY, "scenes": [{"area": area, **times} for area in areas]}
    found = asked(desk, "POST", "/investigations/scenes", INVESTIGATOR, json=body)
    assert {one["plate"] for one in found.json()["answer"]["vehicles"]} == {WANTED, ESCORT}, found.text
    assert [one["cameras"] for one in found.json()["answer"]["scenes"]] == [["north-1"], ["south-1"], ["ring-1"]]
    both = {**circle, "cameras": ["ring-1"]}
    wrong = {**body, "scenes": [{"area": both, **times}, {"area": circle, **times}]}
    assert asked(desk, "POST", "/investigations/scenes", INVESTIGATOR, json=wrong).json()["code"] == "area_unknown"


def test_two_ways_meet_where_both_were(desk: World) -> None:
    body = {**WHY, "plates": ["1-AAA-111", "1-BBB-222"]}
    answer = asked(desk, "POST", "/investigations/compare", INVESTIGATOR, json=body).json()["answer"]
    assert [one["plate"] for one in answer["routes"]] == [WANTED, ESCORT]
    assert sorted((one["camera_id"], one["apart_s"]) for one in answer["common"]) == [
        ("north-1", 4.0), ("ring-1", 4.0), ("south-1", 4.0)
    ]  # fmt: skip
    same = asked(
        desk, "POST", "/investigations/compare", INVESTIGATOR, json={**WHY, "plates": ["1AAA111", "1-AAA-111"]}
    )
    assert (same.status_code, same.json()["code"], same.json()["field"]) == (422, "plates_same", "plates")


def odd_plate(world: World) -> str:
    """A plate at two cameras within a minute, the first with a picture; returns it."""
    plate, at = f"1ODD{uuid.uuid4().int % 1000:03}", now() - timedelta(minutes=10)
    picture = world.folder / "evidence" / "north-1" / f"{plate}.jpg"
    picture.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (320, 90), (200, 200, 200)).save(picture, "JPEG")
    passed = [uuid.uuid4(), uuid.uuid4()]
    sightings = [
        (passed[0], "north-1", at, f"north-1/{plate}.jpg", PLACES["north-1"][:2], 0.98),
        (passed[1], "south-1", at + timedelta(seconds=30), "", PLACES["south-1"][:2], 0.9),
    ]
    row: dict[str, Any] = {"anomaly_id": uuid.uuid4(), "revision": 1, "kind": "impossible_travel", "plate": plate}
    row |= {"camera_id": "south-1", "observed_at": at, "passage_ids": passed, "sightings": sightings, "score": 0.9}
    row |= {"distance_m": 3400.0, "elapsed_s": 30.0, "needed_kmh": 372.0, "detail": "Two vehicles."}
    world.client.insert("anomalies", [list(row.values())], column_names=list(row))
    return plate


def test_both_sightings_of_an_anomaly_with_their_picture_for_who_asked(desk: World) -> None:
    body = {**WHY, "plate": odd_plate(desk)}
    found = asked(desk, "POST", "/investigations/anomalies", INVESTIGATOR, json=body).json()
    (one,) = found["answer"]["anomalies"]
    first, second = one["sightings"]
    assert (first["camera_id"], second["camera_id"], one["case_id"]) == ("north-1", "south-1", None)
    assert ((first["lat"], first["lon"]), second["picture"]) == (PLACES["north-1"][:2], None)
    address = first["picture"].removeprefix("/api/v1")
    picture = asked(desk, "GET", address, INVESTIGATOR)
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/jpeg")
    stranger = asked(desk, "GET", address, name_of("officer"))
    assert (stranger.status_code, stranger.json()["code"]) == (403, "search_of_another")
    for passage in (second["passage_id"], uuid.uuid4()):
        none = asked(desk, "GET", f"/investigations/{found['search_id']}/pictures/{passage}", INVESTIGATOR)
        assert (none.status_code, none.json()["code"]) == (404, "picture_none")
    assert desk.stop() == 0
    desk.serve()
    assert asked(desk, "GET", address, INVESTIGATOR).status_code == 200
    done = [action for action, about in actions(desk, INVESTIGATOR) if about.get("search_id") == found["search_id"]]
    assert done == ["search_opened", "search_shown", "search_shown"], (
        "asked anew once, and each picture is a part of it"
    )


def test_an_officer_of_one_zone_sees_that_zone_only(desk: World) -> None:
    found = asked(desk, "POST", "/investigations/place", SOUTH, json={**WHY, "area": {}}).json()
    assert {one["camera_id"] for one in found["answer"]["passages"]} == {"south-1"}
    other = {**WHY, "area": {}, "police_zone": "BRU-NORTH"}
    refused = asked(desk, "POST", "/investigations/place", SOUTH, json=other)
    assert (refused.status_code, refused.json()["code"]) == (403, "zone_closed")


# ---- hotlists ------------------------------------------------------------------------------------------------------

SAID = {"plate": "1-XYZ-987", "list_kind": "stolen_vehicle", "owner": "federal", "reason": "Stolen in Ixelles"}


def test_an_entry_is_looked_at_put_and_taken_off(desk: World) -> None:
    seen = asked(desk, "POST", "/hotlists/preview", MANAGER, json=SAID).json()
    assert (seen["entry"]["plate"], seen["was"]) == ("1XYZ987", None)
    put = asked(desk, "POST", "/hotlists/entries", MANAGER, json=SAID)
    assert (put.status_code, put.json()["stored"]) == (201, False), "no worker stores it here"
    nothing = asked(desk, "POST", "/hotlists/removals", MANAGER, json={"names": ["1XYZ987"], "reason": "found again"})
    assert nothing.status_code == 422
    assert [about["change"] for action, about in actions(desk, MANAGER) if action == "list_changed"] == ["entry_added"]
    (record,) = asked(desk, "GET", "/hotlists/log", MANAGER).json()["records"]
    assert (record["actor"], record["about"]["entry"]["plate"]) == (MANAGER, "1XYZ987")


@pytest.mark.parametrize("change", [{"plate": "???"}, {"dangerous": "perhaps"}, {"valid_from": "soon"}, {"hours": "x"}])
def test_what_is_no_entry_is_told_in_a_sentence(change: dict[str, str], desk: World) -> None:
    answer = asked(desk, "POST", "/hotlists/preview", MANAGER, json={**SAID, **change})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert "1-XYZ" not in answer.text


def test_a_file_is_looked_at_before_it_is_imported(desk: World) -> None:
    text = "plate,kind,owner,reason\n1-QQQ-111,stolen_vehicle,federal,gone\n,stolen_vehicle,federal,gone\n"
    files = {"file": ("list.csv", text)}
    seen = asked(desk, "POST", "/hotlists/imports/preview", MANAGER, files=files).json()
    assert (seen["new"], seen["refused_lines"]) == (1, [{"line": 3, "why": "plate is missing"}])
    other = {"file": ("list.csv", text + "1-QQQ-112,stolen_vehicle,federal,gone\n")}
    changed = asked(desk, "POST", "/hotlists/imports", MANAGER, files=other, data={"sha256": seen["sha256"]})
    assert changed.status_code == 409
    taken = asked(desk, "POST", "/hotlists/imports", MANAGER, files=files, data={"sha256": seen["sha256"]})
    assert (taken.status_code, taken.json()["new"]) == (201, 1)
    assert actions(desk, MANAGER)[-1][1]["sha256"] == seen["sha256"]


# ---- zones, cameras, audit, administration -------------------------------------------------------------------------


def test_the_law_of_a_zone_is_told_with_its_article(desk: World) -> None:
    vehicle = {"zone": "brussels", "fuel": "diesel", "euro": "5", "at": "2026-05-01T10:00"}
    told = asked(desk, "POST", "/zones/assessment", AGENT, json=vehicle).json()
    assert (told["verdict"], bool(told["source"]), bool(told["history"])) == ("non_compliant", True, True)
    wrong = asked(desk, "POST", "/zones/assessment", AGENT, json={**vehicle, "fuel": "coal"})
    assert (wrong.status_code, wrong.json()["detail"].split()[0]) == (422, "fuel")


def test_zones_have_their_own_register_and_audit(desk: World) -> None:
    look = {"reason": "daily review of notices"}
    assert asked(desk, "POST", "/zones/notices", AGENT, json=look).json()["notices"] == []
    assert asked(desk, "POST", "/zones/notices", INVESTIGATOR, json=look).status_code == 403
    span = {"from": "2026-11-01", "to": "2026-11-02"}
    assert asked(desk, "GET", "/zones/counts", AGENT, params={"zone": "brussels", **span}).json()["rows"] == []
    assert [action for action, _ in actions(desk, AGENT)] == [], "the police's audit knows nothing of it"


def test_a_rejudgement_is_only_looked_at(desk: World) -> None:
    day = (now() - timedelta(days=1)).date().isoformat()
    body = {"zone": "brussels", "first": day, "last": day, "known_at": day, "reason": "what would change"}
    assert asked(desk, "POST", "/zones/rejudgement", ALL_ROLES, json=body).status_code == 202
    preview = finished(desk, "/zones/rejudgement", ALL_ROLES, "preview")
    assert (preview["result"]["looked_at"], preview["result"]["sent"], preview["fault"]) == (0, 0, "")
    asked(desk, "POST", "/zones/rejudgement", AGENT, json=body)
    assert "administrator" in finished(desk, "/zones/rejudgement", AGENT, "preview")["fault"]


def finished(world: World, path: str, officer: str, name: str) -> dict[str, Any]:
    """Long work, once it is done."""
    found: dict[str, Any] = {}

    def done() -> bool:
        found.update(asked(world, "GET", path, officer).json()[name])
        return found["finished_at"] is not None

    until(done, name)
    return found


def test_cameras_are_told_to_all_but_agents_of_the_zones(desk: World) -> None:
    listed = asked(desk, "GET", "/camera-health", AUDITOR).json()["cameras"]
    assert {one["camera_id"] for one in listed} == {"north-1", "south-1", "ring-1"}
    assert asked(desk, "GET", "/camera-health/ring-1", AUDITOR).json()["camera"]["police_zone"] == "BRU-NORTH"
    assert asked(desk, "GET", "/camera-health/nowhere", AUDITOR).status_code == 404
    assert asked(desk, "GET", "/camera-health", AGENT).status_code == 403


def test_an_auditor_verifies_and_leafs_and_that_is_recorded(desk: World) -> None:
    assert asked(desk, "POST", "/audit/verification", AUDITOR).status_code == 202
    assert finished(desk, "/audit/state", AUDITOR, "verification")["result"]["intact"] is True
    first = asked(desk, "GET", "/audit/records", AUDITOR, params={"limit": 2}).json()
    after = asked(desk, "GET", "/audit/records", AUDITOR, params={"limit": 2, "before": first["next"]}).json()
    numbers = [(one["chain"], one["seq"]) for page in (first, after) for one in page["records"]]
    assert len(set(numbers)) == 4
    assert {action for action, _ in actions(desk, AUDITOR)} == {"audit_shown"}
    opened = next(about for action, about in actions(desk, INVESTIGATOR) if action == "search_opened")
    story = asked(desk, "GET", f"/audit/searches/{opened['search_id']}", AUDITOR).json()["records"]
    assert [one["action"] for one in story][:2] == ["search_opened", "search_shown"]
    assert asked(desk, "GET", "/audit/report", AUDITOR).json()["people"]


def test_an_administrator_registers_and_ends_people(desk: World) -> None:
    given = {"officer": "N. New", "role": "officer", "police_zone": "BRU-SOUTH", "until": "2090-12-31"}
    assert asked(desk, "POST", "/officers", ADMINISTRATOR, json=given).status_code == 201
    assert asked(desk, "GET", "/cases", "N. New").status_code == 200
    assert asked(desk, "POST", "/officers/ended", ADMINISTRATOR, json={"officer": "N. New"}).status_code == 200
    until(lambda: asked(desk, "GET", "/cases", "N. New").status_code == 403, "the end")
    again = asked(desk, "POST", "/officers/ended", ADMINISTRATOR, json={"officer": "N. New"})
    assert (again.status_code, again.json()["detail"]) == (409, "nobody is registered as N. New")


def test_an_administrator_ends_a_second_factor_that_was_lost(desk: World) -> None:
    name, (secret, _address) = "F. Forgetful", made_secret("F. Forgetful")
    users = LocalUsers(SignInFile(desk.folder), now)
    users.set_password(name, made_password())
    users.set_second_factor(name, secret, pyotp.TOTP(secret).now())
    shown = asked(desk, "GET", "/second-factors", ADMINISTRATOR).json()["users"]
    assert {"officer": name, "second_factor": True} in shown
    for _ in range(2):  # once more is no fault, and no record either
        told = asked(desk, "POST", "/second-factors/ended", ADMINISTRATOR, json={"officer": name}).json()["users"]
        assert {"officer": name, "second_factor": False} in told
    assert actions(desk, ADMINISTRATOR).count(("second_factor_ended", {"officer": name})) == 1


def test_settings_are_shown_without_secrets(desk: World) -> None:
    shown = asked(desk, "GET", "/settings", ADMINISTRATOR).json()
    assert (shown["store_dsn"], shown["subscriber_key"]) == ("set", "set")
    assert asked(desk, "GET", "/retention", ADMINISTRATOR).json()["report"]["tables"]


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("/hotlists", "hotlist_manager"), ("/zones", "lez_agent"), ("/audit/state", "auditor"),
        ("/audit/report", "auditor"), ("/officers", "administrator"), ("/retention", "administrator"),
        ("/settings", "administrator"), ("/subscribers", "administrator"), ("/decisions", "administrator"),
        ("/second-factors", "administrator"),
    ],
)  # fmt: skip
def test_each_desk_is_for_its_role(path: str, role: str, desk: World) -> None:
    answers = {one: asked(desk, "GET", path, name_of(one)).status_code for one in ROLES}
    assert answers == {one: 200 if one == role else 403 for one in ROLES}
    assert httpx.get(f"{desk.url}/api/v1{path}", timeout=10).status_code == 401


# ---- streams of people ---------------------------------------------------------------------------------------------


def long_case(number: int, **changes: Any) -> Case:
    """A case with more hits than a page needs."""
    ids = tuple(uuid.UUID(int=number * 1000 + n) for n in range(50))
    story = tuple(EventRecord(at=now(), kind="sighted", fact_id=one) for one in ids)
    return case(number, hit_ids=ids, hit_count=50, timeline=story, timeline_count=50, **changes)


def taken(answer: httpx.Response, name: str, count: int) -> list[Event]:
    """The next events of this name."""
    parser = EventParser()
    found = (event for chunk in answer.iter_raw() for event in parser.feed(chunk) if event.name == name)
    return list(islice(found, count))


def test_cases_come_as_they_change_in_short_and_are_recorded(desk: World) -> None:
    officer = name_of("officer")
    with events(desk, "/cases/stream", officer) as answer:
        tell(desk.bootstrap, "cases", [(str(one.case_id), encode(one)) for one in (long_case(1), long_case(2))])
        tell(desk.bootstrap, "cases", [(str(uuid.UUID(int=1)), b"")])  # it was put away
        tell(desk.bootstrap, "cases", [(str(uuid.UUID(int=2)), encode(long_case(2, revision=2)))])
        found = taken(answer, "case", 3)
    told = [json.loads(one.data) for one in found]
    assert [(one["plate"], one["revision"], len(one["hit_ids"])) for one in told] == [
        ("1CAS001", 1, 10), ("1CAS002", 1, 10), ("1CAS002", 2, 10)
    ]  # fmt: skip
    assert (told[0]["hit_count"], len(told[0]["timeline"])) == (50, 10)
    until(lambda: "stream_told" in dict(actions(desk, officer)), "the account")
    about = dict(actions(desk, officer))["stream_told"]
    assert (about["what"], about["hits"], about["cases"]) == ("cases", 3, 2)
    with events(desk, "/cases/stream", officer, **{"Last-Event-ID": str(found[0].id)}) as answer:
        assert [json.loads(one.data)["revision"] for one in taken(answer, "case", 2)] == [1, 2]


def test_hits_are_told_to_people_as_far_as_their_zone_goes(desk: World) -> None:
    with events(desk, "/hits/stream", SOUTH) as answer:
        papers = {"plate": "1SOU001", "list_kind": "no_insurance"}  # of one vehicle, as its hits alone have an order
        first = hit(9001, **papers, owner="BRU-NORTH", camera_id="north-1")
        second, third = hit(9002, **papers, camera_id="south-1"), hit(9003, **papers, owner="BRU-SOUTH")
        urgent = hit(9004, plate="1SOU001", owner="BRU-NORTH", camera_id="north-1")
        tell_hits(desk.bootstrap, first, second, third, urgent)
        told = [json.loads(one.data)["entry_id"] for one in taken(answer, "hit", 3)]
    assert told == ["entry-9002", "entry-9003", "entry-9004"]
    assert asked(desk, "GET", "/hits/stream", AUDITOR).status_code == 403


def case_at(number: int, camera_id: str, **changes: Any) -> Case:
    """One that nobody is called for, seen at this camera."""
    story = (EventRecord(at=now(), kind="sighted", fact_id=uuid.UUID(int=number), camera_id=camera_id),)
    given = {"list_kinds": ("no_insurance",), "owners": ("federal",), "opened_at": now(), "updated_at": now()}
    return case(number, last_camera_id=camera_id, timeline=story, timeline_count=1, **(given | changes))


def stored(world: World, *cases: Case) -> None:
    """Put them into the store, as its worker does."""
    sink = Sink(world.client, log=f"cluster/{uuid.uuid4().hex}")
    sink.store([message("cases", n, json.loads(encode(one))) for n, one in enumerate(cases)])


@pytest.fixture(scope="module")
def elsewhere(desk: World) -> str:
    """A case of the northern zone; one of the southern and an urgent one of the northern lie beside it."""
    north, south = case_at(81_000_001, "north-1"), case_at(82_000_001, "south-1")
    stored(desk, north, south, case_at(83_000_001, "north-1", list_kinds=("wanted_person",)))
    return str(north.case_id)


def test_who_is_of_a_zone_lists_its_cases_and_urgent_ones(desk: World, elsewhere: str) -> None:
    mine = {str(uuid.UUID(int=number)) for number in (82_000_001, 83_000_001)}
    listed = {one["case_id"] for one in asked(desk, "GET", "/cases", SOUTH).json()["cases"]}
    assert (listed & {elsewhere, *mine}, elsewhere in listed) == (mine, False)
    everybody = {one["case_id"] for one in asked(desk, "GET", "/cases", name_of("officer")).json()["cases"]}
    assert {elsewhere, *mine} <= everybody
    for case_id in mine:
        assert asked(desk, "GET", f"/cases/{case_id}", SOUTH).status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""), ("GET", "/handover"), ("GET", "/intercept"), ("GET", "/report.pdf"),
        ("GET", f"/pictures/{uuid.UUID(int=81_000_001)}"), ("POST", "/actions"),
    ],
)  # fmt: skip
def test_a_case_of_another_zone_is_refused_and_that_is_recorded(
    method: str, path: str, desk: World, elsewhere: str
) -> None:
    more = {"json": {"what": "acknowledge"}} if method == "POST" else {}
    answer = asked(desk, method, f"/cases/{elsewhere}{path}", SOUTH, **more)
    assert (answer.status_code, answer.json()["code"]) == (403, "case_elsewhere")
    assert "1CAS" not in answer.text
    action, about = actions(desk, SOUTH)[-1]
    assert (action, about) == ("case_denied", {"case_id": elsewhere, "zones": ["BRU-SOUTH"]})


def test_a_case_that_is_given_to_somebody_of_another_zone_is_theirs_too(desk: World) -> None:
    given = case_at(84_000_001, "north-1", assigned_to=SOUTH)
    stored(desk, given)
    assert asked(desk, "GET", f"/cases/{given.case_id}", SOUTH).status_code == 200


def test_cases_are_told_to_people_as_far_as_their_zone_goes(desk: World) -> None:
    number = 85_000_001
    with events(desk, "/cases/stream", SOUTH) as answer:
        told = [
            case_at(number, "north-1"),
            case_at(number, "south-1", revision=2),
            case_at(number, "north-1", revision=3),
            case_at(number, "north-1", revision=4, list_kinds=("wanted_person",)),
        ]
        tell(desk.bootstrap, "cases", [(str(one.case_id), encode(one)) for one in told])
        found = [json.loads(one.data)["revision"] for one in taken(answer, "case", 3)]
    assert found == [2, 3, 4]


def test_a_stream_shows_life_to_a_page_and_ends_with_its_officer(desk: World) -> None:
    given = {"officer": "L. Leaver", "role": "officer"}
    asked(desk, "POST", "/officers", ADMINISTRATOR, json=given)
    with events(desk, "/cases/stream", "L. Leaver") as answer:
        parser, chunks = EventParser(), answer.iter_raw()
        (life,) = parser.feed(next(chunks))
        assert (life.name, "at" in json.loads(life.data)) == ("alive", True)
        asked(desk, "POST", "/officers/ended", ADMINISTRATOR, json={"officer": "L. Leaver"})
        ended = [event for chunk in chunks for event in parser.feed(chunk) if event.name == "end"]
    assert '"ended"' in ended[0].data


def test_the_audit_is_whole_after_all_that(desk: World) -> None:
    assert audited.verified(desk.client).intact
