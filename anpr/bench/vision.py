"""`anpr bench vision`: how long an engine takes for a picture, drawn ones or those of a folder.

Drawn pictures exercise the path and cost what real ones cost; how well plates of real streets are read only real
photographs tell (`anpr evaluate`).
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

from anpr.bench.failed import BenchFailed
from anpr.bench.machine import busy_cores, machine
from anpr.evaluate.score import fold
from anpr.hit_watch import quantile
from pipeline.vision.decode import UndecodableImage, decode_image
from pipeline.vision.engines import load_engine
from pipeline.vision.protocols import Engine
from pipeline.vision.types import Image
from replay.render import render_frame
from replay.render_set import draw_set

__all__ = ["VisionBench", "run_vision_bench"]

WARM_UP = 3
ROUNDS = 3
SUFFIXES = frozenset({".jpg", ".jpeg", ".png"})
Show = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class VisionBench:
    """What to measure."""

    pictures: int = 65
    """Drawn: all conditions in turn. Of a folder: at most so many, spread over it."""
    engines: tuple[str, ...] = ("anpr", "rapidocr")
    threads: int = 1
    folder: Path | None = None
    seed: int = 1


@dataclass(frozen=True, slots=True)
class _Picture:
    data: bytes
    plates: frozenset[str] | None
    """Folded; None: nobody knows."""


def run_vision_bench(bench: VisionBench, show: Show) -> dict[str, Any]:
    """Measure each engine in turns over the same pictures. Raises UnknownEngine, ModelMissing, BenchFailed."""
    load = busy_cores()
    engines = {name: load_engine(name, threads=bench.threads) for name in bench.engines}
    pictures = _drawn(bench, show) if bench.folder is None else _photographs(bench.folder, bench.pictures)
    decoding, images = _decoded(pictures)
    taken = {name: _Taken([], 0, 0.0) for name in engines}
    for number in range(ROUNDS):
        for name, engine in engines.items():
            _round(engine, images, taken[name], partial(_tell, show, f"{name}, round {number + 1}", len(images)))
    figures = {name: _figures(one, pictures) for name, one in taken.items()}
    return {
        "engines": figures,
        "decode_ms": {"p50": quantile(decoding, 0.5, 2), "p95": quantile(decoding, 0.95, 2)},
        "machine": machine(load),
        "settings": {**asdict(bench), "folder": bench.folder is not None, "engines": list(bench.engines)},
        "rounds": {f"engines.{name}.ms.p50": _by_round(one.ms, len(images)) for name, one in taken.items()},
    }


@dataclass(slots=True)
class _Taken:
    ms: list[float]
    readings: int
    cpu_s: float
    texts: list[frozenset[str]] | None = None
    """Of each picture, in the last round."""


def _tell(show: Show, what: str, of: int, done: int) -> None:
    show(what, done, of)


def _drawn(bench: VisionBench, show: Show) -> list[_Picture]:
    drawn = []
    for number, planned in enumerate(draw_set(bench.pictures, bench.seed)):
        show("drawing pictures", number, bench.pictures)
        data = render_frame(planned.request, bench.seed, planned.scenery)
        drawn.append(_Picture(data, frozenset(fold(plate.plate) for plate in planned.plates)))
    return drawn


def _photographs(folder: Path, most: int) -> list[_Picture]:
    files = sorted(file for file in folder.rglob("*") if file.suffix.lower() in SUFFIXES)
    if not files:
        raise BenchFailed(f"the folder {folder} holds no .jpg, .jpeg or .png")
    return [_Picture(file.read_bytes(), None) for file in files[:: max(1, len(files) // most)][:most]]


def _decoded(pictures: Sequence[_Picture]) -> tuple[list[float], list[Image]]:
    """Milliseconds for each, and what it shows."""
    taken, images = [], []
    for picture in pictures:
        began = time.perf_counter()
        try:
            images.append(decode_image(picture.data))
        except UndecodableImage as error:
            raise BenchFailed(f"a picture cannot be decoded: {error}") from error
        taken.append((time.perf_counter() - began) * 1000)
    return taken, images


def _round(engine: Engine, images: Sequence[Image], taken: _Taken, tell: Callable[[int], None]) -> None:
    for image in images[:WARM_UP]:
        engine.read(image)
    used, texts = time.process_time(), []
    for number, image in enumerate(images):
        tell(number)
        began = time.perf_counter()
        readings = engine.read(image)
        taken.ms.append((time.perf_counter() - began) * 1000)
        texts.append(frozenset(fold(reading.text) for reading in readings))
        taken.readings += len(readings)
    taken.cpu_s += time.process_time() - used
    taken.texts = texts


def _figures(taken: _Taken, pictures: Sequence[_Picture]) -> dict[str, Any]:
    """Milliseconds a picture; `cpu_ms`: processor time, which a busy machine hardly changes."""
    return {
        "ms": {f"p{round(q * 100)}": quantile(taken.ms, q) for q in (0.5, 0.95, 0.99)},
        "cpu_ms": round(taken.cpu_s / len(taken.ms) * 1000, 1),
        "samples": len(taken.ms),
        "plates": _read_rightly(taken.texts or [], pictures),
    }


def _read_rightly(texts: Sequence[frozenset[str]], pictures: Sequence[_Picture]) -> Mapping[str, int]:
    """Of drawn plates, read folded (O and 0 alike): so that an engine that reads nothing is not called fast."""
    known = [(found, picture.plates) for found, picture in zip(texts, pictures, strict=True) if picture.plates]
    return {
        "shown": sum(len(plates) for _, plates in known),
        "read": sum(len(plates & found) for found, plates in known),
    }


def _by_round(taken: Sequence[float], pictures: int) -> list[float]:
    return [round(statistics.median(taken[at : at + pictures]), 1) for at in range(0, len(taken), pictures)]
