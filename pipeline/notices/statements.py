"""What is said about a plate, put into its file: in whatever order, and however often, the same is held at the end."""

from __future__ import annotations

from bisect import insort
from datetime import datetime

from pipeline.lez.judgement import BARRED
from pipeline.notices.records import HeldRecord
from schemas.case_input import Origin
from schemas.codec import changed
from schemas.lez import LezPass, LezVerdict
from schemas.lez_file import HeldVerdict, LezFile

__all__ = ["is_offence", "matters", "was_seen", "with_pass", "with_seen", "with_verdict"]

MOST_LOGS = 8
HELD = tuple(HeldVerdict.model_fields)


def is_offence(verdict: LezVerdict | HeldVerdict) -> bool:
    """Whether a notice may follow: the vehicle must not be there, and it is surely that vehicle."""
    return verdict.verdict in BARRED and verdict.sure and not verdict.withdrawn and verdict.country is not None


def matters(verdict: LezVerdict) -> bool:
    """Whether it opens a file. What a passage is judged at first does not where nothing is forbidden: most traffic.

    A verdict that is taken back or taken again is remembered though nothing is known of it: the one before may still
    be on its way.
    """
    return is_offence(verdict) or verdict.withdrawn or verdict.cause != "passage"


def with_verdict(file: LezFile, verdict: LezVerdict) -> LezFile:
    """The file with this statement, unless it holds a later one of the same verdict."""
    held = next((one for one in file.verdicts if one.verdict_id == verdict.verdict_id), None)
    if held is not None and _rank(held) >= _rank(verdict):
        return file
    fresh = HeldRecord(**{name: getattr(verdict, name) for name in HELD})
    verdicts = [one for one in file.verdicts if one is not held]
    insort(verdicts, fresh, key=lambda one: (one.captured_at, one.verdict_id))
    return changed(file, verdicts=tuple(verdicts))


def _rank(verdict: LezVerdict | HeldVerdict) -> tuple[int, datetime]:
    return verdict.revision, verdict.known_at


def with_pass(file: LezFile, bought: LezPass) -> LezFile:
    """The file with this day pass. One that was given back is never there again."""
    held = next((one for one in file.passes if one.pass_id == bought.pass_id), None)
    if held is not None and (held.cancelled or held == bought):
        return file
    passes = [*(one for one in file.passes if one is not held), bought]
    return changed(file, passes=tuple(sorted(passes, key=lambda one: (one.day, one.pass_id))))


def was_seen(file: LezFile, origin: Origin) -> bool:
    """Whether the message is one that has had its effect: it comes again after a crash, and what followed from it may
    have been cut short. What a plate is told of one log lies in one partition, in order."""
    return any(one.offset >= origin.offset for one in file.seen if _log(one) == _log(origin))


def with_seen(file: LezFile, origin: Origin) -> LezFile:
    """The file, changed by this message."""
    others = [one for one in file.seen if _log(one) != _log(origin)]
    return changed(file, seen=(*others, origin)[-MOST_LOGS:])


def _log(origin: Origin) -> tuple[str, int]:
    return origin.log, origin.partition
