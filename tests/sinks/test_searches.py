"""Search: nothing is shown without a recorded one, and the database itself sees to whose, what, when and how long."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from clickhouse_connect.driver.client import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemas.search import Scene, SearchRecord
from sinks.clickhouse.migrate import load_migrations
from sinks.clickhouse.officers import FOREVER, Decision, Officer, Register
from sinks.clickhouse.refusal import SearchRefused, refusal_of
from sinks.clickhouse.searches import SearchDesk, SearchRequest, open_search
from tests.sinks.rows import Sink, message, passage, plate

REASON = "Hit and run in the Rue Neuve"
VIEWS = {
    "sightings_of_search": "plates = {plates:Array(String)}",
    "sightings_of_zone_search": "plates = {plates:Array(String)}",
    "passages_of_search": "plates = {plates:Array(String)}",
    "passages_of_scene": "scene = {scene:UInt16}",
    "companions_of_search": "within_s = {within_s:UInt32}",
}


def _now() -> datetime:
    return datetime.now(UTC)


def _request(pattern: str, **more: Any) -> SearchRequest:
    now = _now()
    given: dict[str, Any] = {
        "reason": REASON,
        "officer": "A. Peeters",
        "purpose": "crime",
        "captured_from": now - timedelta(days=30),
        "captured_until": now + timedelta(hours=1),
    }
    return SearchRequest(pattern=pattern, **(given | more))


def _open(client: Client, pattern: str, **more: Any) -> SearchRecord:
    return SearchDesk(client, _now).open(_request(pattern, **more))


def _read(client: Client, view: str, search_id: uuid.UUID, officer: str, **more: Any) -> list[str]:
    """Plates that a view shows. Raises SearchRefused."""
    sql = f"SELECT plate FROM {view}(search_id = {{id:UUID}}, officer = {{officer:String}}, {VIEWS[view]})"
    given = {"id": search_id, "officer": officer, "plates": [], "scene": 1, "within_s": 60, **more}
    try:
        return sorted(str(row[0]) for row in client.query(sql, parameters=given).result_rows)
    except Exception as error:
        refused = refusal_of(error)
        if refused is None:
            raise
        raise refused from error


def _look(client: Client, record: SearchRecord, *plates: str) -> list[str]:
    view = "sightings_of_zone_search" if record.police_zone else "sightings_of_search"
    return _read(client, view, record.search_id, record.officer, plates=list(plates))


def _assert_refused(client: Client, code: str, record: SearchRecord, **more: Any) -> None:
    given = {"search_id": record.search_id, "officer": record.officer, "plates": [record.pattern], **more}
    with pytest.raises(SearchRefused) as refused:
        _read(client, "sightings_of_search", **given)
    assert refused.value.code == code
    assert len(str(refused.value)) > 20


def _register(client: Client, name: str, **more: Any) -> None:
    given: dict[str, Any] = {"role": "officer", "police_zone": "", "valid_from": _now() - timedelta(days=400)}
    Register(client, _now, "Administrator").add(Officer(name, **(given | {"valid_until": FOREVER} | more)))


def _name() -> str:
    return f"Officer {uuid.uuid4().hex[:8]}"


@pytest.fixture
def seen(sink: Sink) -> str:
    """A plate that passed a camera of the northern zone, one of the southern, and one 40 days ago."""
    core = plate()[:8]
    rows = [
        passage(core, camera_id="north-1", captured_at=(_now() - timedelta(hours=3)).isoformat()),
        passage(core, camera_id="south-1", captured_at=(_now() - timedelta(hours=2)).isoformat()),
        passage(core, camera_id="south-1", captured_at=(_now() - timedelta(days=40)).isoformat()),
        passage(core, camera_id="south-1", withdrawn=True, captured_at=(_now() - timedelta(hours=1)).isoformat()),
        passage(core[:7] + "9", camera_id="south-1", captured_at=(_now() - timedelta(hours=2)).isoformat()),
    ]
    sink.store([message("passages", n, row) for n, row in enumerate(rows)])
    cameras = [[f"{zone}-1", zone, "fixed", (0.0, 0.0), f"BRU-{zone.upper()}", 1] for zone in ("north", "south")]
    names = ["camera_id", "name", "kind", "position", "police_zone", "_stamp_ms"]
    sink.client.insert("cameras", cameras, column_names=names)
    return core


def test_a_recorded_search_shows_what_it_covers(seen: str, client: Client) -> None:
    assert _look(client, _open(client, seen), seen) == [seen, seen]


def test_a_search_follows_from_its_audit_record_and_says_the_same(client: Client) -> None:
    scene = Scene(cameras=("north-1",), captured_from=_now() - timedelta(hours=1), captured_until=_now())
    record = _open(client, "*", kind="scenes", scenes=(scene,), case_number="BR.1", police_zone="BRU-NORTH")
    row = client.query(
        """SELECT * EXCEPT (registered_zone, fault, decision_until, pattern_key, key_regex, plate_regex, least_known)
        FROM searches WHERE search_id = {id:UUID}""",
        parameters={"id": record.search_id},
    )
    found = dict(zip(row.column_names, row.result_rows[0], strict=True))
    assert found.pop("decision_id") == ""
    ((cameras, begin, end),) = [tuple(one.values()) for one in found.pop("scenes")]
    assert cameras == ["north-1"]
    assert begin == scene.captured_from.replace(microsecond=scene.captured_from.microsecond // 1000 * 1000)
    assert end == scene.captured_until.replace(microsecond=scene.captured_until.microsecond // 1000 * 1000)
    assert found == {name: getattr(record, name) for name in found}
    assert found["reason"] == REASON


@pytest.mark.parametrize("reason", ["", "x", "?!", "1ABC234", "asdf asdf", "n " * 800])
def test_without_a_reason_there_is_a_denial_and_no_search(reason: str, client: Client) -> None:
    name = _name()
    with pytest.raises(SearchRefused) as refused:
        _open(client, "1ABC234", reason=reason, officer=name)
    assert refused.value.code.startswith("reason_")
    assert _actions(client, name) == ["search_denied"]
    assert not client.query("SELECT 1 FROM searches WHERE officer = {n:String}", parameters={"n": name}).result_rows


def _actions(client: Client, name: str) -> list[str]:
    query = "SELECT action FROM audit WHERE actor = {name:String} ORDER BY at, seq"
    return [str(row[0]) for row in client.query(query, parameters={"name": name}).result_rows]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"pattern": "1ABC'; DROP TABLE passages; --"}, "pattern_wrong"),
        ({"pattern": ""}, "pattern_wrong"),
        ({"pattern": "1AB[C"}, "pattern_wrong"),
        ({"pattern": "*"}, "pattern_wide"),
        ({"pattern": "1ABC234|A*"}, "pattern_wide"),
        ({"pattern": "1ABC*", "kind": "companions"}, "pattern_partial"),
        ({"kind": "scenes"}, "scenes_missing"),
        ({"captured_from": datetime(2099, 1, 2, tzinfo=UTC)}, "range_empty"),
        ({"officer": ""}, "field_wrong"),
        ({"purpose": "curiosity"}, "field_wrong"),
        ({"case_number": "x" * 65}, "field_wrong"),
        ({"tolerance": 2}, "field_wrong"),
    ],
)  # fmt: skip
def test_a_request_that_cannot_be_a_search_is_refused(given: dict[str, Any], code: str, client: Client) -> None:
    with pytest.raises(SearchRefused) as refused:
        _open(client, **({"pattern": "1ABC234"} | given))
    assert refused.value.code == code


def test_what_was_shown_denied_and_exported_is_recorded_after_the_search(client: Client) -> None:
    name, desk = _name(), SearchDesk(client, _now)
    record = desk.open(_request("1ABC234", officer=name))
    desk.shown(record, "latest", 3)
    desk.exported(record, "csv", 3, "ab" * 32)
    desk.denied(record, SearchRefused("not yours", "search_of_another"))
    assert _actions(client, name) == ["search_opened", "search_shown", "results_exported", "search_denied"]


def test_an_unknown_id_opens_nothing(client: Client) -> None:
    _assert_refused(client, "search_unknown", _open(client, "1ABC234"), search_id=uuid.uuid4())


def test_somebody_elses_id_opens_nothing(client: Client) -> None:
    _assert_refused(client, "search_of_another", _open(client, "1ABC234"), officer="B. Dupont")


def test_an_hour_later_it_opens_nothing(client: Client) -> None:
    _assert_refused(client, "search_expired", open_search(client, _request("1ABC234"), _now() - timedelta(hours=1)))


@pytest.mark.parametrize(
    "more",
    [
        {"officer": "Nobody"},
        {"role": "auditor"},
        {"officer": "B. Dupont", "role": "investigator"},
    ],
)
def test_who_is_not_registered_in_the_role_reads_nothing(more: dict[str, Any], client: Client) -> None:
    _assert_refused(client, "officer_unknown", _open(client, "1ABC234", **more))


@pytest.mark.parametrize(("since_h", "until_h"), [(-48, -1), (1, 48)])
def test_a_registration_that_has_ended_or_not_begun_is_none(since_h: int, until_h: int, client: Client) -> None:
    name = _name()
    _register(client, name, valid_from=_now() + timedelta(hours=since_h), valid_until=_now() + timedelta(hours=until_h))
    _assert_refused(client, "officer_unknown", _open(client, "1ABC234", officer=name))


def test_who_is_ended_while_a_search_is_open_reads_no_more(seen: str, client: Client) -> None:
    name = _name()
    _register(client, name)
    record = _open(client, seen, officer=name)
    assert _look(client, record, seen)
    Register(client, _now, "Administrator").end(name)
    _assert_refused(client, "officer_unknown", record)


@pytest.mark.parametrize("zone", ["", "BRU-SOUTH"])
def test_who_is_registered_for_a_zone_asks_for_no_other(zone: str, client: Client) -> None:
    _assert_refused(client, "zone_closed", _open(client, "1ABC234", officer="Z. Noord", police_zone=zone))


def test_the_zone_limits_the_rows(seen: str, client: Client) -> None:
    assert _look(client, _open(client, seen, officer="Z. Noord", police_zone="BRU-NORTH"), seen) == [seen]
    assert _look(client, _open(client, seen, police_zone="BRU-SOUTH"), seen) == [seen]
    assert _look(client, _open(client, seen, police_zone="NOWHERE"), seen) == []


def test_a_purpose_is_open_to_its_roles_only(client: Client) -> None:
    name = _name()
    _register(client, name, role="hotlist_manager")
    _assert_refused(client, "purpose_closed", _open(client, "1ABC234", officer=name, role="hotlist_manager"))


@pytest.mark.parametrize(("purpose", "days"), [("crime", 3650), ("traffic_offence", 40), ("crime", 400)])
def test_further_back_than_the_purpose_ever_opens_is_refused(purpose: str, days: int, client: Client) -> None:
    record = _open(client, "1ABC234", purpose=purpose, captured_from=_now() - timedelta(days=days))
    _assert_refused(client, "range_closed", record)


@pytest.fixture
def decide(client: Client) -> Callable[..., str]:
    """Records a decision for file BR.1 on the last 60 days and gives its reference."""

    def record(by: str = "Administrator", **more: Any) -> str:
        decision = Decision(
            f"D-{uuid.uuid4().hex[:8]}",
            "J. Rechter",
            "BR.1",
            _now() - timedelta(days=60),
            _now() + timedelta(days=1),
            _now() + timedelta(days=1),
        )
        Register(client, _now, by).decide(replace(decision, **more))
        return str(more.get("decision_id", decision.decision_id))

    return record


def _older(client: Client, decision: str | None, **more: Any) -> SearchRecord:
    given = {"case_number": "BR.1", "captured_from": _now() - timedelta(days=50), "captured_until": _now()}
    return _open(client, str(more.pop("pattern", "1ABC234")), decision_id=decision, **(given | more))


def test_older_than_a_month_opens_by_a_decision(seen: str, client: Client, decide: Callable[..., str]) -> None:
    _assert_refused(client, "decision_missing", _older(client, None))
    record = _older(client, decide(), pattern=seen)
    assert _look(client, record, seen) == [seen] * 3


@pytest.mark.parametrize(
    "wrong",
    [
        {"by": "A. Peeters"},
        {"case_number": "BR.2"},
        {"valid_until": datetime(2026, 1, 1, tzinfo=UTC)},
        {"covers_from": datetime.now(UTC) - timedelta(days=45)},
        {"covers_until": datetime.now(UTC) - timedelta(days=45)},
    ],
    ids=["four eyes", "another file", "ended", "begins later", "ends earlier"],
)
def test_a_decision_that_does_not_fit_opens_nothing(
    wrong: dict[str, Any], client: Client, decide: Callable[..., str]
) -> None:
    _assert_refused(client, "decision_missing", _older(client, decide(**wrong)))


def test_a_decision_that_nobody_recorded_opens_nothing(client: Client) -> None:
    _assert_refused(client, "decision_missing", _older(client, "D-INVENTED"))


def test_a_search_ends_with_the_decision_that_it_goes_by(client: Client, decide: Callable[..., str]) -> None:
    decision = decide(valid_until=_now() - timedelta(minutes=1))
    request = _request("1ABC234", decision_id=decision, case_number="BR.1", captured_from=_now() - timedelta(days=50))
    record = open_search(client, replace(request, captured_until=_now()), _now() - timedelta(minutes=2))
    _assert_refused(client, "search_expired", record)


def test_a_search_for_one_plate_opens_no_other(seen: str, client: Client) -> None:
    record = _open(client, seen)
    assert _look(client, record, seen, seen[:7] + "9", "*", seen[:4], "%") == [seen, seen]
    assert _look(client, record, seen[:7] + "9") == []


def test_tolerance_opens_what_is_one_error_away(seen: str, client: Client) -> None:
    near = seen[:7] + "9"
    assert _look(client, _open(client, seen, tolerance=1), near) == [near]


def test_a_search_by_scenes_opens_no_plate_and_one_by_plate_no_scene(seen: str, client: Client) -> None:
    scene = Scene(cameras=("south-1",), captured_from=_now() - timedelta(hours=4), captured_until=_now())
    scenes = _open(client, f"{seen}|{seen[:7]}9", kind="scenes", scenes=(scene,))
    one = _open(client, seen)
    assert _read(client, "passages_of_scene", scenes.search_id, scenes.officer) == sorted([seen, seen[:7] + "9"])
    assert _read(client, "passages_of_scene", scenes.search_id, scenes.officer, scene=2) == []
    _assert_refused(client, "kind_closed", scenes)
    for view in ("passages_of_scene", "companions_of_search"):
        with pytest.raises(SearchRefused, match="another kind of question"):
            _read(client, view, one.search_id, one.officer)


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_refuses_even_where_no_row_would_be_shown(view: str, client: Client) -> None:
    with pytest.raises(SearchRefused) as refused:
        _read(client, view, uuid.uuid4(), "A. Peeters", plates=["NOSUCHPLATE"])
    assert refused.value.code == "search_unknown"


def test_who_asks_can_not_widen_what_is_compared(client: Client) -> None:
    by_plate = ("sightings_of_search", "sightings_of_zone_search", "passages_of_search")
    own = {**dict.fromkeys(by_plate, "plates"), "passages_of_scene": "scene", "companions_of_search": "within_s"}
    for view, more in own.items():
        text = str(client.query(f"SHOW CREATE {view}").result_rows[0][0])
        assert set(re.findall(r"\{(\w+):", text)) == {"search_id", "officer", more}


def test_all_views_begin_with_the_same_guard() -> None:
    text = "\n".join(one.text for one in load_migrations())
    guards = re.findall(r"CAST\(multiIf\((.*?)\) AS Enum8\('open' = 0\)\)", text, re.DOTALL)
    heads = {" ".join(one.partition("any(kind)")[0].split()) for one in guards}
    assert len(guards) == text.count("FROM search_verdicts WHERE search_id = {search_id:UUID}")
    assert len(heads) == 1
    assert {one.count("'open'") for one in guards} == {1}


@pytest.fixture(scope="module")
def alphabet(client: Client) -> tuple[str, list[str]]:
    """Plates of few characters, all combinations of which passed, behind a beginning that no other test has."""
    begin = plate()[:5]
    plates = [begin + "".join(end) for end in ("A8", "B8", "8B", "AB", "AA", "8", "A", "B", "ABA", "BB8")]
    rows = [passage(one, captured_at=(_now() - timedelta(minutes=n)).isoformat()) for n, one in enumerate(plates)]
    sink = Sink(client, log=f"cluster/{uuid.uuid4().hex}")
    sink.store([message("passages", n, row) for n, row in enumerate(rows)])
    return begin, plates


PIECES = st.lists(st.sampled_from(["A", "B", "8", "?", "*", "[A8]", "[B8]"]), max_size=4).map("".join)


@pytest.mark.slow
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ends=st.lists(PIECES, min_size=1, max_size=3), tolerance=st.integers(0, 1), minutes=st.integers(1, 9))
def test_rows_shown_are_within_what_the_recorded_search_covers(
    ends: list[str], tolerance: int, minutes: int, alphabet: tuple[str, list[str]], client: Client
) -> None:
    begin, plates = alphabet
    pattern = "|".join(begin + end for end in ends)
    since = _now() - timedelta(minutes=minutes)
    record = _open(client, pattern, tolerance=tolerance, captured_from=since)
    shown = _look(client, record, *plates)
    assert shown == sorted(one for n, one in enumerate(plates) if _covered(pattern, tolerance, one) and n < minutes)


def _covered(pattern: str, tolerance: int, one: str) -> bool:
    """The rule by hand: the pattern fits the plate but for confusions, or its text is one edit away."""
    fold = str.maketrans("ODQILZSGB", "000112568")
    key, wanted = one.translate(fold), pattern.translate(fold)
    regex = "|".join(part.replace("?", ".").replace("*", ".*") for part in wanted.split("|"))
    return re.fullmatch(regex, key) is not None or (tolerance > 0 and _edits(wanted, key) <= tolerance)


def _edits(left: str, right: str) -> int:
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, 1):
        last, row = row, [i]
        for j, b in enumerate(right, 1):
            row.append(min(last[j] + 1, row[-1] + 1, last[j - 1] + (a != b)))
    return row[-1]
