"""How fast a zone's verdicts are judged anew: `python bench/lez_rejudge.py --verdicts 1000000 --days 5 --json`.

Vehicles of `replay.register`, passing at random moments of some days of 2026 in Brussels; a tenth of the verdicts was
taken as the law was known in June 2025. In an embedded store made for the while; nothing is sent.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from uuid import UUID

from clickhouse_connect.driver.client import Client

from anpr.embedded.store.launch import start_store
from anpr.lez.desk import Desk
from anpr.lez.rejudging import Order, Rejudging
from anpr.lez.what_if import Effect, parse_bar
from pipeline.lez.enforcement import enforce
from pipeline.lez.facts import facts_of
from pipeline.lez.judge import judge
from pipeline.lez.judgement import History
from pipeline.lez.loading import load_law
from pipeline.lez.verdict_parts import fields_of_law
from replay.register import register
from schemas.codec import compiled, decoder, encode
from schemas.lez import LezVerdict, Vehicle
from sinks.clickhouse.audit.chain import ChainInMemory
from sinks.clickhouse.client import connect
from sinks.clickhouse.controllers import LEZ
from sinks.clickhouse.lez.queries.counts import passages_by_kind, vehicles_by_kind
from sinks.clickhouse.migrate import make_database, migrate
from sinks.clickhouse.officers import BOOTSTRAP_LEZ_ROLES, Register

VerdictRecord = compiled(LezVerdict)
BEFORE_COURT = datetime(2025, 6, 1, tzinfo=UTC)
LAST = datetime.now(UTC).date() - timedelta(days=2)
LAW = load_law("brussels")
BLOCK = 50_000


def main() -> None:
    """Fill, judge anew, tell."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--verdicts", type=int, default=1_000_000)
    asked.add_argument("--vehicles", type=int, default=200_000)
    asked.add_argument("--days", type=int, default=5)
    asked.add_argument("--json", action="store_true")
    given = asked.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        store = start_store(Path(folder) / "store")
        try:
            make_database(store.lez_dsn)
            client = connect(store.lez_dsn)
            migrate(client, None, LEZ)
            Register(client, lambda: datetime.now(UTC), "bench").bootstrap(BOOTSTRAP_LEZ_ROLES)
            with ProcessPoolExecutor(1, get_context("spawn")) as other:  # whose memory is not counted
                other.submit(fill, store.lez_dsn, given.verdicts, given.vehicles, given.days).result()
            result = measure(client, given.days)
        finally:
            store.stop()
    print(json.dumps(result) if given.json else "\n".join(f"{name}: {value}" for name, value in result.items()))


def measure(client: Client, days: int) -> dict[str, float]:
    """Seconds, and what was found."""
    first = LAST - timedelta(days=days - 1)
    order = Order(
        LAW, first, LAST, datetime.now(UTC) - timedelta(hours=1), "figures for the documents of this repository"
    )
    began = time.perf_counter()
    survey = Rejudging(Desk(client, "bench", ChainInMemory()), order).survey(lambda _what, _done, _of: None)
    took = time.perf_counter() - began
    began = time.perf_counter()
    effect, span = Effect(), order.span(first, LAST)
    kinds = vehicles_by_kind(client, "brussels", span)
    effect.add(parse_bar("fuel=diesel,standard<=6"), passages_by_kind(client, "brussels", span, LAW.timezone), kinds)
    return {
        "verdicts": survey.looked_at,
        "changed": survey.total("verdicts"),
        "survey_s": round(took, 2),
        "verdicts_per_s": round(survey.looked_at / took),
        "what_if_s": round(time.perf_counter() - began, 2),
        "memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
    }


# ---- the store -----------------------------------------------------------------------------------------------------


def fill(dsn: str, verdicts: int, vehicles: int, days: int) -> None:
    """Verdicts as the stage would have taken them."""
    client = connect(dsn)
    block: list[bytes] = []
    for offset, verdict in enumerate(taken(verdicts, vehicles, days)):
        place = b'{"_log":"bench","_partition":0,"_offset":%d,' % offset
        block.append(place + encode(verdict)[1:])
        if len(block) == BLOCK or offset == verdicts - 1:
            settings = {"date_time_input_format": "best_effort", "input_format_skip_unknown_fields": 1}
            client.raw_insert("verdicts_in", insert_block=b"\n".join(block), fmt="JSONEachRow", settings=settings)
            block.clear()


def taken(count: int, vehicles: int, days: int) -> Iterator[LezVerdict]:
    """By the law of the day; a tenth as it was known before the court spoke."""
    decode, chance = decoder(Vehicle), random.Random(1)
    fleet = [decode(value) for block in register(vehicles) for _plate, value in block]
    remembered: dict[tuple[object, ...], dict[str, object]] = {}
    for number in range(count):
        vehicle = chance.choice(fleet)
        second = chance.randrange(86_400)
        day = LAST - timedelta(days=chance.randrange(days))
        at = datetime(day.year, day.month, day.day, 12, tzinfo=UTC) + timedelta(seconds=second - 43_200)
        known_at = BEFORE_COURT if chance.random() < 0.1 else at
        facts = facts_of(vehicle)
        key = (facts, LAW.local_day(at), known_at is BEFORE_COURT)
        if key not in remembered:
            found = judge(LAW, facts, country="BE", at=at, known_at=known_at)
            due = enforce(LAW, found, History(), at, known_at)
            remembered[key] = fields_of_law(found, due, facts, country="BE", sure=True)
        yield VerdictRecord(
            verdict_id=UUID(int=number + 1),
            passage_id=UUID(int=number + 1),
            revision=1,
            zone="brussels",
            plate=vehicle.plate,
            camera_id=f"cam-{chance.randrange(300)}",
            captured_at=at,
            known_at=known_at,
            **remembered[key],  # type: ignore[arg-type]
        )


if __name__ == "__main__":
    main()
