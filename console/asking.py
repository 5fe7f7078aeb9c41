"""Questions to store and broker, asked from a thread, and what becomes of them when they are refused."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Any, ParamSpec, TypeVar

from clickhouse_connect.driver.exceptions import ClickHouseError
from confluent_kafka import KafkaException

from console.administration import NotChanged
from console.case_answers import CaseUnanswered
from console.case_desk import CaseRefused, CaseUnknown
from console.hotlist.fields import LineRefused
from console.hotlist.files import FileRefused
from console.hotlist_desk import ImportChanged
from console.problems import Problem, ProblemFound
from console.zone_desk import ZonesRefused, ZonesUnknown
from pipeline.runtime.kafka import KafkaUnusable
from pipeline.runtime.output import DeliveryFailed
from sinks.clickhouse.officers import OfficerRefused
from sinks.clickhouse.refusal import SearchRefused
from sinks.clickhouse.subscribers import SubscriberRefused

__all__ = ["LATER", "asked", "problems", "told"]

LOGGER = logging.getLogger(__name__)
LATER = {"Retry-After": "5"}
Given = ParamSpec("Given")
Answer = TypeVar("Answer")
CLOSED_TO_US = ("ACCESS_DENIED", "Not enough privileges")
REFUSALS: tuple[tuple[type[Exception], HTTPStatus], ...] = (
    (OfficerRefused, HTTPStatus.FORBIDDEN),
    (CaseUnknown, HTTPStatus.NOT_FOUND),
    (CaseRefused, HTTPStatus.CONFLICT),
    (CaseUnanswered, HTTPStatus.GATEWAY_TIMEOUT),
    (NotChanged, HTTPStatus.CONFLICT),
    (SubscriberRefused, HTTPStatus.CONFLICT),
    (ZonesUnknown, HTTPStatus.SERVICE_UNAVAILABLE),
    (ZonesRefused, HTTPStatus.UNPROCESSABLE_ENTITY),
    (ImportChanged, HTTPStatus.CONFLICT),
    (LineRefused, HTTPStatus.UNPROCESSABLE_ENTITY),
    (FileRefused, HTTPStatus.UNPROCESSABLE_ENTITY),
)
"""The first that fits holds."""
_FLAG = re.compile(r"--(?=[a-z])")
"""What the command line calls a field begins so."""
SEARCH_REFUSALS = {
    **dict.fromkeys(("officer_unknown", "zone_closed", "purpose_closed", "search_of_another"), HTTPStatus.FORBIDDEN),
    "search_unknown": HTTPStatus.NOT_FOUND,
    "search_expired": HTTPStatus.GONE,
}
"""Code → status; all others are of what was asked."""


async def asked(question: Callable[Given, Answer], *given: Given.args, **more: Given.kwargs) -> Answer:
    """The answer, from a thread: it waits for store and broker. Raises ProblemFound."""
    with told():
        return await asyncio.to_thread(question, *given, **more)


@contextmanager
def told() -> Iterator[None]:
    """What is refused, as problems."""
    try:
        yield
    except SearchRefused as refused:
        status = SEARCH_REFUSALS.get(refused.code, HTTPStatus.UNPROCESSABLE_ENTITY)
        raise ProblemFound(status, str(refused), code=refused.code) from refused
    except tuple(kind for kind, _ in REFUSALS) as refused:
        status = next(status for kind, status in REFUSALS if isinstance(refused, kind))
        detail = "there is no such case" if isinstance(refused, CaseUnknown) else _FLAG.sub("", str(refused))
        raise ProblemFound(status, detail) from refused
    except (ClickHouseError, KafkaException, KafkaUnusable, DeliveryFailed) as error:
        LOGGER.warning("not answered: %s", type(error).__name__)
        raise ProblemFound(HTTPStatus.SERVICE_UNAVAILABLE, _unanswered(error), LATER) from error


def _unanswered(error: Exception) -> str:
    if any(mark in str(error) for mark in CLOSED_TO_US):
        return "this process may not read that in the store: see docs/api.md for the user that it needs"
    return "store or broker does not answer: ask again"


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """For a router's `responses`: these, and those that every route of people has."""
    return {status: {"model": Problem} for status in sorted({401, 403, 422, 503, *statuses})}
