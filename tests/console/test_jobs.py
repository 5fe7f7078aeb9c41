"""Long work: one of a kind at a time, its progress, its faults in a sentence, given up when the process ends."""

from __future__ import annotations

import threading
from datetime import UTC, datetime
from typing import Any

from console.jobs import Job, Jobs, Tell
from console.zone_desk import ZonesRefused
from tests.anpr.program import wait_until


class _Refused(ValueError):
    """What somebody is told."""


def _now() -> datetime:
    return datetime.now(UTC)


def ended(jobs: Jobs, kind: str = "work") -> Job:
    """The job, once it is finished."""

    def done() -> bool:
        job = jobs.last(kind)
        return job is not None and not job.runs

    wait_until(done, what="the job")
    found = jobs.last(kind)
    assert found is not None
    return found


def test_a_result_and_the_last_progress_are_kept() -> None:
    def work(tell: Tell) -> dict[str, Any]:
        tell(3, 4)
        return {"answer": 42}

    jobs = Jobs(_now)
    assert jobs.last("work") is None
    assert jobs.start("work", "A. Peeters", work).runs
    job = ended(jobs)
    assert (job.result, job.done, job.total, job.started_by, job.fault) == ({"answer": 42}, 3, 4, "A. Peeters", "")


def test_one_of_a_kind_runs_at_a_time() -> None:
    go, begun = threading.Event(), list[str]()

    def work(_tell: Tell) -> dict[str, Any]:
        begun.append("x")
        go.wait(10)
        return {}

    jobs = Jobs(_now)
    first = jobs.start("work", "A", work)
    assert jobs.start("work", "B", work).started_by == first.started_by == "A"
    jobs.start("other", "B", work)
    go.set()
    assert (ended(jobs).fault, ended(jobs, "other").fault, len(begun)) == ("", "", 2)


def test_a_refusal_is_told_and_a_defect_is_not() -> None:
    def refused(_tell: Tell) -> dict[str, Any]:
        raise _Refused("give another day")

    def broken(_tell: Tell) -> dict[str, Any]:
        raise ZeroDivisionError("1ABC234")

    jobs = Jobs(_now, (_Refused,))
    jobs.start("work", "A", refused)
    assert ended(jobs).fault == "give another day"
    jobs.start("work", "A", broken)
    assert "not foreseen" in ended(jobs).fault


def test_a_refusal_is_told_without_what_was_typed() -> None:
    def refused(_tell: Tell) -> dict[str, Any]:
        raise ZonesRefused("--known-at 1ABC234 is no moment", typed="1ABC234")

    jobs = Jobs(_now, (ZonesRefused,))
    jobs.start("work", "A", refused)
    assert ended(jobs).fault == "known-at this is no moment"


def test_what_runs_is_given_up_when_the_process_ends() -> None:
    begun = threading.Event()

    def work(tell: Tell) -> dict[str, Any]:
        while True:
            begun.set()
            tell(0, 1)

    jobs = Jobs(_now)
    jobs.start("work", "A", work)
    assert begun.wait(10)
    jobs.end()
    assert "given up" in ended(jobs).fault
