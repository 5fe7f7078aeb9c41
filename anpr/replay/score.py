"""A run against its truth: what the store holds, what it should hold, what of the planted was found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from clickhouse_connect.driver.client import Client

from replay.recording.hits import HitScore, StoredHit, score_hits
from replay.recording.scenes import FoundScenario, Seen, StoredAnomaly, StoredVerdict, judge_scenario
from replay.recording.scoring import (
    Matched,
    PassageScore,
    StoredPassage,
    match_passages,
    score_order,
    score_passages,
)
from replay.truth import Truth, TruthError
from sinks.clickhouse.queries.companions import companions
from sinks.clickhouse.refusal import SearchRefused
from sinks.clickhouse.searches import SearchDesk, SearchRequest

__all__ = ["CompanionSearch", "RunScore", "Stores", "score_run"]

MARGIN = timedelta(minutes=1)
LONG_MARGIN = timedelta(hours=2)
"""Findings about cameras come long after."""
PASSAGES = """SELECT passage_id, plate, camera_id, captured_at FROM passages FINAL
WHERE captured_at >= {since:DateTime64(3, 'UTC')} AND captured_at <= {until:DateTime64(3, 'UTC')} AND NOT withdrawn"""
HITS = """SELECT listed_plate, camera_id, captured_at, alert_class FROM hits FINAL
WHERE captured_at >= {since:DateTime64(3, 'UTC')} AND captured_at <= {until:DateTime64(3, 'UTC')} AND NOT withdrawn"""
ANOMALIES = """SELECT kind, plate, camera_id, observed_at FROM anomalies FINAL
WHERE observed_at >= {since:DateTime64(3, 'UTC')} AND observed_at <= {until:DateTime64(3, 'UTC')} AND NOT withdrawn"""
VERDICTS = """SELECT plate, verdict, captured_at FROM verdicts_now
WHERE captured_at >= {since:DateTime64(3, 'UTC')} AND captured_at <= {until:DateTime64(3, 'UTC')}
    AND plate IN {plates:Array(String)}"""
LEAST_TOGETHER = 2
"""Passages shared: a planted convoy may pass but few cameras. What chance explains is left out all the same."""
LEAST_SHARE = 0.05
"""Of the vehicles of a truth: where fewer are in the store, though others are, it is the truth of another run."""
MOST_EXAMPLES = 5
ENOUGH = 20
"""Vehicles from which on that can be said."""


@dataclass(frozen=True, slots=True)
class CompanionSearch:
    """The search for companions, recorded like any other; its reason says what it is for."""

    client: Client
    desk: SearchDesk
    officer: str
    refused: list[str] = field(default_factory=list)
    """What the desk said where it did not open a search."""

    def __call__(self, plate: str, since: datetime, until: datetime) -> Sequence[str]:
        """Plates that travel with this one. Raises SearchRefused."""
        request = SearchRequest(
            pattern=plate,
            reason="scoring a simulated run against its truth",
            officer=self.officer,
            purpose="test",
            captured_from=since,
            captured_until=until,
            kind="companions",
        )
        record = self.desk.open(request)
        _, found = companions(self.client, record, least=LEAST_TOGETHER)
        told = [one.plate for one in found if one.expected < 1.0]
        self.desk.shown(record, "companions", len(told))
        return told


@dataclass(frozen=True, slots=True)
class Stores:
    """Where to look."""

    police: Client
    lez: Client | None
    """None: its database is not ours to see."""
    companions: CompanionSearch | None


@dataclass(frozen=True, slots=True)
class RunScore:
    """All that was found out."""

    passages: PassageScore
    hits: HitScore
    in_order: float | None
    """See `score_order`."""
    scenarios: tuple[FoundScenario, ...]
    examples: dict[str, list[str]]
    """What was not found or not right → some of it: place and time, without a plate."""


def score_run(truth: Truth, stores: Stores) -> RunScore:
    """Look and compare. Raises TruthError where the store is of another run, or of none."""
    cameras = {passed.camera_id for passed in truth.passages}
    stored = [p for p in _passages(truth, stores.police) if p.camera_id in cameras]
    hits = [h for h in _hits(truth, stores.police) if h.camera_id in cameras]
    matched = match_passages(truth.passages, stored)
    _check_same_run(truth, stored, matched)
    seen = Seen(stored, hits, _anomalies(truth, stores.police), _verdicts(truth, stores.lez), stores.companions)
    scored = score_hits(truth.passages, hits)
    return RunScore(
        passages=score_passages(truth.passages, stored, matched),
        hits=scored,
        in_order=score_order(truth.passages, stored, matched),
        scenarios=tuple(_judged(truth, seen, number) for number in range(len(truth.scenarios))),
        examples=_examples(truth, stored, matched, scored),
    )


def _judged(truth: Truth, seen: Seen, number: int) -> FoundScenario:
    true = truth.scenarios[number]
    try:
        return judge_scenario(true, seen)
    except SearchRefused as refusal:
        return FoundScenario(true.kind, None, f"the search was refused: {refusal}", true.plates)


def _check_same_run(truth: Truth, stored: Sequence[StoredPassage], matched: Matched) -> None:
    seen = sum(passed.seen for passed in truth.passages)
    if seen and not stored:
        raise TruthError("the store holds no passage at the cameras of this truth in its time: was the run worked off?")
    if min(seen, len(stored)) >= ENOUGH and len(matched.found()) < LEAST_SHARE * seen:
        raise TruthError(
            f"of {seen:,} vehicles of this truth the store has {len(matched.found()):,} among its {len(stored):,} "
            "passages of that place and time: it is the truth of another run"
        )


def _span(truth: Truth, margin: timedelta) -> dict[str, datetime]:
    if not truth.passages:
        raise TruthError("the truth holds no passage: there is nothing to compare")
    moments = [passed.captured_at for passed in truth.passages]
    return {"since": min(moments) - margin, "until": max(moments) + margin}


def _passages(truth: Truth, client: Client) -> list[StoredPassage]:
    return [StoredPassage(*row) for row in client.query(PASSAGES, parameters=_span(truth, MARGIN)).result_rows]


def _hits(truth: Truth, client: Client) -> list[StoredHit]:
    return [StoredHit(*row) for row in client.query(HITS, parameters=_span(truth, MARGIN)).result_rows]


def _anomalies(truth: Truth, client: Client) -> list[StoredAnomaly]:
    return [StoredAnomaly(*row) for row in client.query(ANOMALIES, parameters=_span(truth, LONG_MARGIN)).result_rows]


def _verdicts(truth: Truth, client: Client | None) -> list[StoredVerdict] | None:
    if client is None:
        return None
    plates = sorted({p for one in truth.scenarios if one.kind == "lez_offender" for p in one.plates})
    rows = client.query(VERDICTS, parameters={**_span(truth, MARGIN), "plates": plates}).result_rows if plates else []
    return [StoredVerdict(*row) for row in rows]


def _examples(truth: Truth, stored: Sequence[StoredPassage], matched: Matched, hits: HitScore) -> dict[str, list[str]]:
    """A few places and times to look at, by what went wrong."""
    true, wrong = truth.passages, [other for _, other in matched.otherwise]
    told = {
        "missing": [_place(true[n].camera_id, true[n].captured_at) for n in matched.missing],
        "read_otherwise": [_place(stored[n].camera_id, stored[n].captured_at) for n in wrong],
        "duplicates": [_place(stored[n].camera_id, stored[n].captured_at) for n in matched.twice],
        "strange": [_place(stored[n].camera_id, stored[n].captured_at) for n in matched.strange],
        "hits_missing": [_place(true[n].camera_id, true[n].captured_at) for n in hits.missing],
    }
    return {what: places[:MOST_EXAMPLES] for what, places in told.items() if places}


def _place(camera_id: str, at: datetime) -> str:
    return f"{camera_id} {at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
