"""Recorded series on disk, and other texts that series are written in."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from prometheus_client.parser import text_string_to_metric_families

from tests.deploy.evaluate import NAME, Recording

__all__ = ["RECORDED", "load_recording", "openmetrics", "save_recording", "scraped", "values_of"]

RECORDED = Path(__file__).parent / "recorded"
"""What `python -m tests.deploy.record` kept of a short run of the embedded platform."""
SAME, NONE = "=", "_"
_STEP = re.compile(r"^(?P<first>-?[0-9.]+)(?P<step>[-+][0-9.]+)?x(?P<times>\d+)$")


def save_recording(path: Path, recording: Recording) -> None:
    """A line for each series: labels, then a value for each moment; whole or not at all."""
    moments = sorted({at for times, _ in recording.series.values() for at in times})
    lines = [json.dumps(moments)]
    for labels, (times, values) in sorted(recording.series.items()):
        told = dict(zip(times, values, strict=True))
        row = [NONE if at not in told else f"{told[at]:.12g}" for at in moments]
        shown = [SAME if n and value == row[n - 1] != NONE else value for n, value in enumerate(row)]
        lines.append(json.dumps(dict(labels)) + "\t" + " ".join(shown))
    part = path.with_suffix(".part")
    part.write_bytes(gzip.compress("\n".join(lines).encode(), mtime=0))
    part.rename(path)


@cache
def load_recording(path: Path = RECORDED / "series.gz") -> Recording:
    """A recording as it was saved."""
    first, *lines = gzip.decompress(path.read_bytes()).decode().splitlines()
    moments, recording = json.loads(first), Recording()
    for line in lines:
        labels, _, row = line.partition("\t")
        told, before = json.loads(labels), ""
        for at, value in zip(moments, row.split(" "), strict=True):
            before = before if value == SAME else value
            if before != NONE:
                recording.add(told, at, float(before))
    return recording


def scraped(page: str, **target: str) -> Iterator[tuple[dict[str, str], float]]:
    """Series of a page of /metrics, with the labels that Prometheus adds."""
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            yield {NAME: sample.name, **sample.labels, **target}, sample.value


def openmetrics(recording: Recording) -> Iterator[str]:
    """Lines that `promtool tsdb create-blocks-from openmetrics` reads. Of unknown types, so that names stay."""
    for labels, (moments, values) in sorted(recording.series.items()):
        told = dict(labels)
        name = told.pop(NAME)
        inner = ",".join(f"{label}={json.dumps(value, ensure_ascii=False)}" for label, value in told.items())
        yield from (f"{name}{{{inner}}} {value!r} {at:.3f}" for at, value in zip(moments, values, strict=True))
    yield "# EOF"


def values_of(text: str) -> Iterator[float | None]:
    """promtool's notation of a series: `1 2 _ 0+10x5 3x2`."""
    for word in text.split():
        match = _STEP.match(word)
        if word == NONE:
            yield None
        elif match is None:
            yield float(word)
        else:
            first, step = float(match["first"]), float(match["step"] or 0)
            yield from (first + step * number for number in range(int(match["times"]) + 1))
