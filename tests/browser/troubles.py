"""What no ordinary hour of a city brings, told as its workers tell it: clones, ill cameras, an audit somebody changed,
verdicts that a court takes back."""

from __future__ import annotations

import io
import random
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import combinations
from typing import Any

from PIL import Image

from pipeline.geo import distance_m
from pipeline.identity import fact_id
from pipeline.lez.facts import Facts
from replay.plate_art import plate_picture
from schemas.anomaly import Anomaly, Sighting
from schemas.base import GeoPoint
from schemas.camera import Camera
from schemas.camera_health import CameraHealth
from schemas.codec import changed, compiled, encode
from schemas.lez import LezVerdict
from sinks.clickhouse.client import connect
from sinks.clickhouse.officers import FOREVER, Officer, Register
from sinks.clickhouse.queries.cameras import Registered, cameras
from tests.anpr.program import wait_until
from tests.browser.city import City
from tests.console.hits import tell
from tests.pipeline.flows.test_cases import plate_of
from tests.pipeline.lez.test_rejudgement import taken
from tests.sinks import audited
from tests.sinks.queries.facts import desk

__all__ = [
    "ILL",
    "JUDGE",
    "STRUCK",
    "Clone",
    "Ill",
    "Judged",
    "clone",
    "hire_judge",
    "ill_cameras",
    "judged",
    "tampered",
]

AnomalyRecord, SightingRecord, PointRecord = compiled(Anomaly), compiled(Sighting), compiled(GeoPoint)
CameraRecord, HealthRecord = compiled(Camera), compiled(CameraHealth)
HOUR = timedelta(hours=1)
CLONE_S, CLONE_KMH = 70, 250.0


def now() -> datetime:
    """This moment, whole seconds."""
    return datetime.now(UTC).replace(microsecond=0)


# ---- a plate on two vehicles ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Clone:
    """A plate at two places at once."""

    plate: str
    cameras: tuple[str, str]
    """Their names."""
    needed_kmh: int

    @property
    def display(self) -> str:
        """The plate as people write it."""
        return _displayed(self.plate)


def clone(made: City, *, pictures: int = 2) -> Clone:
    """Tell one; returns it once it has its case. pictures: how many of its two sightings have one."""
    letters = "".join(random.choices("ACEFHJKMNPRTUVWXY", k=3))
    plate = f"1{letters}{random.randrange(1000):03}"
    first, second = _far_apart(cameras(made.store))
    told = _anomaly(made, plate, (first, second), pictures)
    tell(made.settings["kafka_bootstrap"], "anomalies", [(plate, encode(told))])
    held = "SELECT count() FROM cases WHERE plate = {plate:String}"
    wait_until(lambda: made.store.query(held, parameters={"plate": plate}).result_rows[0][0], what="its case")
    assert told.needed_kmh is not None
    return Clone(plate, (first.name, second.name), round(told.needed_kmh))


def _displayed(plate: str) -> str:
    return f"{plate[0]}-{plate[1:4]}-{plate[4:]}"


def _far_apart(known: Sequence[Registered]) -> tuple[Registered, Registered]:
    hanging = [one for one in known if one.position is not None and one.kind == "fixed"]
    return max(combinations(hanging, 2), key=lambda pair: _apart_m(*pair))


def _apart_m(one: Registered, other: Registered) -> float:
    assert one.position is not None
    assert other.position is not None
    return distance_m(one.position, other.position)


def _anomaly(made: City, plate: str, places: tuple[Registered, Registered], pictures: int) -> Anomaly:
    begin, apart_m = now() - timedelta(minutes=5), _apart_m(*places)
    sightings = tuple(
        SightingRecord(
            passage_id=uuid.uuid4(),
            camera_id=place.camera_id,
            captured_at=begin + timedelta(seconds=CLONE_S * at),
            evidence=_picture(made, _displayed(plate)) if at < pictures else None,
            position=PointRecord(lat=place.lat, lon=place.lon),
            confidence=0.98 - 0.03 * at,
        )
        for at, place in enumerate(places)
    )
    km = apart_m / 1000
    return AnomalyRecord(
        anomaly_id=uuid.uuid4(),
        revision=1,
        kind="impossible_travel",
        plate=plate,
        camera_id=places[1].camera_id,
        observed_at=begin + timedelta(seconds=CLONE_S),
        passage_ids=tuple(one.passage_id for one in sightings),
        sightings=sightings,
        distance_m=round(apart_m, 1),
        elapsed_s=float(CLONE_S),
        needed_kmh=round(max(CLONE_KMH, 3.6 * (apart_m - 300) / (CLONE_S + 5)), 1),
        score=0.93,
        detail=f"Seen at {places[1].name} {CLONE_S} s after {places[0].name}, {km:.1f} km away (some {km * 1.3:.1f} km "
        "by road). Two vehicles carry this plate, or one was misread: compare the pictures.",
    )


