"""The questions of the table, each with keys of its own and a search of its own: what a sample is.

Every sample goes the officer's way: a search with a reason is recorded, then the product's own function asks with it.
What the answer must hold follows from the history, so that a fast wrong answer counts as wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Protocol

from clickhouse_connect.driver.client import Client

from anpr.bench.store_fill import Keys, Pair, Seen
from pipeline.geo import Point, distance_m
from pipeline.plates.misread import misread_keys
from pipeline.plates.text import plate_key
from schemas.search import Scene, SearchRecord
from sinks.clickhouse.officers import FOREVER, Officer, Register
from sinks.clickhouse.plate_search.finding import Finding, find
from sinks.clickhouse.queries.companions import companions
from sinks.clickhouse.queries.next_cameras import next_cameras
from sinks.clickhouse.queries.passed_since import passages_of, plates_with_keys
from sinks.clickhouse.queries.patrols import patrols
from sinks.clickhouse.queries.place import place
from sinks.clickhouse.queries.route import route
from sinks.clickhouse.queries.scenes import scenes
from sinks.clickhouse.queries.travel import travel
from sinks.clickhouse.searches import SearchDesk, SearchRequest

__all__ = ["MORE_QUESTIONS", "QUESTIONS", "Answer", "Asking", "Question", "part_of"]

OFFICER = "bench"
WINDOW = timedelta(days=30)
"""How far back the questions by plate look: what every purpose opens without a decision."""
LOOKED_BACK = timedelta(days=13)
HALF_AN_HOUR = timedelta(minutes=30)
LEARNT_SINCE = date(2020, 1, 1)
DAY = timedelta(days=1)
ROWS = 100
"""A list's length."""
PLACE_ROWS, SCENE_ROWS = 1000, 1000
CERTAIN_COMPANY = 5
"""Passages on a day from which an escort cannot be missed: three are enough, of which misreads may take two."""


@dataclass(frozen=True, slots=True)
class Question:
    """One line of the table."""

    name: str
    samples: int
    target_ms: float
    goal_ms: float
    """At a billion rows."""
    meaning: str


QUESTIONS = (
    Question("exact", 100, 30, 20, "latest 100 of a whole plate"),
    Question("partial", 60, 300, 150, "a part of 3 to 5 known characters: prefix, suffix, middle, wildcards"),
    Question("misread", 60, 300, 150, "a whole plate with one error"),
    Question("route", 100, 100, 50, "a vehicle's day"),
    Question("camera_hour", 60, 100, 50, "newest 1,000 of a camera's hour"),
    Question("multi_scene", 40, 2000, 500, "at A, then at B, half an hour each"),
    Question("convoy", 40, 5000, 2000, "who accompanies a vehicle, 24 h; of every second key somebody does"),
)

MORE_QUESTIONS = (
    Question("next_camera", 40, 100, 50, "where a vehicle shows next, from what was learnt of a day"),
    Question("travel", 40, 1000, 500, "travel times from a camera to all others, learnt"),
    Question("patrols", 40, 100, 50, "the ten nearest of five hundred patrols"),
    Question("look_back", 40, 2000, 500, "a new entry of a hotlist among what passed in the last 13 days, misread too"),
)
"""With limits of our own. Of a small history nothing is learnt; what a new entry is looked for in grows with it."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came."""

    rows: int
    right: bool
    """It holds what the history put there, and nothing that was not asked for."""


Ask = Callable[[], Callable[[], Answer]]
"""Asks, which is timed; what it returns judges the answer, which is not."""


