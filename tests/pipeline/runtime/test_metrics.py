"""Metrics: names and labels of one list, bounded whatever is counted, and 0 before the first time."""

from __future__ import annotations

import ast
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import generate_latest

from anpr.door.answers import Outcome as DoorOutcome
from anpr.wiring import FLOWS as WORKERS
from pipeline.cases.timeline import EventKind
from pipeline.flows.around import Outcome
from pipeline.runtime.metric_list import CASE_EVENTS, DOOR_OUTCOMES, FLOWS, METRICS, Label, Metric, allowed
from pipeline.runtime.metrics import MOST_VALUES, OTHER, Metrics
from topics.spec import all_topics

ROOT = Path(__file__).parents[3]
BY_NAME = {metric.name: metric for metric in METRICS}
PLATES = st.from_regex(r"[0-9A-Z]{2,10}", fullmatch=True)
CAMERAS = st.from_regex(r"(bxl|gate|bench)-[0-9]{1,5}", fullmatch=True)


def _value(metrics: Metrics, name: str, **labels: str) -> float | None:
    return metrics.registry.get_sample_value(name, labels)


def test_names_say_kind_and_unit() -> None:
    assert len(BY_NAME) == len(METRICS)
    for metric in METRICS:
        assert re.fullmatch(r"anpr_[a-z_]+[a-z]", metric.name)
        assert metric.name.endswith("_total") == (metric.kind == "counter"), metric.name
        assert metric.help.endswith("."), metric.name
        assert bool(metric.buckets) == (metric.kind == "histogram"), metric.name
        assert list(metric.buckets) == sorted(metric.buckets), metric.name
        unit = "s" if "_seconds" in metric.name else ""
        assert not unit or re.search(r"\bs\b", metric.help), f"{metric.name} does not say its unit"


def test_labels_are_from_the_closed_list_of_names_and_their_values_too() -> None:
    for metric in METRICS:
        assert set(metric.labels) <= set(get_args(Label))
        assert metric.values.keys() <= set(metric.labels)
        assert set(metric.fed_by) <= set(FLOWS)


def test_every_worker_is_a_flow_and_every_topic_a_label() -> None:
    assert set(WORKERS) <= set(FLOWS)
    emitted = BY_NAME["anpr_emitted_total"]
    assert [topic for topic in all_topics() if not allowed(emitted, "topic", topic)] == []


def test_values_that_are_told_elsewhere_are_the_same_there() -> None:
    assert get_args(EventKind) == CASE_EVENTS
    assert get_args(DoorOutcome) == DOOR_OUTCOMES
    assert BY_NAME["anpr_forecasts_total"].values["outcome"] == get_args(Outcome)


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(KeyError):
        Metrics().count("anpr_consumd_total", flow="match")
    with pytest.raises(AssertionError):
        Metrics().set("anpr_consumed_total", 1, flow="match")


@given(st.one_of(PLATES, CAMERAS))
def test_no_plate_and_no_camera_becomes_a_label(value: str) -> None:
    for metric in METRICS:
        assert not any(allowed(metric, label, value) for label in metric.labels if label not in ("version", "python"))


def test_what_may_not_be_a_label_is_counted_all_the_same(caplog: pytest.LogCaptureFixture) -> None:
    metrics = Metrics("match")
    with caplog.at_level(logging.WARNING):
        for plate in ("1ABC123", "1ABC124", "1ABC123"):
            metrics.count("anpr_dropped_total", 2, flow="match", reason=plate)
    assert _value(metrics, "anpr_dropped_total", flow="match", reason=OTHER) == 6
    assert "1ABC12" not in generate_latest(metrics.registry).decode() + caplog.text


def test_the_number_of_series_is_bounded_even_of_words() -> None:
    metrics = Metrics("match")
    words = [f"{a}{b}" for a in "abcdefghijklmnopqrstuvwxyz" for b in "abcdefghij"]
    for word in words:
        metrics.count("anpr_dropped_total", flow="match", reason=word)
    shown = generate_latest(metrics.registry).decode()
    assert shown.count("\nanpr_dropped_total{") == MOST_VALUES + 1
    assert _value(metrics, "anpr_dropped_total", flow="match", reason=OTHER) == len(words) - MOST_VALUES


def test_a_worker_begins_at_zero_and_shows_what_it_feeds_only() -> None:
    metrics = Metrics("match")
    assert _value(metrics, "anpr_dead_letters_total", flow="match", reason="not_json") == 0
    assert _value(metrics, "anpr_event_age_seconds_count", flow="match", since="captured") == 0
    shown = generate_latest(metrics.registry).decode()
    assert "anpr_webhooks" not in shown
    assert "anpr_cameras_silent" not in shown
    assert 'flow="judge"' not in shown
    assert "_created" not in shown


@pytest.mark.parametrize("flow", FLOWS)
def test_a_process_shows_a_bounded_number_of_series(flow: str) -> None:
    lines = generate_latest(Metrics(flow).registry).decode().splitlines()
    assert 60 < sum(1 for line in lines if line.startswith(("anpr_", "process_"))) < 260


def test_two_processes_share_nothing() -> None:
    one, other = Metrics("match"), Metrics("match")
    one.count("anpr_consumed_total", flow="match")
    assert (_value(one, "anpr_consumed_total", flow="match"), _value(other, "anpr_consumed_total", flow="match")) == (
        1,
        0,
    )


def test_versions_and_the_process_are_told() -> None:
    shown = generate_latest(Metrics("match").registry).decode()
    assert re.search(r'anpr_build_info\{python="3\.\d+\.\d+",version="[\w.]+"\} 1\.0', shown)
    assert "process_resident_memory_bytes" in shown


def _calls() -> Iterator[tuple[str, str, dict[str, ast.expr]]]:
    """Method, name and labels of every call in the program that names a metric."""
    for package in ("anpr", "console", "pipeline", "sinks"):
        for path in (ROOT / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                found = _call(node)
                if found:
                    yield found


def _call(node: ast.AST) -> tuple[str, str, dict[str, ast.expr]] | None:
    if not isinstance(node, ast.Call):
        return None
    function, arguments = node.func, node.args
    if isinstance(function, ast.Name | ast.Attribute) and arguments and isinstance(arguments[0], ast.Attribute):
        function, arguments = arguments[0], arguments[1:]  # partial(metrics.count, "anpr_…", …)
    if not isinstance(function, ast.Attribute) or function.attr not in ("count", "set", "observe") or not arguments:
        return None
    name = arguments[0]
    if not isinstance(name, ast.Constant) or not str(name.value).startswith("anpr_"):
        return None
    return function.attr, str(name.value), {word.arg or "": word.value for word in node.keywords}


METHODS = {"counter": "count", "gauge": "set", "histogram": "observe"}


def test_every_metric_is_fed_somewhere_and_every_call_has_its_labels() -> None:
    fed = set()
    for method, name, labels in _calls():
        metric: Metric = BY_NAME[name]
        assert method == METHODS[metric.kind], name
        assert set(labels) == set(metric.labels), name
        for label, value in labels.items():
            if isinstance(value, ast.Constant) and isinstance(value.value, str):
                assert allowed(metric, label, value.value), f"{name}: {label} is never {value.value}"
        fed.add(name)
    assert fed == BY_NAME.keys()