def _picture(made: City, display: str) -> str:
    """A picture of the plate among the evidence; returns its key."""
    key, out = f"clones/{uuid.uuid4()}.jpg", io.BytesIO()
    Image.fromarray(plate_picture(display, "BE", rear=True)[:, :, ::-1]).save(out, "JPEG")
    path = made.folder / "evidence" / key
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(out.getvalue())
    return key


# ---- ill cameras ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ill:
    """A camera, and what is wrong with it now."""

    name: str
    kind: str
    """Of its trouble."""
    detail: str
    since: timedelta
    now: dict[str, Any] = field(default_factory=dict)
    """Of its last hour, else as usual."""


ILL = (
    Ill(
        "Chaussée de Wavre, towards the Place Jourdan",
        "camera_silent",
        "no read for 7 h: by chance once in a thousand billion times",
        7 * HOUR,
        {"reads": 0, "silent_s": 25_200.0},
    ),
    Ill(
        "Boulevard Léopold II",
        "camera_turned",
        "vehicles pass it in the other direction than ever: was it turned round?",
        3 * HOUR,
        {"approaching": 4, "departing": 196},
    ),
    Ill(
        "Avenue de Tervueren, at the museum, direction of the city",
        "camera_clock_ahead",
        "its times are 3 s or more ahead of ours: set its clock",
        26 * HOUR,
        {"delay_p50_s": -42.0},
    ),
    Ill(
        "Rue Royale",
        "camera_unreadable",
        "61% of the plates of the last hour are unreadable, 4% are usual: dirt, focus, light",
        2 * HOUR,
        {"unreadable": 122},
    ),
)
ENDED = "no read for 9 min: by chance once in 2,000,000 times; over after 40 min"
"""The silent one was silent before."""


def ill_cameras(made: City) -> None:
    """Register four, tell two days of each, and what is wrong; returns once the store has it."""
    bootstrap, hour = made.settings["kafka_bootstrap"], now().replace(minute=0, second=0)
    told: dict[str, list[tuple[str, bytes]]] = {"cameras": [], "camera-health": [], "anomalies": []}
    for number, ill in enumerate(ILL):
        name = _id_of(ill)
        place = PointRecord(lat=50.83 + 0.012 * number, lon=4.36 + 0.018 * number)
        camera = CameraRecord(camera_id=name, name=ill.name, kind="fixed", position=place, police_zone="5339")
        told["cameras"].append((name, encode(camera)))
        told["camera-health"] += [(name, encode(one)) for one in _hours(ill, hour)]
        told["anomalies"].append((name, encode(_trouble(ill, ill.detail, now() - ill.since))))
    before = _trouble(ILL[0], ENDED, now() - 30 * HOUR, ended_at=now() - 30 * HOUR + timedelta(minutes=40))
    told["anomalies"].append((_id_of(ILL[0]), encode(before)))
    for topic, messages in told.items():
        tell(bootstrap, topic, messages)
    seen = "SELECT count() FROM cameras_now WHERE startsWith(camera_id, 'ill-') AND notEmpty(troubles)"
    wait_until(lambda: made.store.query(seen).result_rows[0][0] == len(ILL), what="ill cameras in the store")
    wait_until(lambda: made.store.query(TROUBLES).result_rows[0][0] == len(ILL) + 1, what="their troubles")


TROUBLES = "SELECT uniqExact(anomaly_id) FROM anomalies WHERE startsWith(camera_id, 'ill-')"


def _id_of(ill: Ill) -> str:
    return f"ill-{ill.kind.removeprefix('camera_')}"


def _trouble(ill: Ill, detail: str, since: datetime, **more: Any) -> Anomaly:
    name = _id_of(ill)
    identity = fact_id("camera-anomaly", "camera_silent" if more else ill.kind, name, since.isoformat())
    given = {"kind": ill.kind, "camera_id": name, "observed_at": since, "score": 0.99, "detail": detail}
    return AnomalyRecord(anomaly_id=identity, revision=1, **given, **more)


