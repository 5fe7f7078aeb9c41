"""Log lines: structured, to standard error, never with a plate at info level or above.

What ends a program unforeseen is told by its kind and where it happened. Its words may quote the message that was
worked on, a plate in it, so they are told at level debug only, unless the error is one of ours: those hold none.
"""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from collections.abc import Iterator
from types import TracebackType

import structlog

__all__ = ["set_up_logs"]


def set_up_logs(level: str, form: str, **context: str) -> None:
    """Route the standard library's logging through structlog; `context` stands on every line."""
    stamps: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.ExceptionRenderer(_Told(with_words=level == "debug")),
    ]
    renderer = structlog.processors.JSONRenderer() if form == "json" else structlog.dev.ConsoleRenderer(colors=False)
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*stamps, _with(context)],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    if level != "debug":
        handler.addFilter(_without_content)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    sys.excepthook = _end
    threading.excepthook = lambda given: _end(given.exc_type, given.exc_value, given.exc_traceback)
    for chatty in ("urllib3", "rapidocr", "RapidOCR"):
        logging.getLogger(chatty).setLevel(logging.ERROR)  # what they warn of, we say in our own words


OURS = ("anpr", "console", "pipeline", "replay", "schemas", "sinks", "topics")
"""Packages whose errors are written to be read by anybody."""
LIBRARIES = ("cimpl", "confluent_kafka")
"""Others whose errors hold no content of a message."""
ENDED = logging.getLogger("anpr.ended")


def _end(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    """Instead of Python's own last words."""
    if error is None or issubclass(kind, KeyboardInterrupt):
        sys.__excepthook__(kind, error or kind(), trace)
        return
    ENDED.critical("ended by a defect; at level debug this tells more", exc_info=(kind, error, trace))


class _Told:
    """An error as text: where it happened, and of what kind it and its causes are."""

    def __init__(self, *, with_words: bool) -> None:
        self._with_words = with_words

    def __call__(self, exc_info: structlog.typing.ExcInfo) -> str:
        if self._with_words:
            return "".join(traceback.format_exception(*exc_info)).rstrip()
        return "".join(_lines(exc_info[1], set())).rstrip()


def _lines(error: BaseException, seen: set[int]) -> Iterator[str]:
    seen.add(id(error))
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None and id(before) not in seen:
        yield from _lines(before, seen)
        yield "\nthat led to:\n\n"
    yield "Traceback (most recent call last):\n"
    yield from traceback.format_tb(error.__traceback__)
    yield f"{_kind(error)}\n"
    if isinstance(error, BaseExceptionGroup):
        for one in error.exceptions:
            yield from _lines(one, seen)


def _without_content(record: logging.LogRecord) -> bool:
    """An error that a line tells of says no more than it would as the end of a program."""
    if isinstance(record.args, tuple):
        record.args = tuple(_words(one) if isinstance(one, BaseException) else one for one in record.args)
    return True


def _words(error: BaseException) -> str:
    if _quotes_nothing(error):
        return str(error)
    return _of_store(error) or _name(error)


def _kind(error: BaseException) -> str:
    words = str(error) if _quotes_nothing(error) else _of_store(error)
    return f"{_name(error)}: {words}" if words else _name(error)


def _quotes_nothing(error: BaseException) -> bool:
    package = type(error).__module__.partition(".")[0]
    return package in (*OURS, *LIBRARIES) or isinstance(error, OSError)


def _of_store(error: BaseException) -> str:
    if not type(error).__module__.startswith("clickhouse_connect.") or not isinstance(error, Exception):
        return ""
    from sinks.clickhouse.client import without_content  # noqa: PLC0415 - by now it is loaded; other commands lack it

    return without_content(error)


def _name(error: BaseException) -> str:
    return f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")


def _with(context: dict[str, str]) -> structlog.typing.Processor:
    def add(
        _logger: structlog.typing.WrappedLogger, _name: str, event: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        return {**context, **event}

    return add
