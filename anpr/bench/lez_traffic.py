"""Passages at cameras of a low-emission zone, as messages of the topic `passages`: of vehicles of `replay.register`."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import numpy as np

from pipeline.identity import fact_id
from pipeline.messages import Batch, Message
from replay.register import MOST_VEHICLES, TODAY, register_plates
from schemas.camera import Camera
from schemas.codec import compiled, encode
from schemas.lez import LezPass, LezPermits, Permit
from schemas.passage import Passage
from schemas.read import Candidate

__all__ = ["CAMERAS", "day_pass", "permit", "traffic"]

AT_ONCE = 2_000
"""As the worker takes them."""
CAMERAS = {
    f"lez-{n:03d}": Camera(camera_id=f"lez-{n:03d}", name="", kind="fixed", lez_zones=("brussels",)) for n in range(300)
}
START = datetime(TODAY.year, TODAY.month, TODAY.day, 5, tzinfo=UTC)
DAY = timedelta(hours=17)
DOUBTFUL, UNKNOWN, BELGIAN_UNKNOWN, REVISED, WITHDRAWN = 0.03, 0.1, 0.2, 0.2, 0.005
"""Shares of passages: read with doubt; of vehicles that no register knows, and of those the Belgian ones; a later
revision; withdrawn."""
PassageRecord, CandidateRecord = compiled(Passage), compiled(Candidate)
PassRecord, PermitRecord, PermitsRecord = compiled(LezPass), compiled(Permit), compiled(LezPermits)


def traffic(vehicles: int, passages: int, seed: int = 1) -> Iterator[Batch]:
    """A day's passages in the order of their capture; each vehicle of the register is as likely as the next."""
    rng = random.Random(f"{seed} lez traffic")
    for first in range(0, passages, AT_ONCE):
        count = min(AT_ONCE, passages - first)
        numbers = [_vehicle(vehicles, rng) for _ in range(count)]
        plates, countries = register_plates(np.array(numbers, dtype=np.int64))
        at = [START + DAY * ((first + n) / passages) for n in range(count)]
        rows = zip(range(first, first + count), plates, countries, at, strict=True)
        yield Batch([_message(*row, rng) for row in rows], at[-1])


def _vehicle(registered: int, rng: random.Random) -> int:
    """Beyond the register's numbers nobody is known; most of those are foreigners."""
    if rng.random() >= UNKNOWN:
        return rng.randrange(registered)
    number = rng.randrange(registered, MOST_VEHICLES - 200)
    return number if rng.random() < BELGIAN_UNKNOWN else number // 100 * 100 + 199


def _message(number: int, plate: str, country: str, at: datetime, rng: random.Random) -> Message:
    camera = f"lez-{rng.randrange(len(CAMERAS)):03d}"
    passage = PassageRecord(
        passage_id=fact_id("bench-passage", number),
        revision=3 if rng.random() < REVISED else 1,
        withdrawn=rng.random() < WITHDRAWN,
        camera_id=camera,
        captured_at=at,
        last_captured_at=at + timedelta(milliseconds=400),
        received_at=at + timedelta(milliseconds=900),
        plate_raw=plate,
        plate=plate,
        plate_key=plate,
        plate_display=plate,
        country=country,
        confidence=0.944,
        certainty="doubtful" if rng.random() < DOUBTFUL else "sure",
        candidates=_candidates(plate),
        read_count=3,
        best_read_id=fact_id("bench-read", number),
        best_captured_at=at,
        evidence=f"{camera}/{number}.jpg",
        vehicle_class="car",
        reader="bench",
    )
    return Message("passages", 0, number, int(at.timestamp() * 1000), plate.encode(), encode(passage))


def _candidates(plate: str) -> tuple[Candidate, ...]:
    """As long as those of real readers."""
    sure = tuple(0.95 + 0.004 * (n % 10) for n in range(len(plate)))
    return (
        CandidateRecord(text=plate, confidence=0.944, char_confidences=sure),
        CandidateRecord(text=plate[:-1], confidence=0.045),
    )


def day_pass(number: int, plate: str) -> LezPass:
    """A pass for Brussels on a day of the year before, for one in twenty on the day of the traffic."""
    day = TODAY - timedelta(days=number % 365 if number % 20 else 0)
    bought = datetime(day.year, day.month, day.day, 4, tzinfo=UTC)
    return PassRecord(pass_id=fact_id("bench-pass", number), plate=plate, zone="brussels", day=day, bought_at=bought)


def permit(number: int, plate: str) -> LezPermits:
    """A parking card for disabled persons."""
    granted = PermitRecord(
        permit_id=fact_id("bench-permit", number),
        zone="brussels",
        ground="disabled_card",
        from_day=TODAY - timedelta(days=200),
        decided_at=START - timedelta(days=200),
    )
    return PermitsRecord(plate=plate, country="BE", permits=(granted,))
