"""A city or a country full of cameras: on ring, access roads, canal, in tunnels, on motorways, and mobile ones.

Each camera of these looks at one carriageway; most hang in pairs, one for each way. `replay.city` builds the small city
of the demo, whose cameras see both ways.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache

from replay.brussels import ZONE_NAMES
from replay.city import City, Site, Spot, Way, zone_of
from replay.country import BRUSSELS, Country, Town, belgium
from replay.geometry import bearing_deg, between
from replay.roads import FEDERAL, RING, Road, RoadGraph, brussels_roads
from replay.seeds import stream
from schemas.base import GeoPoint
from schemas.camera import Camera

__all__ = ["MOST_CAMERAS", "MOST_IN_BRUSSELS", "build_large_city", "country_of"]

MOST_IN_BRUSSELS = 2000
"""With more cameras it is Belgium."""
MOST_CAMERAS = 20_000
FEWEST = 24
MOBILE_SHARE, PATROL_SHARE = 0.04, 0.02
SPOTS_PER_MOBILE = 4
RING_SHARE = 0.10
"""Of the cameras of Brussels, those on the outer ring."""
MOTORWAY_SHARE = 0.12
"""Of the cameras of Belgium: one gantry in two and a half kilometres where there are 10,000."""
CLASS_WEIGHT = {"motorway": 1.0, "ring": 1.0, "tunnel": 5.0, "main": 2.0, "street": 1.0}
"""How likely a kilometre of road has cameras, within one zone."""
ACCESS_WEIGHT, CANAL_WEIGHT = 2.5, 3.0
"""… and so many times likelier on a way from the ring into the city, and along the canal."""
FRONT_SHARE = 0.5
"""Cameras that see vehicles from the front."""
TOWN_EXPONENT = 0.8
"""A town of twice the inhabitants has so many powers of two more cameras."""


def build_large_city(seed: int, cameras: int = 450) -> City:
    """All cameras are counted: fixed, mobile and those of patrol cars; all of them read plates themselves.

    Up to 2,000 it is Brussels, beyond that Belgium. Raises ValueError unless 24 ≤ cameras ≤ 20,000.
    """
    if not FEWEST <= cameras <= MOST_CAMERAS:
        raise ValueError(f"a large city has {FEWEST} to {MOST_CAMERAS:,} cameras, not {cameras:,}")
    country = country_of(cameras)
    mobile, patrol = round(cameras * MOBILE_SHARE), max(1, round(cameras * PATROL_SHARE))
    fixed = cameras - mobile - patrol
    sites = _sites(country, _per_road(country, fixed, stream(seed, "places")), stream(seed, "looks"))
    spots = _spots(country.roads, mobile * SPOTS_PER_MOBILE, stream(seed, "spots"))
    return City(
        seed, country.roads, sites, _moving("patrol_car", patrol, country), _moving("mobile", mobile, country), spots
    )


@cache
def country_of(cameras: int) -> Country:
    """Belgium, or Brussels alone where there are not more than 2,000 cameras."""
    if cameras > MOST_IN_BRUSSELS:
        return belgium()
    roads = brussels_roads()
    inner = tuple(name for name, one in roads.crossings.items() if one.zone != RING)
    gates = tuple(name for name, one in roads.crossings.items() if one.zone == RING)
    return Country(roads, (Town(BRUSSELS, 1230, BRUSSELS, inner),), gates)


def _zone_shares(country: Country) -> dict[str, float]:
    """Zone → its share of the fixed cameras; they add up to one. The zones of Brussels share alike."""
    weights = {town.name: town.thousands**TOWN_EXPONENT for town in country.towns}
    motorways = MOTORWAY_SHARE if len(country.towns) > 1 else 0.0
    left = (1.0 - motorways) / sum(weights.values())
    shares = {name: weight * left for name, weight in weights.items()}
    capital = shares.pop(BRUSSELS)
    shares |= {zone: capital * (1 - RING_SHARE) / len(ZONE_NAMES) for zone in ZONE_NAMES}
    shares[RING] = capital * RING_SHARE
    if motorways:
        shares[FEDERAL] = motorways
    return shares


def _per_road(country: Country, cameras: int, rng: random.Random) -> dict[int, int]:
    """Road number → its cameras. Whole pairs first; what is left hangs alone."""
    shares = _zone_shares(country)
    roads = country.roads
    in_zone = Counter[str]()
    weight = {road.number: _weight(roads, road, rng) for road in roads.roads}
    for road in roads.roads:
        in_zone[zone_of(roads, road)] += 0  # keeps the order of the roads
    totals: dict[str, float] = dict.fromkeys(in_zone, 0.0)
    for road in roads.roads:
        totals[zone_of(roads, road)] += weight[road.number]
    wanted = {r.number: shares[z] * weight[r.number] / totals[z] for r in roads.roads for z in (zone_of(roads, r),)}
    pairs = _shared_out(wanted, cameras // 2)
    found = {number: 2 * count for number, count in pairs.items()}
    if cameras % 2:
        found[max(wanted, key=lambda number: wanted[number])] += 1
    return found


def _weight(roads: RoadGraph, road: Road, rng: random.Random) -> float:
    ends = {roads.crossings[road.a].zone, roads.crossings[road.b].zone}
    weight = CLASS_WEIGHT[road.road_class] * float((road.length_m / 1000) ** 0.6) * rng.uniform(0.7, 1.3)
    if road.road_class in ("main", "street") and ends & {RING, FEDERAL}:
        weight *= ACCESS_WEIGHT
    return weight * (CANAL_WEIGHT if road.label.startswith("Canal") else 1.0)


def _shared_out(wanted: Mapping[int, float], count: int) -> dict[int, int]:
    """`count` things by shares that add up to one, each a whole number (largest remainders)."""
    exact = {key: share * count for key, share in wanted.items()}
    found = {key: int(value) for key, value in exact.items()}
    left = count - sum(found.values())
    for key in sorted(exact, key=lambda one: (found[one] - exact[one], one))[:left]:
        found[key] += 1
    return found


def _sites(country: Country, per_road: Mapping[int, int], rng: random.Random) -> tuple[Site, ...]:
    lez = {name: town.lez for town in country.towns for name in town.crossings}
    numbers: Counter[str] = Counter()
    sites = []
    for road in country.roads.roads:
        count = per_road[road.number]
        zone = zone_of(country.roads, road)
        zones = {lez.get(road.a), lez.get(road.b)} - {None} if zone not in (RING, FEDERAL) else set()
        for n in range(count):
            numbers[zone] += 1
            share = (n // 2 + 1) / ((count + 1) // 2 + 1)
            only: Way = "ab" if n % 2 == 0 else "ba"
            looks = _other(only) if rng.random() < FRONT_SHARE else only
            name = f"{_prefix(zone)}-{numbers[zone]:04d}"
            camera = _camera(country.roads, road, share, name, only, looks, tuple(sorted(map(str, zones))))
            sites.append(Site(camera, road, round(road.length_m * share, 1), only, looks))
    return tuple(sites)


def _prefix(zone: str) -> str:
    if zone == FEDERAL:
        return "be-motorway"
    return f"bxl-{zone.lower()}" if zone in ZONE_NAMES or zone == RING else f"be-{zone}"


def _other(way: Way) -> Way:
    return "ba" if way == "ab" else "ab"


def _camera(
    roads: RoadGraph, road: Road, share: float, name: str, only: Way, looks: Way, zones: tuple[str, ...]
) -> Camera:
    a, b = roads.crossings[road.a], roads.crossings[road.b]
    zone = zone_of(roads, road)
    bearing = bearing_deg(a.position, b.position)
    return Camera(
        camera_id=name,
        name=f"{road.label}, towards {(b if only == 'ab' else a).label}"[:120],
        kind="fixed",
        position=between(a.position, b.position, share),
        heading_deg=bearing if looks == "ab" else (bearing + 180) % 360,
        police_zone="federal" if zone in (RING, FEDERAL) else zone,
        lez_zones=zones,
        road=road.label[:120],
        reads_plates=True,
    )


def _spots(roads: RoadGraph, count: int, rng: random.Random) -> tuple[Spot, ...]:
    """By streets and main roads, anywhere."""
    fitting: Sequence[Road] = [road for road in roads.roads if road.road_class in ("main", "street")]
    return tuple(_spot(roads, rng.choice(fitting), rng.uniform(0.1, 0.9), rng) for _ in range(count))


def _spot(roads: RoadGraph, road: Road, share: float, rng: random.Random) -> Spot:
    a, b = roads.crossings[road.a].position, roads.crossings[road.b].position
    place: GeoPoint = between(a, b, share)
    only: Way = "ab" if rng.random() < 0.5 else "ba"
    return Spot(road, round(road.length_m * share, 1), only, place)


def _moving(kind: str, count: int, country: Country) -> tuple[Camera, ...]:
    """Cameras without a place. They have no duty for a low-emission zone, which depends on where they are."""
    short = "bxl" if len(country.towns) == 1 else "be"
    word = "mobile" if kind == "mobile" else "patrol"
    label = "Mobile camera" if kind == "mobile" else "Patrol car"
    return tuple(
        Camera(
            camera_id=f"{short}-{word}-{n + 1:03d}",
            name=f"{label} {n + 1}",
            kind="mobile" if kind == "mobile" else "patrol_car",
            police_zone=sorted(ZONE_NAMES)[n % len(ZONE_NAMES)],
            reads_plates=True,
        )
        for n in range(count)
    )