def _hours(ill: Ill, last: datetime) -> Iterator[CameraHealth]:
    """Two days, quieter by night; of the hours since the trouble began what it is told by."""
    for back in range(47, -1, -1):
        hour = last - back * HOUR
        usual = 60 + 140 * (7 <= (hour.hour + 1) % 24 < 20)
        wrong = back * HOUR < ill.since
        reads = round(usual * random.Random(back).uniform(0.9, 1.1))
        fields: dict[str, Any] = {"reads": reads, "approaching": reads - 6, "departing": 6, "delay_p50_s": 0.8}
        last_read = min(hour + timedelta(minutes=59), now() - timedelta(seconds=20))
        fields |= {"last_read_at": last_read, "unreadable": round(reads * 0.04)}
        if wrong:
            fields |= {**ill.now, "troubles": (ill.kind,)}
        if fields.get("reads") == 0:
            fields |= {"last_read_at": now() - ill.since, "approaching": 0, "departing": 0, "unreadable": 0}
            fields["delay_p50_s"] = None
        yield HealthRecord(
            camera_id=_id_of(ill),
            hour_from=hour,
            revision=1,
            told_until=min(hour + HOUR, now()),
            expected=float(usual),
            low=0.6 * usual,
            high=1.5 * usual,
            usual_unreadable=0.04,
            usual_delay_s=0.8,
            usual_approaching=0.97,
            **fields,
        )


# ---- an audit that somebody changed --------------------------------------------------------------------------------


@contextmanager
def tampered(made: City) -> Iterator[str]:
    """While it lasts the reason of one recorded search is another; the number of its record."""
    store, officer = made.store, f"T. Tampered {uuid.uuid4().hex[:4]}"
    made.hire(officer)
    record = desk(store).open(audited.request(officer))
    known = "SELECT chain, seq FROM audit WHERE search_id = {id:String} AND action = 'search_opened'"
    wait_until(lambda: store.query(known, parameters={"id": str(record.search_id)}).result_rows, what="its record")
    chain, seq = store.query(known, parameters={"id": str(record.search_id)}).result_rows[0]
    where, other = f"chain = '{chain}' AND seq = {seq}", "A birthday party in the Rue Neuve"
    audited.update(store, "audit", f"record = replaceOne(record, '{audited.REASON}', '{other}')", where)
    try:
        yield f"{chain}/{seq}"
    finally:
        audited.update(store, "audit", f"record = replaceOne(record, '{other}', '{audited.REASON}')", where)


# ---- verdicts that a court takes back ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Judged:
    """Verdicts of one day, taken by a law that was struck later."""

    day: datetime
    fell: int
    stands: int


PLANNED, STRUCK = datetime(2024, 6, 1, tzinfo=UTC), "2026-01-15T00:00"
"""Antwerp: a step of 2026 that was planned, and struck on 15 December 2025."""
JUDGE = "J. Judge"
DIESEL_4, DIESEL_5 = (Facts("BE", "M1", "diesel", standard=euro, euro=int(euro)) for euro in ("4", "5"))


def judged(made: City) -> Judged:
    """Seven vehicles pass in Antwerp, five of them barred by the step that was struck; once the store has them."""
    day = now().replace(hour=12, minute=0, second=0) - timedelta(days=8)
    verdicts = [_passed(facts, day + timedelta(minutes=at)) for at, facts in enumerate([DIESEL_5] * 5 + [DIESEL_4] * 2)]
    tell(made.settings["kafka_bootstrap"], "lez-verdicts", [(one.plate, encode(one)) for one in verdicts])
    zones = connect(made.settings["lez_dsn"])
    proposed = "SELECT uniqExact(plate) FROM notices_now WHERE plate IN {plates:Array(String)} AND state = 'proposed'"
    plates = {"plates": [one.plate for one in verdicts]}
    wait_until(
        lambda: zones.query(proposed, parameters=plates).result_rows[0][0] == len(verdicts), what="their notices"
    )
    return Judged(day, 5, 2)


def _passed(facts: Facts, at: datetime) -> LezVerdict:
    plate, verdict = plate_of(), taken(facts, at, PLANNED, zone="antwerp")
    names = {"verdict_id": fact_id("v", plate), "passage_id": fact_id("p", plate)}
    return changed(verdict, revision=1, plate=plate, **names)


def hire_judge(made: City) -> str:
    """Who may judge anew: an agent at the console, an administrator of the zones; returns their name."""
    made.hire(JUDGE, "lez_agent")
    register = Register(connect(made.settings["lez_dsn"]), now, "administrator")
    for role in ("lez_agent", "administrator"):
        register.add(Officer(JUDGE, role, "", now(), FOREVER))
    return JUDGE
