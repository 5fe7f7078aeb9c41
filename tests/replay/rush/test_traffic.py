"""Traffic by columns: deterministic, in order, valid, plausible, at the rate asked for, and true to its truth."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.messages import Batch, Message
from pipeline.stages.consolidate import Consolidate
from replay.geometry import distance_m
from replay.rush.driving import FASTEST
from replay.rush.plan import TrafficPlan
from replay.rush.traffic import Traffic
from replay.scenarios.asked import Asked
from replay.seeds import fact_id
from schemas.codec import decoder
from schemas.passage import Passage
from tests.replay.rush.large import SECONDS, START, Ran, decode, run

SMALL = TrafficPlan(60, 3, START, 15.0, profile="flat", vehicles=20_000, skew_s=0.5)


@settings(max_examples=3, deadline=None)
@given(steps_s=st.lists(st.floats(0.05, 40), min_size=1, max_size=6))
def test_equal_plans_give_equal_bytes_however_they_are_asked_for(steps_s: list[float]) -> None:
    whole, pieces = run(SMALL, 60), Ran(Traffic(SMALL, truth=True))
    reached = 0.0
    while reached < 60:
        reached = min(60.0, reached + steps_s[len(pieces.at_ms) % len(steps_s)] + 0.3)
        for batch in pieces.traffic.batches(START + timedelta(seconds=reached)):
            pieces.messages += batch.messages
            pieces.at_ms += batch.at_ms.tolist()
            pieces.lines += batch.truth
    assert pieces.messages == whole.messages
    assert pieces.lines == whole.lines
    assert pieces.tally == whole.tally


def test_another_seed_is_another_traffic() -> None:
    other = TrafficPlan(60, 4, START, 15.0, profile="flat", vehicles=20_000)
    assert run(SMALL, 20).messages != run(other, 20).messages


def test_reads_come_in_order_of_arrival_and_their_keys_are_their_cameras(brussels: Ran) -> None:
    reads = brussels.reads()
    assert brussels.at_ms == sorted(brussels.at_ms)
    told = [round((read.received_at - START).total_seconds() * 1000) for read in reads]
    assert told == brussels.at_ms
    assert 0 <= told[0] <= told[-1] < SECONDS * 1000
    assert all(key.decode() == read.camera_id for (key, _), read in zip(brussels.messages, reads, strict=True))
    assert {read.camera_id for read in reads} <= {camera.camera_id for camera in brussels.traffic.city.cameras}


def test_identifiers_are_derived_and_repeat_only_as_duplicates(brussels: Ran) -> None:
    reads = brussels.reads()
    seen = Counter(read.read_id for read in reads)
    assert sum(seen.values()) - len(seen) == brussels.tally.duplicates == sum(n - 1 for n in seen.values())
    assert brussels.tally.duplicates / len(seen) == pytest.approx(0.01, abs=0.003)
    first = next(read for read in reads if read.track_id)
    moment = first.captured_at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert first.read_id in {fact_id("read", first.camera_id, moment, first.track_id, nth) for nth in range(4)}


@pytest.mark.parametrize("rate", [5.0, 40.0])
def test_the_rate_is_the_one_asked_for(rate: float) -> None:
    traffic = Traffic(TrafficPlan(100, 5, START, rate, profile="flat", vehicles=40_000, mobile_upload_s=60))
    list(traffic.batches(START + timedelta(minutes=6)))
    reads = traffic.tally.reads
    list(traffic.batches(START + timedelta(minutes=16)))
    assert (traffic.tally.reads - reads) / 600 == pytest.approx(rate, rel=0.08)


def test_mornings_are_busy_and_nights_quiet() -> None:
    counts = []
    for hour in (2, 7):
        start = datetime(2026, 3, 3, hour, 30, tzinfo=UTC)
        traffic = Traffic(TrafficPlan(100, 5, start, 20.0, vehicles=30_000))
        list(traffic.batches(start + timedelta(minutes=10)))
        counts.append(traffic.tally.reads)
    assert counts[1] > 10 * counts[0] > 0


def test_shares_are_those_of_the_plan(brussels: Ran) -> None:
    passages = [p for p in brussels.passages() if not p.late]
    reads = brussels.reads()
    blind = {"motorcycle", "moped"}
    assert sum(not p.seen for p in passages) / len(passages) == pytest.approx(0.032, abs=0.008)
    texts = [(text, p.plate) for p in passages for text in p.reads]
    assert sum(text != plate for text, plate in texts) / len(texts) == pytest.approx(0.04 + 0.008, abs=0.008)
    assert sum(len(p.reads) for p in passages) / sum(p.seen for p in passages) == pytest.approx(1.51, abs=0.03)
    pieces = [text for text, plate in texts if len(text) in (3, 4) and len(plate) > 5]
    assert len(pieces) / len(texts) == pytest.approx(0.008, abs=0.004)
    assert {read.direction for read in reads if read.vehicle_class in blind} <= {"departing", None}
    countries = Counter(p.country for p in passages)
    assert countries["BE"] / len(passages) == pytest.approx(0.78, abs=0.05)
    assert {"NL", "FR", "DE", "LU", "GB"} <= set(countries)


def test_mobile_cameras_and_patrol_cars_hand_over_late_and_say_where_they_were(brussels: Ran) -> None:
    kind = {camera.camera_id: camera.kind for camera in brussels.traffic.city.cameras}
    moving = [read for read in brussels.reads() if kind[read.camera_id] != "fixed"]
    assert {kind[read.camera_id] for read in moving} == {"mobile", "patrol_car"}
    assert all(read.position is not None for read in moving)
    assert all(read.position is None for read in brussels.reads() if kind[read.camera_id] == "fixed")
    assert max(read.received_at - read.captured_at for read in moving) > timedelta(minutes=1)
    assert any(p.late for p in brussels.passages())


def test_each_camera_has_a_clock_of_its_own(brussels: Ran) -> None:
    off: dict[str, list[float]] = defaultdict(list)
    for read in brussels.reads():
        if read.position is None:
            off[read.camera_id].append((read.received_at - read.captured_at).total_seconds() - 0.07)
    medians = [sorted(values)[len(values) // 2] for values in off.values() if len(values) > 20]
    assert len(medians) > 100
    assert 0.08 < sorted(map(abs, medians))[len(medians) // 2] < 0.2
    assert max(map(abs, medians)) < 4.5
    for values in off.values():
        assert max(values) - min(values) < 0.62  # one clock each: what is left is latency, and a duplicate's


def fast(ran: Ran, limit_kmh: float) -> set[str]:
    """Plates that were at two cameras within less time than any road between them takes."""
    place = {camera.camera_id: camera.position for camera in ran.traffic.city.cameras}
    ways = defaultdict(list)
    for passage in ran.passages():
        ways[passage.plate].append((passage.captured_at, place[passage.camera_id]))
    found, steps = set(), 0
    for plate, way in ways.items():
        way.sort(key=lambda one: one[0])
        for (t0, a), (t1, b) in pairwise((at, point) for at, point in way if point is not None):
            steps += 1
            if distance_m(a, b) * 3.6 > limit_kmh * ((t1 - t0).total_seconds() + 0.05):
                found.add(plate)
    assert steps > 100
    return found


@settings(max_examples=3, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_nobody_drives_faster_than_the_roads_allow(seed: int) -> None:
    plan = TrafficPlan(200, seed, START, 12.0, profile="flat", skew_s=0.0)
    assert fast(run(plan, 150), 95.0 * FASTEST) == set()


def test_a_clone_is_where_no_car_can_be() -> None:
    plan = TrafficPlan(450, 2, START, 8.0, profile="flat", skew_s=0.0)
    ran = run(plan, 300, [Asked(kind="cloned_plate", at_s=1.0), Asked(kind="escape", at_s=1.0)])
    assert fast(ran, 250.0) == set(ran.planted[0].plates)


@pytest.mark.slow
@pytest.mark.parametrize("cameras", [5000, 10_000])
def test_a_country_drives_as_well(cameras: int) -> None:
    plan = TrafficPlan(cameras, 5, START, 300.0, profile="flat", skew_s=0.0)
    ran = run(plan, 240)
    assert fast(ran, 112.0 * FASTEST) == set()
    assert ran.tally.reads / 240 == pytest.approx(300, rel=0.09)
    towns = {camera.split("-")[1] for camera in (read.camera_id for read in ran.reads())}
    assert {"antwerp", "ghent", "liege", "namur", "motorway", "5339"} <= towns


def test_every_track_becomes_one_passage(brussels: Ran) -> None:
    """Through the real stage; what is told last of each passage is nearly always the true plate."""
    cameras = {one.camera_id: one for one in brussels.traffic.city.cameras}
    stage, tell = Consolidate(cameras), decoder(Passage)
    stamp = round(START.timestamp() * 1000)
    messages, stamps = brussels.messages[: len(brussels.messages) // 3], brussels.at_ms
    log = [
        Message("reads", 0, n, stamp + at, key, value)
        for n, ((key, value), at) in enumerate(zip(messages, stamps, strict=False))
    ]
    outcome = stage(Batch(log, START + timedelta(seconds=SECONDS + 60), {("reads", 0)}))
    assert not outcome.rejected
    last = {one.passage_id: one for one in map(tell, (emit.value for emit in outcome.emitted)) if not one.withdrawn}
    reads = [decode(value) for _, value in messages]
    assert outcome.dropped["duplicate_read"] == len(reads) - len({read.read_id for read in reads})
    assert len(last) == len({(read.camera_id, read.track_id) for read in reads})
    until = reads[-1].received_at
    true = Counter((p.camera_id, p.plate) for p in brussels.passages() if p.received_at and p.received_at <= until)
    told = Counter((one.camera_id, one.plate) for one in last.values())
    assert sum((true & told).values()) / sum(true.values()) > 0.95


def test_the_tally_is_what_was_handed_out(brussels: Ran) -> None:
    tally, seen = brussels.tally, [p for p in brussels.passages() if p.seen]
    lez = {camera.camera_id for camera in brussels.traffic.city.cameras if camera.lez_zones}
    assert tally.reads == len(brussels.messages)
    assert tally.passages == len(seen)
    assert tally.listed == sum(p.listed for p in seen) > 0
    assert tally.listed_right == sum(p.listed and p.plate in p.reads for p in seen)
    assert tally.in_lez == sum(p.camera_id in lez for p in seen)


def test_the_surest_read_is_told_and_the_first_read_dates_the_passage(brussels: Ran) -> None:
    tracks = defaultdict(list)
    for read in brussels.reads():
        tracks[read.camera_id, read.track_id].append(read)
    first = Counter((track[0].camera_id, min(read.captured_at for read in track)) for track in tracks.values())
    true = Counter((p.camera_id, p.captured_at) for p in brussels.passages() if p.seen)
    assert sum((first & true).values()) / sum(true.values()) > 0.995  # the last tracks are cut off by the end


def test_reads_taken_one_batch_at_a_time_are_told_for_now() -> None:
    traffic = Traffic(SMALL)
    ids = set()
    for second in range(1, 8):
        now = START + timedelta(hours=1, seconds=second)
        batch = traffic.take(50, now)
        reads = [decode(value) for _, value in batch.messages]
        assert 0 < len(reads) <= 50
        assert reads[-1].received_at == now
        assert [read.received_at for read in reads] == sorted(read.received_at for read in reads)
        ids |= {read.read_id for read in reads}
    assert traffic.tally.reads - traffic.tally.duplicates <= len(ids) + 7


def test_memory_is_that_of_who_is_on_the_road() -> None:
    traffic = Traffic(TrafficPlan(60, 3, START, 12.0, profile="flat", vehicles=20_000))
    kept = []
    for minutes in (12, 24, 36):
        list(traffic.batches(START + timedelta(minutes=minutes)))
        kept.append(traffic.kept)
    assert max(kept) < 1.3 * min(kept)


@pytest.mark.parametrize(
    ("cameras", "changes", "match"),
    [
        (10, {}, "24 to 20,000 cameras"),
        (450, {"rate_per_s": 9_000_000.0}, "more vehicles than there are plates"),
        (450, {"rate_per_s": -1.0}, "positive"),
        (450, {"start": datetime(2026, 1, 1)}, "time zone"),  # noqa: DTZ001 - the point
        (450, {"listed_share": 1.5}, "shares from 0 to 1"),
        (450, {"mobile_upload_s": 0.0}, "mobile_upload_s"),
    ],
)
def test_what_cannot_be_is_refused(cameras: int, changes: dict[str, object], match: str) -> None:
    with pytest.raises(ValueError, match=match):
        Traffic(TrafficPlan(cameras, 1, **{"start": START, "profile": "flat", **changes}))  # type: ignore[arg-type]
