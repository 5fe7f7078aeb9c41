"""Refusals over all routes of the API: each code has its status, is described, and repeats nothing that was typed."""

from __future__ import annotations

import ast
import asyncio
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple, get_args
from uuid import UUID

import httpx
import pytest
from clickhouse_connect.driver.exceptions import DatabaseError
from fastapi import FastAPI
from hypothesis import given
from hypothesis import strategies as st

import anpr.lez.question
import console
import sinks.clickhouse
from anpr.lez.question import Words, question_of
from console.case_answers import CaseUnanswered
from console.case_desk import CaseElsewhere, CaseRefused, CaseUnknown, PictureNotCompared
from console.description import describe
from console.hotlist.changing import named
from console.hotlist.fields import Draft, LineRefused, entry_of
from console.hotlist.files import FileRefused, ListFile
from console.investigating.asked import Where
from console.pictures import NoPicture, PictureGone
from console.problems import tell_problems
from console.refusals import CODES, KINDS, problem_of, sentence_of
from console.routes import ROUTERS
from console.searching.spoken import heard
from console.signin.desk import SignInLater
from console.signin.passwords import PasswordRefused
from console.signin.person import Person, person_of
from console.zone_desk import ZonesRefused, ZonesUnknown
from pipeline.runtime.clock import SystemClock
from schemas.search import Role
from sinks.clickhouse.investigation.areas import parse_area
from sinks.clickhouse.officers import OfficerRefused
from sinks.clickhouse.plate_search.patterns import Match, pattern_of
from sinks.clickhouse.reasons import checked_reason
from sinks.clickhouse.refusal import Refusal, SearchRefused
from sinks.evidence import EvidenceUnusable

PLATE = "9ZQX77K"
NOW = datetime(2026, 11, 26, 12, tzinfo=UTC)
ID = UUID(int=7)
NAMES = {"search_id": ID, "passage_id": ID, "fact_id": ID, "name": "abcdef12", "camera_id": "ring-1"}
WHY = {"reason": "Robbery of a jeweller in the Rue Neuve", "purpose": "crime"}
TIMES = {"from": "2026-11-26T10:00:00Z", "to": "2026-11-26T11:00:00Z"}
SAID = {"plate": "1-XYZ-987", "list_kind": "stolen_vehicle", "owner": "federal", "reason": "Stolen in Ixelles"}
DAYS = {"covers_from": "2026-11-01", "covers_until": "2026-11-02", "valid_until": "2026-12-01"}
FILE = {"file": ("list.csv", "plate\n1ABC234\n")}


class Route(NamedTuple):
    """A route, and what it is asked so that it understands it."""

    method: str
    template: str
    given: Mapping[str, Any] = {}

    @property
    def path(self) -> str:
        """With names in their places."""
        return f"/api/v1{self.template.format(**NAMES)}"


def _posted(template: str, **body: Any) -> Route:
    return Route("POST", template, {"json": body})


def _got(template: str, **query: str) -> Route:
    return Route("GET", template, {"params": query})


