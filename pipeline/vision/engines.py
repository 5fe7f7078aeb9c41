"""Chooses an engine by name."""

from pathlib import Path

from pipeline.vision.easyocr_engine import NAME as EASYOCR
from pipeline.vision.easyocr_engine import load_easyocr
from pipeline.vision.plate_engine import NAME as ANPR
from pipeline.vision.plate_engine import load_anpr
from pipeline.vision.protocols import Engine
from pipeline.vision.rapid import NAME as RAPIDOCR
from pipeline.vision.rapid import load_rapidocr

DEFAULT_ENGINE = ANPR
ENGINE_NAMES = (ANPR, RAPIDOCR, EASYOCR)


class UnknownEngine(ValueError):
    """No engine of that name; the message lists those there are."""


def load_engine(name: str = DEFAULT_ENGINE, *, threads: int = 1, models: Path | None = None) -> Engine:
    """The engine of that name with its models loaded; keep it, as loading takes about a second.

    threads: CPU threads per call, ≥ 1. models: folder of the weights of an engine that may lack its own (easyocr);
    None: where they usually are. Raises UnknownEngine, ModelMissing, ValueError.
    """
    if threads < 1:
        raise ValueError(f"threads must be at least 1, not {threads}")
    if name == ANPR:
        return load_anpr(threads=threads)
    if name == RAPIDOCR:
        return load_rapidocr(threads=threads)
    if name == EASYOCR:
        return load_easyocr(threads=threads, models=models)
    raise UnknownEngine(f"No engine {name!r}; there are: {', '.join(ENGINE_NAMES)}")
