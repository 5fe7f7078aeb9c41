"""The example messages of every contract, for all tests of this folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import schemas
from schemas.base import Contract
from schemas.registry import CONTRACTS

FOLDER = Path(schemas.__file__).parent / "examples"


def files(contract: str, kind: str) -> list[Path]:
    """Example files of a contract's current version; kind: `valid` or `invalid`."""
    return sorted((FOLDER / contract / str(CONTRACTS[contract].version) / kind).glob("*.json"))


def cases(kind: str) -> list[tuple[str, Path]]:
    """(contract, file) of every example of a kind."""
    return [(contract, path) for contract in CONTRACTS for path in files(contract, kind)]


def label(value: object) -> str:
    """Test id: the bare name of a file, a contract by its name."""
    return value.stem if isinstance(value, Path) else str(value)


def load(path: Path) -> Any:
    """The document in a file."""
    return json.loads(path.read_text("utf-8"))


def valid_documents(contract: str) -> list[dict[str, Any]]:
    """The valid messages of a contract, parsed."""
    return [load(path) for path in files(contract, "valid")]


def model_of(contract: str) -> type[Contract]:
    """The model of a contract's current version."""
    return CONTRACTS[contract]