ROUTES = (
    _posted("/searches", pattern="1ABC234", **WHY),
    _got("/searches/{search_id}"),
    *(_got(f"/searches/{{search_id}}/{what}") for what in ("passages", "route", "next-cameras", "patrols")),
    _got("/searches/{search_id}/export", format="csv"),
    _got("/searches/{search_id}/pictures/{passage_id}"),
    _posted("/investigations/scenes", scenes=[{"area": {}, **TIMES}, {"area": {}, **TIMES}], **WHY),
    _posted("/investigations/companions", plate="1ABC234", **WHY),
    _posted("/investigations/place", area={}, **WHY),
    _posted("/investigations/compare", plates=["1ABC234", "1ABC235"], **WHY),
    _posted("/investigations/anomalies", **WHY),
    _got("/investigations/{search_id}"),
    _got("/investigations/{search_id}/export", format="csv"),
    _got("/investigations/{search_id}/pictures/{passage_id}"),
    _got("/cases"),
    _got("/cases/{name}"),
    _posted("/cases/{name}/actions", what="acknowledge"),
    *(_got(f"/cases/{{name}}/{what}") for what in ("handover", "intercept", "report.pdf")),
    _got("/cases/{name}/pictures/{fact_id}"),
    _got("/cameras"),
    _got("/patrols"),
    _got("/map/base"),
    *(_got(f"/camera-health{which}") for which in ("", "/troubles", "/{camera_id}")),
    _got("/hotlists"),
    _got("/hotlists/log"),
    _posted("/hotlists/page"),
    _posted("/hotlists/find", names=["1ABC234"]),
    _posted("/hotlists/preview", **SAID),
    _posted("/hotlists/entries", **SAID),
    _posted("/hotlists/removals", names=["1ABC234"], reason="found again"),
    Route("POST", "/hotlists/imports/preview", {"files": FILE}),
    Route("POST", "/hotlists/imports", {"files": FILE, "data": {"sha256": "0" * 64}}),
    _got("/zones"),
    _posted("/zones/assessment", zone="brussels"),
    _posted("/zones/verdict", verdict_id=str(ID), reason="an objection came in"),
    _posted("/zones/notices", reason="daily review of notices"),
    _posted("/zones/notices/{name}", reason="daily review of notices"),
    _posted("/zones/notices/{name}/decision", what="reject", note="the picture shows another"),
    Route("GET", "/zones/counts", {"params": {"zone": "brussels", "from": "2026-11-01", "to": "2026-11-02"}}),
    *(_got(f"/audit/{what}") for what in ("report", "records", "searches/{search_id}")),
    *(_got(f"/{what}") for what in ("officers", "decisions", "subscribers", "retention")),
    _posted("/officers", officer="A. Peeters", role="officer"),
    _posted("/officers/ended", officer="A. Peeters"),
    _posted("/decisions", decision_id="D-1", magistrate="M. Rechter", case_number="BXL-1", **DAYS),
    _got("/second-factors"),
    _posted("/second-factors/ended", officer="A. Peeters"),
)
ASK_NO_DESK = {
    *("/api/health", "/schemas", "/schemas/{contract}", "/settings", "/cases/stream", "/hits/stream"),
    *("/audit/state", "/audit/verification", "/zones/rejudgement"),
}
"""They tell what is there, or begin what tells of its refusal later. Sessions and accounts: `tests/console/signin`."""
DESKS = (
    *(_posted("/searches", pattern="1ABC234", **WHY), _posted("/investigations/place", area={}, **WHY)),
    *(_posted("/cases/{name}/actions", what="acknowledge"), _posted("/hotlists/preview", **SAID)),
    *(_posted("/zones/notices", reason="daily review of notices"), _got("/audit/records"), _got("/officers")),
    *(_got("/searches/{search_id}/pictures/{passage_id}"), _got("/camera-health")),
)
"""One route of each."""
OF_THEIR_KIND: Mapping[str, Exception] = {
    "role_missing": OfficerRefused("A. Peeters is not registered as auditor"),
    "picture_removed": PictureGone("this picture has been removed"),
    "picture_none": NoPicture("no picture was kept of this"),
    "picture_not_compared": PictureNotCompared("compare the picture first"),
    "case_unknown": CaseUnknown(f"there is no case {PLATE}: `anpr cases list` shows those that are open"),
    "case_elsewhere": CaseElsewhere("this case is of another police zone"),
    "case_refused": CaseRefused("cannot pursue: the case is closed"),
    "case_unanswered": CaseUnanswered("it is sent, but no worker has done it"),
    "line_refused": LineRefused(f"nothing is listed as {PLATE}: anpr hotlist show", typed=PLATE),
    "file_refused": FileRefused(f"the first line names no columns that are known: {PLATE}; …", typed=PLATE),
    "zones_refused": ZonesRefused(f"--fuel {PLATE}: one of petrol, diesel", typed=PLATE),
    "zones_unknown": ZonesUnknown(),
    "later": SignInLater(30),
    **{code: PasswordRefused(code, "it will not do") for code in ("length", "name", "code", "none")},
    "away": EvidenceUnusable(f"s3://pictures/{PLATE}.jpg"),
    "unreadable": DatabaseError(f"Code: 497. DB::Exception: Not enough privileges ... WHERE plate = '{PLATE}'"),
}
"""Errors of desks that have no code themselves; all others are told as refusals of searches."""


