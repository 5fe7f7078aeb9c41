"""What is refused, as programs and people are told it: one table of codes, and sentences that repeat nothing typed.

A desk refuses by an exception; here that becomes a problem. `console/pages/words/refusals.yaml` has each code in the
languages of the console.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import NamedTuple

from clickhouse_connect.driver.exceptions import ClickHouseError
from confluent_kafka import KafkaException

from console.administration import NotChanged
from console.case_answers import CaseUnanswered
from console.case_desk import CaseElsewhere, CaseRefused, CaseUnknown, PictureNotCompared
from console.hotlist.fields import LineRefused
from console.hotlist.files import FileRefused
from console.hotlist_desk import ImportChanged
from console.pictures import NoPicture, PictureGone
from console.problems import LATER, ProblemFound
from console.signin.desk import SignInLater, SignInNotRegistered, SignInRefused
from console.signin.passwords import PasswordRefused
from console.zone_desk import ZonesRefused, ZonesUnknown
from pipeline.runtime.kafka import KafkaUnusable
from pipeline.runtime.output import DeliveryFailed
from sinks.clickhouse.officers import OfficerRefused
from sinks.clickhouse.refusal import SearchRefused
from sinks.clickhouse.subscribers import SubscriberRefused
from sinks.evidence import EvidenceUnusable

__all__ = ["AWAY", "CODES", "KINDS", "REFUSED", "Told", "problem_of", "sentence_of", "unanswered"]


class Told(NamedTuple):
    """How a refusal of one code is told."""

    status: HTTPStatus
    field: str | None = None
    """Which of what was given it is about, as a search names it."""


_ASKED = Told(HTTPStatus.UNPROCESSABLE_ENTITY)
"""Of what was asked."""
_PATTERN, _REASON = _ASKED._replace(field="pattern"), _ASKED._replace(field="reason")
_NOT_YOURS = Told(HTTPStatus.FORBIDDEN)
_AS_IT_STANDS = Told(HTTPStatus.CONFLICT)
_NONE, _GONE = Told(HTTPStatus.NOT_FOUND), Told(HTTPStatus.GONE)
_LATER = Told(HTTPStatus.SERVICE_UNAVAILABLE)

CODES: Mapping[str, Told] = {
    # who may what
    "unregistered": _NOT_YOURS,
    "role_missing": _NOT_YOURS,
    "officer_unknown": _NOT_YOURS,
    "search_of_another": _NOT_YOURS,
    "role_closed": Told(HTTPStatus.FORBIDDEN, "role"),
    "zone_closed": Told(HTTPStatus.FORBIDDEN, "police_zone"),
    "purpose_closed": Told(HTTPStatus.FORBIDDEN, "purpose"),
    "range_closed": Told(HTTPStatus.FORBIDDEN, "from"),
    "decision_missing": Told(HTTPStatus.FORBIDDEN, "decision_id"),
    # a search that is there, or not
    "search_unknown": _NONE,
    "search_expired": _GONE,
    "kind_closed": _AS_IT_STANDS,
    # what was stated for it
    **dict.fromkeys(("pattern_wrong", "pattern_wide", "pattern_partial"), _PATTERN),
    **dict.fromkeys(("reason_missing", "reason_short", "reason_plate", "reason_repeated"), _REASON),
    **dict.fromkeys(("reason_markup", "reason_noise", "reason_long"), _REASON),
    "range_empty": _ASKED._replace(field="to"),
    "range_wrong": _ASKED._replace(field="from"),
    **dict.fromkeys(("field_wrong", "search_refused", "search_wrong", "plates_missing", "plates_many"), _ASKED),
    "plates_same": _PATTERN,
    **dict.fromkeys(("passage_needed", "passage_unknown", "camera_unknown", "window_wide"), _ASKED),
    **dict.fromkeys(("scenes_missing", "scenes_few", "scenes_order"), _ASKED),
    **dict.fromkeys(("area_unknown", "area_empty", "area_swapped", "area_wide", "place_wrong"), _ASKED),
    **dict.fromkeys(("polygon_corners", "polygon_crossed", "polygon_none", "radius_wrong"), _ASKED),
    # pictures, cases
    "picture_removed": _GONE,
    **dict.fromkeys(("picture_none", "frame_none"), _NONE),
    "picture_not_compared": Told(HTTPStatus.CONFLICT, "picture"),
    "case_unknown": _NONE,
    "case_elsewhere": _NOT_YOURS,
    "case_refused": _AS_IT_STANDS,
    "case_unanswered": Told(HTTPStatus.GATEWAY_TIMEOUT),
    # lists, zones, registers
    **dict.fromkeys(("line_refused", "file_refused"), _ASKED),
    "import_changed": _AS_IT_STANDS,
    "zones_refused": _ASKED,
    "zones_unknown": _LATER,
    **dict.fromkeys(("not_changed", "subscriber_refused"), _AS_IT_STANDS),
    # signing in
    "wrong": Told(HTTPStatus.UNAUTHORIZED),
    "later": Told(HTTPStatus.TOO_MANY_REQUESTS),
    **dict.fromkeys(("length", "name", "code", "none"), _ASKED),
    # what everything rests on
    **dict.fromkeys(("away", "unreadable"), _LATER),
}
"""Code → how it is told. One that is not here (a later migration may bring it) is of what was asked."""
KINDS: tuple[tuple[type[Exception], str], ...] = (
    (SearchRefused, "search_refused"),
    (PasswordRefused, "length"),
    (OfficerRefused, "role_missing"),
    (PictureGone, "picture_removed"),
    (NoPicture, "picture_none"),
    (PictureNotCompared, "picture_not_compared"),
    (CaseUnknown, "case_unknown"),
    (CaseElsewhere, "case_elsewhere"),
    (CaseRefused, "case_refused"),
    (CaseUnanswered, "case_unanswered"),
    (LineRefused, "line_refused"),
    (FileRefused, "file_refused"),
    (ImportChanged, "import_changed"),
    (ZonesRefused, "zones_refused"),
    (ZonesUnknown, "zones_unknown"),
    (NotChanged, "not_changed"),
    (SubscriberRefused, "subscriber_refused"),
    (SignInLater, "later"),
    (SignInNotRegistered, "unregistered"),
    (SignInRefused, "wrong"),
)
"""Of a refusal that has no code of its own. The first that fits holds."""
REFUSED = tuple(kind for kind, _ in KINDS)
AWAY = (ClickHouseError, KafkaException, KafkaUnusable, DeliveryFailed, EvidenceUnusable)
CLOSED_TO_US = ("ACCESS_DENIED", "Not enough privileges")
_FLAG = re.compile(r"--(?=[a-z])")
"""What the command line calls a field begins so."""


def problem_of(refused: Exception) -> ProblemFound:
    """The problem of a refusal, one of `REFUSED`."""
    code = getattr(refused, "code", None) or next(code for kind, code in KINDS if isinstance(refused, kind))
    told = CODES.get(code, _ASKED)
    headers = {"Retry-After": str(refused.wait_s)} if isinstance(refused, SignInLater) else None
    return ProblemFound(told.status, sentence_of(refused), headers, code=code, field=told.field)


def sentence_of(refused: Exception) -> str:
    """What a refusal says, without what was typed, which may be a plate; its options under the API's names."""
    if isinstance(refused, CaseUnknown):
        return "there is no such case"
    return _FLAG.sub("", _without(str(refused), getattr(refused, "typed", "")))


def _without(text: str, typed: str) -> str:
    if not typed:
        return text
    found = re.escape(typed)
    return re.sub(rf"'{found}'|(?<!\w){found}(?!\w)", "this", text)


def unanswered(error: Exception) -> ProblemFound:
    """The problem of what does not answer, one of `AWAY`, or may not be read by this process."""
    if any(mark in str(error) for mark in CLOSED_TO_US):
        detail = "this process may not read that in the store: see docs/api.md for the user that it needs"
        return ProblemFound(CODES["unreadable"].status, detail, LATER, code="unreadable")
    return ProblemFound(CODES["away"].status, "store or broker does not answer: ask again", LATER, code="away")
