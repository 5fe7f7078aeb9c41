"""The vehicle register on disk (pipeline/snapshots.py): its columns and its profiles, with a digest of each file.

The columns are mapped, not read into memory: workers of one host share them.
"""

from __future__ import annotations

import json
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from pipeline.lez.facts import Facts
from pipeline.lez.registry.columns import Columns
from pipeline.lez.registry.vehicles import RegistryView, VehicleRegistry
from pipeline.snapshots import Kept

__all__ = ["FORM", "kept"]

FORM = "vehicles 1"
PROFILES, DIGESTS = "profiles.json", "digests.json"


def kept(registry: VehicleRegistry) -> Kept:
    """A register as something to be kept."""
    return Kept(FORM, registry.__len__, lambda: partial(_write, registry.view()), partial(_restore, registry))


def _write(view: RegistryView, folder: Path) -> None:
    profiles = msgspec.json.encode(view.profiles)
    (folder / PROFILES).write_bytes(profiles)
    digests = {PROFILES: _digest(profiles)}
    for name, array in view.merged().by_name().items():
        np.save(folder / f"{name}.npy", array)
        digests[name] = _digest(array)
    (folder / DIGESTS).write_text(json.dumps(digests))


def _restore(registry: VehicleRegistry, snapshot: Path) -> None:
    digests = json.loads((snapshot / DIGESTS).read_text())
    columns = {name: _mapped(snapshot, name, digests) for name in Columns.__dataclass_fields__}
    profiles = (snapshot / PROFILES).read_bytes()
    _check(PROFILES, profiles, digests)
    registry.take_over(Columns(**columns), msgspec.json.decode(profiles, type=tuple[Facts, ...]))


def _mapped(snapshot: Path, name: str, digests: dict[str, Any]) -> NDArray[Any]:
    array: NDArray[Any] = np.load(snapshot / f"{name}.npy", mmap_mode="r")
    _check(name, array, digests)
    return array


def _check(name: str, content: bytes | NDArray[Any], digests: dict[str, Any]) -> None:
    if _digest(content) != digests[name]:
        raise ValueError(f"{name} is not what was written")


def _digest(content: bytes | NDArray[Any]) -> str:
    return blake2b(content if isinstance(content, bytes) else content.data, digest_size=16).hexdigest()
