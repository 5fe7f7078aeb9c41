"""One record: what was measured, on which machine, at which state of the program, and the figures."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from anpr.embedded.kafka_jars import KAFKA_VERSION
from anpr.settings import SettingsFault

__all__ = ["RESULTS", "Record", "commit", "figures_of", "keep", "load", "named", "record_of", "rounds_of", "versions"]

ROOT = Path(__file__).parents[3]
RESULTS = ROOT / "bench" / "results"
SHAPE = 1
PACKAGES = (
    "aiokafka",
    "chdb",
    "clickhouse-connect",
    "confluent-kafka",
    "faust-streaming",
    "msgspec",
    "numpy",
    "onnxruntime",
)
APART = ("machine", "settings", "versions", "rounds")
"""Keys of a result that are no figures."""


@dataclass(frozen=True, slots=True)
class Record:
    """What is kept of one run."""

    name: str
    """Of the benchmark."""
    at: str
    """When it ended, RFC 3339."""
    commit: str
    """Of the program; `+` behind it: with changes; empty: not known."""
    busy: bool
    """Others used the machine when it began: figures are too bad."""
    machine: Mapping[str, Any]
    versions: Mapping[str, str]
    settings: Mapping[str, Any]
    figures: Mapping[str, Any]
    rounds: Mapping[str, list[float]]
    """Figure → the same, measured several times within the run."""


def record_of(name: str, result: Mapping[str, Any]) -> Record:
    """From what a benchmark returns: its `machine`, `settings`, perhaps `versions` and `rounds`, and figures."""
    machine = dict(result["machine"])
    return Record(
        name=name,
        at=machine.get("at", ""),
        commit=commit(),
        busy=bool(machine.get("busy")),
        machine=machine,
        versions=versions() | dict(result.get("versions", {})),
        settings=dict(result.get("settings", {})),
        figures={key: value for key, value in result.items() if key not in APART},
        rounds=dict(result.get("rounds", {})),
    )


def keep(record: Record, file: Path) -> None:
    """Write it, whole or not at all. Raises SettingsFault where that is not possible."""
    part = file.with_name(f".{file.name}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps({"record": SHAPE, **asdict(record)}, indent=1, default=str) + "\n", encoding="utf-8")
        part.replace(file)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise SettingsFault(f"the record {file} cannot be written ({error.strerror}): choose another file") from error


def load(file: Path) -> Record:
    """A record of any age. Raises SettingsFault for a file that is none."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsFault(f"{file} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise SettingsFault(f"{file} is no record: {error}") from error
    if not isinstance(content, dict) or not ("record" in content or "machine" in content):
        raise SettingsFault(f"{file} is no record of a benchmark: it tells no machine")
    return _recorded(content) if "record" in content else _before_records(file, content)


def _recorded(content: dict[str, Any]) -> Record:
    shape = content.pop("record")
    if shape != SHAPE:
        raise SettingsFault(f"a record of shape {shape} is newer than this program, which knows {SHAPE}")
    try:
        return Record(**content)
    except TypeError as error:
        raise SettingsFault(f"a record lacks parts or has unknown ones: {error}") from error


def _before_records(file: Path, content: dict[str, Any]) -> Record:
    """As benchmarks wrote them before there was one shape: figures, machine and settings side by side."""
    machine = content["machine"]
    return Record(
        name=file.stem,
        at=machine.get("at", ""),
        commit="",
        busy=bool(machine.get("busy")),
        machine=machine,
        versions=content.get("versions", {}),
        settings=content.get("settings", {}),
        figures={key: value for key, value in content.items() if key not in APART},
        rounds=content.get("rounds", {}),
    )


def named(record: Record) -> str:
    """File name of a record that got none: benchmark, moment, processor."""
    cpu = re.sub(r"[^a-z0-9]+", "-", str(record.machine.get("cpu", "")).lower()).strip("-")
    moment = re.sub(r"[^0-9T]", "", record.at[:16])
    return f"{record.name}-{moment}-{cpu or 'unknown'}.json"


def figures_of(record: Record) -> dict[str, float]:
    """Every number among the figures by its path, `read_to_hit_ms.p99`."""
    return dict(_numbers("", record.figures))


def _numbers(path: str, value: Any) -> Iterator[tuple[str, float]]:
    if isinstance(value, bool):
        return
    if isinstance(value, int | float):
        yield path, float(value)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            if key != "rounds":
                yield from _numbers(f"{path}.{key}" if path else str(key), inner)


def rounds_of(record: Record) -> dict[str, list[float]]:
    """Every figure that was measured several times within the run, by its path."""
    inside = dict(_rounds_inside("", record.figures))
    return {**inside, **{name: list(values) for name, values in record.rounds.items()}}


def _rounds_inside(path: str, value: Any) -> Iterator[tuple[str, list[float]]]:
    if not isinstance(value, Mapping):
        return
    for key, inner in value.items():
        place = f"{path}.{key}" if path else str(key)
        if key == "rounds" and isinstance(inner, Mapping):
            yield from ((f"{path}.{name}", list(values)) for name, values in inner.items())
        else:
            yield from _rounds_inside(place, inner)


def versions() -> dict[str, str]:
    """Of what the figures depend on besides the program itself."""
    found = {name: _version(name) for name in PACKAGES}
    return {name: number for name, number in found.items() if number} | {"apache-kafka": KAFKA_VERSION}


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def commit() -> str:
    """Short hash of the checkout's commit, `+` when files differ from it; empty where there is no git or checkout."""
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0"}
    command = ["git", "-C", str(ROOT), "describe", "--always", "--abbrev=9", "--dirty=+", "--exclude=*"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=10, env=environment)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""
