"""Brussels with cameras: where they hang, what they watch, which of them read plates themselves."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from dataclasses import dataclass
from functools import cached_property
from itertools import cycle
from typing import Literal

from replay.brussels import ZONE_NAMES
from replay.geometry import bearing_deg, between
from replay.roads import FEDERAL, RING, Road, RoadGraph, brussels_roads
from replay.seeds import stream
from schemas.base import GeoPoint
from schemas.camera import Camera

__all__ = ["City", "Site", "Spot", "Way", "build_city", "zone_of"]

Way = Literal["ab", "ba"]
"""Along a road from its end `a` to `b`, or the other way."""

RING_SHARE = 12
"""One camera in so many hangs on the outer ring."""
FRAME_SHARE = 6
"""One camera in so many sends frames, unless the caller says otherwise: reading pictures is the dear part."""


@dataclass(frozen=True, slots=True)
class Site:
    """A fixed camera at its place on a road."""

    camera: Camera
    road: Road
    offset_m: float
    """Distance from the road's end `a`."""
    only: Way | None = None
    """The traffic that it sees; None: both ways."""
    looks: Way = "ab"
    """Where it looks: traffic that goes that way is seen from behind."""


@dataclass(frozen=True, slots=True)
class Spot:
    """A place by the road where a mobile camera stands at times."""

    road: Road
    offset_m: float
    """Distance from the road's end `a`."""
    only: Way
    """The traffic that is seen there, from behind."""
    position: GeoPoint


@dataclass(frozen=True)
class City:
    """Roads, fixed cameras on them, the cameras in patrol cars, and mobile ones with the spots where they may stand."""

    seed: int
    roads: RoadGraph
    sites: tuple[Site, ...]
    patrol_cars: tuple[Camera, ...]
    mobile: tuple[Camera, ...] = ()
    spots: tuple[Spot, ...] = ()

    @property
    def cameras(self) -> tuple[Camera, ...]:
        """Every camera, as published in the topic `cameras`."""
        return tuple(site.camera for site in self.sites) + self.mobile + self.patrol_cars

    @cached_property
    def on_road(self) -> dict[int, list[Site]]:
        """Road number → its cameras, in order of offset."""
        found: dict[int, list[Site]] = defaultdict(list)
        for site in sorted(self.sites, key=lambda s: s.offset_m):
            found[site.road.number].append(site)
        return dict(found)


def build_city(seed: int, cameras: int = 24, *, frame_cameras: int | None = None, patrol_cars: int = 1) -> City:
    """A city with `cameras` fixed cameras on the busiest roads, spread over the zones.

    frame_cameras: how many of them send frames; the others read plates. Default: one in six, at least one.
    Raises ValueError unless 2 ≤ cameras ≤ 2,000 and 0 ≤ frame_cameras ≤ cameras.
    """
    if frame_cameras is None:
        frame_cameras = max(1, cameras // FRAME_SHARE)
    if not 2 <= cameras <= 2000 or not 0 <= frame_cameras <= cameras:
        raise ValueError("a city has 2 to 2,000 cameras, and no more frame cameras than cameras")
    roads = brussels_roads()
    placed = _places(roads, cameras, stream(seed, "camera-places"))
    dumb = set(stream(seed, "frame-cameras").sample(range(cameras), frame_cameras))
    sites = _sites(roads, placed, dumb)
    return City(seed, roads, sites, tuple(_patrol_car(n + 1) for n in range(patrol_cars)))


def zone_of(roads: RoadGraph, road: Road) -> str:
    """Zone of the road's first end; the outer ring and motorways are their own. A road from there to a town counts as
    the town's."""
    if road.road_class == "ring":
        return RING
    if road.road_class == "motorway":
        return FEDERAL
    zone = roads.crossings[road.a].zone
    return zone if zone not in (RING, FEDERAL) else roads.crossings[road.b].zone


def _places(roads: RoadGraph, count: int, rng: random.Random) -> list[tuple[Road, str]]:
    """The road and zone of each camera: the ring gets its share, the zones take turns."""
    ranked = _ranked_by_zone(roads, rng)
    ring = max(1, count // RING_SHARE)
    turns = cycle(sorted(ZONE_NAMES))
    zones = [RING] * ring + [next(turns) for _ in range(count - ring)]
    return [(next(ranked[zone]), zone) for zone in zones]


def _ranked_by_zone(roads: RoadGraph, rng: random.Random) -> dict[str, cycle[Road]]:
    """Zone → its roads, busiest first, over and over: a second round puts a second camera on each road."""
    load = _load(roads)
    by_zone: dict[str, list[Road]] = defaultdict(list)
    for road in roads.roads:
        by_zone[zone_of(roads, road)].append(road)
    score = {road.number: load[road.number] * rng.uniform(0.7, 1.3) for road in roads.roads}
    return {z: cycle(sorted(rs, key=lambda r: -score[r.number])) for z, rs in by_zone.items()}


def _load(roads: RoadGraph) -> Counter[int]:
    """Road number → how many of all quickest paths use it."""
    names = sorted(roads.crossings)
    return Counter(road.number for a in names for b in names for road in roads.path(a, b))


def _sites(roads: RoadGraph, placed: list[tuple[Road, str]], dumb: set[int]) -> tuple[Site, ...]:
    per_road = Counter(road.number for road, _ in placed)
    used: Counter[int] = Counter()
    numbers: Counter[str] = Counter()
    sites = []
    for index, (road, zone) in enumerate(placed):
        used[road.number] += 1
        numbers[zone] += 1
        share = used[road.number] / (per_road[road.number] + 1)
        camera_id = f"bxl-{zone.lower()}-{numbers[zone]:03d}"
        sites.append(_site(roads, road, share, camera_id, zone, smart=index not in dumb))
    return tuple(sites)


def _site(roads: RoadGraph, road: Road, share: float, camera_id: str, zone: str, *, smart: bool) -> Site:
    a, b = roads.crossings[road.a], roads.crossings[road.b]
    camera = Camera(
        camera_id=camera_id,
        name=f"{road.label}, towards {b.label}",
        kind="fixed",
        position=between(a.position, b.position, share),
        heading_deg=bearing_deg(a.position, b.position),
        police_zone="federal" if zone == RING else zone,
        lez_zones=() if zone == RING else ("brussels",),
        road=road.label,
        reads_plates=smart,
    )
    return Site(camera, road, round(road.length_m * share, 1))


def _patrol_car(number: int) -> Camera:
    """A patrol car roams the whole city; its LEZ duty depends on where it is, so it has none."""
    return Camera(
        camera_id=f"bxl-patrol-{number:02d}",
        name=f"Patrol car {number}",
        kind="patrol_car",
        police_zone="5339",
        reads_plates=True,
    )
