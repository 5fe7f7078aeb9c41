"""Compares what the store holds with what the simulation knows to be true."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from clickhouse_connect.driver.client import Client

from anpr.demo.publish import Published
from replay.recording.scoring import milliseconds, read_rightly, share
from replay.truth import TruePassage

__all__ = ["Score", "score"]

PASSAGES = """SELECT passage_id, plate, camera_id, captured_at, best_read_id, frame_id
FROM passages_unpacked WHERE received_at >= {since:DateTime64(3, 'UTC')} AND NOT withdrawn"""
HITS = """SELECT listed_plate, camera_id, alert_class FROM hits FINAL
WHERE received_at >= {since:DateTime64(3, 'UTC')} AND NOT withdrawn"""
COUNTS = """WITH {since:DateTime64(3, 'UTC')} AS since SELECT
    (SELECT count() FROM reads FINAL WHERE received_at >= since) AS reads,
    (SELECT count() FROM passages_unpacked WHERE received_at >= since AND NOT withdrawn) AS passages,
    (SELECT count() FROM hits FINAL WHERE received_at >= since AND NOT withdrawn) AS hits,
    (SELECT count() FROM dead_letters FINAL WHERE failed_at >= since) AS dead_letters"""
LEZ_COUNTS = {
    "lez_verdicts": "SELECT count() FROM verdicts_now WHERE known_at >= {since:DateTime64(3, 'UTC')}",
    "lez_dead_letters": "SELECT count() FROM dead_letters FINAL WHERE failed_at >= {since:DateTime64(3, 'UTC')}",
}
READ_IDS = "SELECT read_id FROM reads FINAL WHERE received_at >= {since:DateTime64(3, 'UTC')}"


@dataclass(frozen=True, slots=True)
class Score:
    """What came out, against what went in and what was true."""

    rows: dict[str, int]
    """Rows by table."""
    lost: int
    """Reads handed to the broker that are not in the store, and tracks without a passage."""
    duplicated: int
    """Reads stored more than once, and passages beyond one for each track."""
    plates_right: float | None
    """Share of smart-camera passages with the true plate."""
    frame_plates_found: float | None
    """Share of plates in rendered pictures that were read rightly."""
    frame_plates_wrong: int
    """Passages from pictures whose plate was in none of them."""
    hits_expected: int
    """Listed vehicles whose plate the cameras read rightly."""
    hits_missing: int
    hits_wrong: int
    """Alerts where the listed vehicle did not pass. What a person compares first is not counted."""


def score(client: Client, lez: Client, since: datetime, published: Published, truth: Sequence[TruePassage]) -> Score:
    """Query the store for everything received from `since` on and compare. lez: the database of the zones."""
    parameters = {"since": since}
    passages = client.query(PASSAGES, parameters=parameters).result_rows
    stored_ids = [row[0] for row in client.query(READ_IDS, parameters=parameters).result_rows]
    counted = client.query(COUNTS, parameters=parameters)
    rows = dict(zip(counted.column_names, map(int, counted.result_rows[0]), strict=True))
    rows |= {name: int(lez.query(sql, parameters=parameters).result_rows[0][0]) for name, sql in LEZ_COUNTS.items()}
    smart = [row for row in passages if row[4] in published.track_of_read]
    pictures = [row for row in passages if row[5] in published.plates_of_frame]
    lost, duplicated = _account(published, stored_ids, [row[4] for row in smart])
    found, wrong = _pictures(published, pictures)
    hits = client.query(HITS, parameters=parameters).result_rows
    expected, missing, false = _hits(hits, truth)
    return Score(
        rows=rows,
        lost=lost,
        duplicated=duplicated,
        plates_right=_plates_right(smart, truth),
        frame_plates_found=found,
        frame_plates_wrong=wrong,
        hits_expected=expected,
        hits_missing=missing,
        hits_wrong=false,
    )


def _account(published: Published, stored_reads: Iterable[UUID], best_reads: Iterable[UUID]) -> tuple[int, int]:
    stored = Counter(read for read in stored_reads if read in published.track_of_read)
    tracks = Counter(published.track_of_read[read] for read in best_reads)
    lost = sum(read not in stored for read in published.track_of_read)
    lost += len(set(published.track_of_read.values()) - set(tracks))
    return lost, sum(n - 1 for n in stored.values()) + sum(n - 1 for n in tracks.values())


def _pictures(published: Published, passages: Sequence[Sequence[Any]]) -> tuple[float | None, int]:
    """A vehicle may stand in several pictures and is then one passage: plates are counted by camera, not picture."""
    shown = {plate for plates in published.plates_of_frame.values() for plate in plates}
    read = {row[1] for row in passages}
    return share(len(shown & read), len(shown)), sum(row[1] not in shown for row in passages)


def _plates_right(passages: Sequence[Sequence[Any]], truth: Sequence[TruePassage]) -> float | None:
    """A patrol car reads all cars parked at a crossing at one moment, so a moment may have several true plates."""
    true: dict[tuple[str, int], set[str]] = defaultdict(set)
    for passed in truth:
        if passed.via == "read" and passed.seen:
            true[passed.camera_id, milliseconds(passed.captured_at)].add(passed.plate)
    found = [row[1] in true[row[2], milliseconds(row[3])] for row in passages]
    return share(sum(found), len(found))


def _hits(hits: Sequence[Sequence[Any]], truth: Sequence[TruePassage]) -> tuple[int, int, int]:
    """(expected, missing, wrong). Expected: passages of listed cars that a camera read rightly at least once."""
    expected = {(t.plate, t.camera_id) for t in truth if t.listed and t.seen and read_rightly(t)}
    listed: dict[str, set[str]] = defaultdict(set)
    for passed in truth:
        if passed.listed:
            listed[passed.camera_id].add(passed.plate)
    found = {(row[0], row[1]) for row in hits}
    alerts = {(row[0], row[1]) for row in hits if row[2] == "alert"}
    return len(expected), len(expected - found), sum(plate not in listed[camera] for plate, camera in alerts)