class Asking:
    """Prepares samples: records a search as an officer would, and gives what then runs with it."""

    def __init__(self, client: Client, keys: Keys) -> None:
        self._client, self._keys = client, keys
        self._desk = SearchDesk(client, lambda: datetime.now(UTC))
        self._makers: Mapping[str, Callable[[int], Ask]] = {
            "exact": self._exact,
            "partial": self._partial,
            "misread": self._misread,
            "route": self._route,
            "camera_hour": self._camera_hour,
            "multi_scene": self._multi_scene,
            "convoy": self._convoy,
            "next_camera": self._next_camera,
            "travel": self._travel,
            "patrols": self._patrols,
            "look_back": self._look_back,
        }
        Register(client, lambda: datetime.now(UTC), OFFICER).add(
            Officer(OFFICER, "investigator", "", datetime.now(UTC) - timedelta(minutes=1), FOREVER)
        )

    def prepared(self, question: str, number: int) -> Ask:
        """The question with key `number`, its search recorded. Keys of other numbers differ, as far as there are."""
        return self._makers[question](number)

    def _seen(self, number: int) -> Seen:
        return self._keys.seen[number % len(self._keys.seen)]

    def _pair(self, number: int) -> Pair:
        return self._keys.pairs[number % len(self._keys.pairs)]

    def _open(self, **asked: object) -> SearchRecord:
        given: dict[str, object] = {
            "captured_from": datetime.now(UTC) - WINDOW,
            "captured_until": datetime.now(UTC),
            "pattern": "*",
            **asked,
        }
        return self._desk.open(
            SearchRequest(reason="measuring the store on invented plates", officer=OFFICER, purpose="test",
                role="investigator", **given)  # type: ignore[arg-type]
        )  # fmt: skip

    def _exact(self, number: int) -> Ask:
        seen = self._seen(number)
        search = self._open(pattern=seen.plate)

        def right(found: Finding) -> bool:
            own = all(one.seen.plate == seen.plate for one in found.sightings)
            return own and (len(found.sightings) >= ROWS or _shows(found, seen))

        return self._find(search, right)

    def _partial(self, number: int) -> Ask:
        plate = self._seen(number).plate
        pattern = part_of(plate, number)
        search = self._open(pattern=pattern)
        keys = re.compile(plate_key(pattern).replace("?", ".").replace("*", ".*"))

        def right(found: Finding) -> bool:
            plates = {one.seen.plate for one in found.sightings}
            fit = all(keys.fullmatch(plate_key(one)) for one in plates)
            return fit and bool(plates) and (found.more or plate in plates)

        return self._find(search, right)

    def _misread(self, number: int) -> Ask:
        plate = self._seen(number).plate
        search = self._open(pattern=plate, tolerance=1)
        return self._find(search, lambda found: any(one.seen.plate == plate for one in found.sightings))

    def _find(self, search: SearchRecord, right: Callable[[Finding], bool]) -> Ask:
        def ask() -> Callable[[], Answer]:
            found = find(self._client, search, ROWS)
            return lambda: Answer(len(found.sightings), right(found))

        return ask

    def _route(self, number: int) -> Ask:
        first = self._pair(number).first
        search = self._open(pattern=first.plate, captured_from=_day(first), captured_until=_day(first) + DAY)

        def ask() -> Callable[[], Answer]:
            way = route(self._client, search, [first.plate])
            return lambda: Answer(len(way), _passes(way, first))

        return ask

    def _camera_hour(self, number: int) -> Ask:
        seen = self._seen(number)
        begin = _moment(seen).replace(minute=0, second=0, microsecond=0)
        search = self._open_scenes(_scene(seen.camera_id, begin, timedelta(hours=1)))

        def ask() -> Callable[[], Answer]:
            passed = place(self._client, search, limit=PLACE_ROWS)
            return lambda: Answer(len(passed), len(passed) >= PLACE_ROWS or _passes(passed, seen))

        return ask

    def _multi_scene(self, number: int) -> Ask:
        pair = self._pair(number)
        around = [_scene(s.camera_id, _moment(s) - HALF_AN_HOUR / 2, HALF_AN_HOUR) for s in (pair.first, pair.second)]
        search = self._open_scenes(*around)

        def ask() -> Callable[[], Answer]:
            vehicles = scenes(self._client, search, in_order=True, limit=SCENE_ROWS)
            plates = [plate_key(one.plate) for one in vehicles]
            return lambda: Answer(len(plates), len(plates) >= SCENE_ROWS or plate_key(pair.first.plate) in plates)

        return ask

    def _convoy(self, number: int) -> Ask:
        escorted = self._keys.escorted
        pair = escorted[number // 2 % len(escorted)] if escorted and number % 2 == 0 else self._pair(number)
        first, day = pair.first, _day(pair.first)
        search = self._open(pattern=first.plate, kind="companions", captured_from=day, captured_until=day + DAY)

        def ask() -> Callable[[], Answer]:
            way, found = companions(self._client, search)
            together = not pair.escort or len(way) < CERTAIN_COMPANY or pair.escort in {one.plate for one in found}
            return lambda: Answer(len(found), _passes(way, first) and together)

        return ask

    def _next_camera(self, number: int) -> Ask:
        seen = self._seen(number)
        moment = _moment(seen)

        def ask() -> Callable[[], Answer]:
            found = next_cameras(self._client, seen.camera_id, moment, moment + timedelta(minutes=1))
            certain = sum(one.probability for one in found.outcomes)
            return lambda: Answer(len(found.outcomes), not found.outcomes or abs(certain - 1) < 1e-6)

        return ask

    def _travel(self, number: int) -> Ask:
        camera = self._seen(number).camera_id

        def ask() -> Callable[[], Answer]:
            flows = travel(self._client, "next", LEARNT_SINCE, from_camera=camera)
            in_order = all(a.moves >= b.moves for a, b in pairwise(flows))
            return lambda: Answer(len(flows), in_order and all(flow.from_camera == camera for flow in flows))

        return ask

    def _patrols(self, number: int) -> Ask:
        place = Point(50.8 + number % 10 / 100, 4.3 + number % 7 / 100)

        def ask() -> Callable[[], Answer]:
            near = patrols(self._client, place, datetime.now(UTC))
            far = [distance_m(place, Point(one.lat, one.lon)) for one in near]
            return lambda: Answer(len(near), len(near) == 10 and far == sorted(far))

        return ask

    def _look_back(self, number: int) -> Ask:
        seen, since = self._seen(number), datetime.now(UTC) - LOOKED_BACK

        def ask() -> Callable[[], Answer]:
            keys = misread_keys(seen.plate)
            plates = plates_with_keys(self._client, since, keys[: len(keys) // 2])
            plates = [*plates, *plates_with_keys(self._client, since, keys[len(keys) // 2 :])]
            found = passages_of(self._client, since, plates)
            return lambda: Answer(len(found), _moment(seen) < since or _passes(found, seen))

        return ask

    def _open_scenes(self, *scenes: Scene) -> SearchRecord:
        return self._open(
            kind="scenes",
            scenes=scenes,
            captured_from=min(scene.captured_from for scene in scenes),
            captured_until=max(scene.captured_until for scene in scenes),
        )


class _Pass(Protocol):
    @property
    def plate(self) -> str: ...
    @property
    def camera_id(self) -> str: ...
    @property
    def captured_at(self) -> datetime: ...


def _passes(found: Iterable[_Pass], seen: Seen) -> bool:
    """The passage is among them."""
    wanted = (seen.plate, seen.camera_id, seen.at_ms)
    return any((one.plate, one.camera_id, round(one.captured_at.timestamp() * 1000)) == wanted for one in found)


def _shows(found: Finding, seen: Seen) -> bool:
    return _passes([one.seen for one in found.sightings], seen)


def part_of(plate: str, number: int) -> str:
    """What somebody remembers of a plate: its begin, its end, its middle, or some places, by turns."""
    forms = (
        f"{plate[:4]}*",
        f"*{plate[-4:]}",
        f"*{plate[2:5]}*",
        "".join(char if place in (0, 1, 3, 4) else "?" for place, char in enumerate(plate)),
        f"{plate[:2]}*{plate[-2:]}",
    )
    return forms[number % len(forms)]


def _scene(camera_id: str, begin: datetime, length: timedelta) -> Scene:
    return Scene(cameras=(camera_id,), captured_from=begin, captured_until=begin + length)


def _moment(seen: Seen) -> datetime:
    return datetime.fromtimestamp(seen.at_ms / 1000, UTC)


def _day(seen: Seen) -> datetime:
    return _moment(seen).replace(hour=0, minute=0, second=0, microsecond=0)
