"""A demo's yesterday: a day of the same city, in the store and learnt, so that next cameras are known from the start.

The simulator makes it, of few vehicles that drive as often as those of the demo. It goes the platform's own way:
reads become passages (`consolidate`), passages rows (the store's writer), rows movements (`learn_day`, which
`anpr investigate learn` runs every night). It goes through no topic, no wanted vehicle drives in it and all of it was
received yesterday, so nothing of it is in what the demo counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import islice

from clickhouse_connect.driver.client import Client

from pipeline.messages import Batch, Message
from pipeline.outcome import Emit, Outcome
from pipeline.runtime.clock import SystemClock
from pipeline.runtime.metrics import Metrics
from pipeline.stages.consolidate import Consolidate
from replay.city import City
from replay.conditions import Conditions
from replay.fleet import Fleet
from replay.observation import RenderRequest
from replay.seeds import fact_id
from replay.traffic import Simulation
from schemas.read import Read
from sinks.clickhouse.queries.learn import learn_day
from sinks.clickhouse.queries.next_cameras import LEARNT_DAYS
from sinks.clickhouse.queries.travel import travel
from sinks.clickhouse.writer import ClickHouseOutput

__all__ = ["give_yesterday", "passages_of", "reads_of"]

DAY = timedelta(days=1)
TRIPS = 6_000
"""Of the day, in a city of up to TRIPS_FOR cameras; of more, a trip passes more, and fewer trips tell as much."""
TRIPS_FOR = 24
LEAST_CARS = 150
"""What fewer than three vehicles do is not learnt."""
MOST_FLOWS = 100_000
BATCH = 2_000
LOG, INLET = b"demo-yesterday", "passages_in"
READS = ("reads", 0)
CLEAR = Conditions(misread_rate=0, repeat_rate=0, duplicate_rate=0, empty_frame_rate=0, patrols=0, light="day")
"""Only where vehicles went matters; some are still missed."""
READ_SURELY = 0.95


def give_yesterday(client: Client, city: City, fleet: Fleet, rate_per_s: float, now: datetime) -> int:
    """Make it, store it and learn from it, unless the store knows already how vehicles drive in this city.

    rate_per_s: trips that the demo begins a second. now: aware. Returns how many passages were learnt from; 0: it
    knew. Errors of the store pass through.
    """
    if _known(client, city, now):
        return 0
    day = now.astimezone(UTC).date() - DAY
    begin = datetime.combine(day, time(), UTC)
    _store(client, passages_of(reads_of(city, fleet, rate_per_s, begin, begin + DAY), city, now))
    return learn_day(client, day, now).passages


def _known(client: Client, city: City, now: datetime) -> bool:
    """Whether it was learnt of most cameras where vehicles go on to."""
    since = (now - timedelta(days=LEARNT_DAYS)).date()
    learnt = {flow.from_camera for flow in travel(client, "next", since, limit=MOST_FLOWS)}
    return 2 * sum(site.camera.camera_id in learnt for site in city.sites) > len(city.sites)


def reads_of(city: City, fleet: Fleet, rate_per_s: float, begin: datetime, end: datetime) -> Iterator[Read]:
    """What the cameras read of a quiet traffic, in order of arrival. Pictures are taken as read, nothing is drawn."""
    few_per_s = min(rate_per_s, TRIPS / DAY.total_seconds() * min(1.0, TRIPS_FOR / len(city.sites)))
    few = _some(fleet, few_per_s / rate_per_s)
    simulation = Simulation(city, few, fleet.seed, begin, few_per_s, conditions=CLEAR)
    for seen in simulation.events(end):
        match seen.item:
            case Read() as read:
                yield read
            case RenderRequest() as picture:
                yield from _of_picture(picture)


def _some(fleet: Fleet, share: float) -> Fleet:
    """So many of its vehicles, none of them wanted: a wanted one would have been noticed yesterday."""
    cars = [car for car in fleet.cars if not car.wanted]
    return replace(fleet, cars=tuple(cars[: max(LEAST_CARS, round(share * len(cars)))]), hotlist=(), lez_passes=())


def _of_picture(picture: RenderRequest) -> Iterator[Read]:
    for vehicle in picture.visible:
        yield Read(
            read_id=fact_id("read", picture.camera_id, picture.captured_at.isoformat(), vehicle.plate),
            camera_id=picture.camera_id,
            captured_at=picture.captured_at,
            received_at=picture.received_at,
            plate_raw=vehicle.plate,
            confidence=READ_SURELY,
            country=vehicle.country,
            reader="anpr/1",
        )


def passages_of(reads: Iterable[Read], city: City, now: datetime) -> Iterator[bytes]:
    """Messages of the topic `passages`, as the flow `consolidate` tells them. Raises ValueError for reads that it
    refuses."""
    stage = Consolidate({camera.camera_id: camera for camera in city.cameras})
    messages = (_message(offset, read) for offset, read in enumerate(reads))
    while batch := list(islice(messages, BATCH)):
        yield from _told(stage(Batch(batch, now)))
    yield from _told(stage(Batch((), now, caught_up=(READS,))))


def _message(offset: int, read: Read) -> Message:
    stamp_ms = round(read.received_at.timestamp() * 1000)
    value = read.model_dump_json(exclude_defaults=True).encode()
    return Message(*READS, offset, stamp_ms, read.camera_id.encode(), value)


def _told(outcome: Outcome) -> Iterator[bytes]:
    if outcome.rejected:
        raise ValueError(f"a read of the simulation is refused: {outcome.rejected[0].detail}")
    return (emit.value for emit in outcome.emitted)


def _store(client: Client, passages: Iterable[bytes]) -> None:
    """Under a log of their own. The same day again changes nothing: identifiers follow from what was seen."""
    rows = [
        Emit(INLET, b"", b'{"_log":"%b","_partition":0,"_offset":%d,%b' % (LOG, offset, passage[1:]))
        for offset, passage in enumerate(passages)
    ]
    ClickHouseOutput(client, SystemClock(), Metrics()).deliver(Outcome(emitted=rows), lambda: None)
