"""Coverage-guided: atheris changes bytes where that reaches lines of ours that were not reached yet.

    python -m anpr.bench.fuzz.guided SECONDS SEED

A tool of who works on the decoders: in no lock, `pip install atheris` where it is wanted. A process of its own, as it
must see our modules before anybody else has imported them.
"""

from __future__ import annotations

import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec

__all__ = ["guided"]

MISSING = "atheris is not installed: `pip install atheris` adds it to this environment; nothing was run"


def guided(seconds: int, seed: int) -> int:
    """Feed decoders of all contracts, and of pictures, for so long. Returns an exit code; 0 too where it is missing."""
    if find_spec("atheris") is None:
        print(MISSING, file=sys.stderr)
        return 0
    return subprocess.run([sys.executable, "-m", __name__, str(seconds), str(seed)], check=False).returncode


def _fuzz(seconds: str, seed: str) -> None:
    atheris = import_module("atheris")
    with atheris.instrument_imports(include=["schemas", "pipeline", "PIL"]):
        target = import_module("anpr.bench.fuzz.guided_target").one_input
    atheris.Setup([sys.argv[0], f"-max_total_time={seconds}", f"-seed={seed}", "-max_len=4096"], target)
    atheris.Fuzz()


if __name__ == "__main__":
    _fuzz(*sys.argv[1:3])