class Refuser:
    """Any part of the platform, that refuses whatever it is asked."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __getattr__(self, _name: str) -> Refuser:
        return self

    def __call__(self, *_given: object, **_more: object) -> Any:
        raise self.error


@cache
def api() -> FastAPI:
    """The API of somebody in every role."""
    app = FastAPI()
    tell_problems(app)
    describe(app)
    for router in ROUTERS:
        app.include_router(router, prefix="/api")
    roles: dict[Role, str] = dict.fromkeys(get_args(Role), "")
    app.dependency_overrides[person_of] = lambda: Person("A. Peeters", roles)
    return app


@cache
def described() -> Mapping[str, Mapping[str, Any]]:
    """Paths of the description: template → method → operation."""
    paths: Mapping[str, Mapping[str, Any]] = api().openapi()["paths"]
    return {path.removeprefix("/api/v1"): methods for path, methods in paths.items()}


def answers(error: Exception, routes: Sequence[Route]) -> list[httpx.Response]:
    """What these routes answer where every desk refuses so."""
    return asked(error, [(one.method, one.path, one.given) for one in routes])


def asked(error: Exception, requests: Sequence[tuple[str, str, Mapping[str, Any]]]) -> list[httpx.Response]:
    """Answers to methods, paths and what is given, where every desk refuses so."""
    refuser, app = Refuser(error), api()
    desks = ("store", "kafka", "searches", "whereabouts", "investigations", "cases", "zones", "pictures", "ground")
    parts = dict.fromkeys((*desks, "signin", "jobs"), refuser)
    app.state.parts = SimpleNamespace(clock=SystemClock(), lookback=timedelta(hours=24), settings={}, **parts)

    async def all_of_them() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://console.test") as client:
            return [await client.request(method, path, **given) for method, path, given in requests]

    return asyncio.run(all_of_them())


# ---- each code has its status ----------------------------------------------------------------------------------------


def test_every_route_that_asks_a_desk_is_asked_here() -> None:
    ours = {(one.method, one.template) for one in ROUTES}
    theirs = {
        (method.upper(), path)
        for path, methods in described().items()
        for method in methods
        if path not in ASK_NO_DESK and not path.startswith(("/session", "/account"))
    }
    assert ours == theirs


@pytest.mark.parametrize("code", CODES)
def test_a_code_has_its_status_at_every_desk(code: str) -> None:
    message = f"'{PLATE}' is refused"
    for answer in answers(OF_THEIR_KIND.get(code, SearchRefused(message, code, typed=PLATE)), DESKS):
        told = answer.json()
        assert (answer.status_code, told["code"]) == (CODES[code].status, code), answer.url
        assert answer.headers["content-type"] == "application/problem+json"
        assert PLATE not in answer.text


@pytest.mark.parametrize("route", ROUTES, ids=lambda one: f"{one.method} {one.template}")
def test_every_route_tells_what_is_refused_as_it_is_described(route: Route) -> None:
    refused = SearchRefused(f"'{PLATE}' is no plate", "pattern_wrong", typed=PLATE)
    away = DatabaseError(f"HTTP driver received status 500: SELECT … '{PLATE}'")
    for error, status in ((refused, 422), (OfficerRefused("not in this role"), 403), (away, 503)):
        (answer,) = answers(error, (route,))
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
        assert PLATE not in answer.text
        description = described()[route.template][route.method.lower()]["responses"][str(status)]
        assert list(description["content"]) == ["application/problem+json"]
    assert answer.headers["retry-after"] == "5"


SEARCHES = {CODES[code].status for code in ("search_unknown", "search_of_another", "search_expired", "kind_closed")}
CASES = {CODES[code].status for code in ("case_unknown", "case_refused", "case_unanswered")}


@pytest.mark.parametrize(
    ("tag", "statuses"),
    [
        ("searches", SEARCHES),
        ("investigations", SEARCHES),
        ("pictures", SEARCHES | {CODES["picture_removed"].status, CODES["case_unknown"].status}),
        ("cases", CASES),
        ("hotlists", {CODES["import_changed"].status}),
        ("low-emission zones", {CODES["case_unanswered"].status, CODES["zones_unknown"].status}),
        ("session", {401, 429, 503}),
    ],
)
def test_the_description_tells_what_a_desk_may_answer(tag: str, statuses: set[int]) -> None:
    for path, methods in described().items():
        for operation in methods.values():
            if tag in operation["tags"] and not path.endswith("/stream"):
                assert {str(int(one)) for one in statuses | {403, 422, 503}} <= set(operation["responses"]), path


def test_a_role_that_is_not_yours_is_forbidden_at_every_desk() -> None:
    told = answers(SearchRefused("you are not registered as investigator", "role_closed"), DESKS[:2])
    assert [(one.status_code, one.json()["field"]) for one in told] == [(403, "role")] * 2


def test_a_field_is_one_of_what_was_given() -> None:
    refused = SearchRefused("too wide", "pattern_wide")
    routes = [one for one in ROUTES if one.method == "POST" and one.template.startswith(("/search", "/investig"))]
    told = zip(routes, answers(refused, routes), strict=True)
    assert {one.template.split("/")[-1]: answer.json().get("field") for one, answer in told} == {
        **{"searches": "pattern", "scenes": "plate", "companions": "plate", "place": "plate", "anomalies": "plate"},
        "compare": "plates",
    }
    (zones,) = answers(refused, (_posted("/zones/notices", reason="daily review of notices"),))
    assert "field" not in zones.json()


def test_how_long_to_wait_is_told() -> None:
    (answer,) = answers(SignInLater(30), DESKS[:1])
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "30")


# ---- every code is in the table --------------------------------------------------------------------------------------


def _calls(*folders: Path) -> Iterator[ast.Call]:
    for folder in folders:
        for file in folder.rglob("*.py"):
            yield from (one for one in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(one, ast.Call))


def _folder(module: Any) -> Path:
    return Path(module.__path__[0] if hasattr(module, "__path__") else module.__file__).resolve()


def raised() -> set[str]:
    """Codes of `SearchRefused` in the source that the API reaches."""
    folders = (_folder(console), _folder(sinks.clickhouse), _folder(anpr.lez.question).parent)
    made = [one for one in _calls(*folders) if getattr(one.func, "id", "") == "SearchRefused"]
    reasons = [one for one in _calls(_folder(sinks.clickhouse)) if getattr(one.func, "id", "") == "_refused"]
    codes = [one.args[1].value for one in made if len(one.args) > 1 and isinstance(one.args[1], ast.Constant)]
    kinds = [one.args[0].value for one in reasons if isinstance(one.args[0], ast.Constant)]
    return {*map(str, codes), *(f"reason_{kind!s}" for kind in kinds)}


def test_whatever_is_refused_is_in_the_table() -> None:
    found = raised()
    assert {"search_expired", "pattern_wrong", "reason_short", "area_empty", "plates_many"} <= found
    assert not found - set(CODES)


def test_whatever_the_database_refuses_is_in_the_table() -> None:
    texts = [file.read_text("utf-8") for file in _folder(sinks.clickhouse).rglob("*.sql")]
    told = {code for text in texts for code in re.findall(r"'([a-z]+_[a-z_]+): [a-z]", text)}
    assert {"search_unknown", "kind_closed", "decision_missing"} <= told
    assert not told - set(CODES)


def test_each_kind_has_a_code_and_the_narrower_one_comes_first() -> None:
    assert {code for _, code in KINDS} <= set(CODES)
    kinds = [kind for kind, _ in KINDS]
    assert not [(one, two) for at, one in enumerate(kinds) for two in kinds[at + 1 :] if issubclass(two, one)]


def test_a_code_that_is_not_known_yet_is_of_what_was_asked() -> None:
    problem = problem_of(SearchRefused("something new", "of_a_later_migration"))
    assert (problem.status, problem.code, problem.field) == (422, "of_a_later_migration", None)


# ---- nothing that was typed is repeated ------------------------------------------------------------------------------


def _listed(field: str) -> Callable[[str], object]:
    return lambda typed: entry_of({**SAID, field: typed}, Draft(NOW, {}), lambda _: None)


def _judged(field: str) -> Callable[[str], object]:
    several = field in ("passes", "exemptions", "warned", "fined")
    known = Words("brussels", fuel="diesel", euro="5")
    return lambda typed: question_of(replace(known, **{field: (typed,) if several else typed}), NOW)  # type: ignore[arg-type]


def _as(match: Match) -> Callable[[str], object]:
    return lambda typed: pattern_of(typed, match)


def _area(kind: str) -> Callable[[str], object]:
    return lambda typed: parse_area(f"{kind}{typed}").cameras(())


READERS: Mapping[str, Callable[[str], object]] = {
    **{f"pattern, {match}": _as(match) for match in get_args(Match)},
    "heard": heard,
    "reason": lambda typed: checked_reason(typed, "1ABC234"),
    **{f"area, {kind}": _area(kind) for kind in ("", "camera:", "zone:", "near:", "polygon:")},
    "cameras": lambda typed: Where(cameras=(typed,)).names(()),
    "police zone": lambda typed: Where(police_zone=typed).names(()),
    "entry": lambda typed: named(SimpleNamespace(find=lambda _: []), [typed]),  # type: ignore[arg-type]
    **{f"listed, {field}": _listed(field) for field in (*SAID, "country", "priority", "dangerous", "valid_from",
       "hours", "circle", "entry_id", "zones", "instruction")},
    **{f"zones, {field}": _judged(field) for field in Words.__dataclass_fields__ if field not in
       ("enrolled", "no_record", "doubtful")},
}  # fmt: skip
"""What reads what people type, by name."""
NASTY = (
    PLATE,
    f"'{PLATE}'",
    f"1ABC'; DROP TABLE {PLATE}; --",
    f"<script>{PLATE}</script>",
    f"{PLATE} is no plate: '{PLATE}' may mean",
    f"{PLATE}+",
    f"{PLATE} or A",
    f"[{PLATE}",
    f"{PLATE}\n{PLATE}🚗",
    f"--{PLATE}",
    f"\\{PLATE}$^.*",
    f"ЖЩ{PLATE}",
    f"{PLATE}json ",
    f"{'x' * 36}{PLATE}",
    f"{PLATE}{'x' * 500}",
)


def said(read: Callable[[str], object], typed: str) -> str:
    """What the API says to it; empty: it is taken."""
    try:
        read(typed)
    except Refusal as refused:
        return sentence_of(refused)
    return ""


@pytest.mark.parametrize("name", READERS)
def test_no_sentence_repeats_what_was_typed(name: str) -> None:
    for typed in NASTY:
        assert PLATE not in said(READERS[name], typed).upper(), typed


@given(st.sampled_from(sorted(READERS)), st.text(max_size=20), st.text(max_size=20))
def test_no_sentence_repeats_a_plate_whatever_is_around_it(name: str, before: str, behind: str) -> None:
    assert PLATE not in said(READERS[name], f"{before}{PLATE}{behind} ").upper()


def test_a_file_that_is_no_list_is_told_without_its_words(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(f"plate;{PLATE};reason {PLATE}\n1ABC234;a;b\n")
    told = said(lambda _: list(ListFile(path).lines()), "")
    assert PLATE not in told
    assert told.startswith("the first line names no columns that are known: this; columns are")


def test_what_is_not_of_the_person_stays() -> None:
    refused = SearchRefused("no camera antwrep is registered; did you mean antwerp?", "camera_unknown", typed="antwrep")
    assert sentence_of(refused) == "no camera this is registered; did you mean antwerp?"
    assert sentence_of(ZonesRefused("--fuel coal: one of petrol", typed="coal")) == "fuel this: one of petrol"


@pytest.mark.parametrize("route", ROUTES, ids=lambda one: f"{one.method} {one.template}")
def test_what_is_asked_wrongly_is_told_without_it(route: Route) -> None:
    fields = {name: [{PLATE: PLATE}] for name in route.given.get("json", {})}
    wrong: dict[str, Any] = {"json": {**fields, PLATE: PLATE}} if "json" in route.given else {}
    wrong["params"] = dict.fromkeys(route.given.get("params", {}), PLATE)
    path = f"/api/v1{route.template.format(**dict.fromkeys(NAMES, PLATE))}"
    (answer,) = asked(SearchRefused("refused"), [(route.method, path, wrong)])
    assert answer.status_code in (403, 404, 409, 422), answer.text
    assert PLATE not in answer.text


def test_a_name_that_is_no_field_is_not_repeated_either() -> None:
    route = _posted("/searches", pattern="1ABC234", **WHY, **{PLATE: "x"})
    (answer,) = answers(SearchRefused("refused"), (route,))
    assert answer.json()["detail"] == "body: a field is given that is not known"
    assert "field" not in answer.json()
