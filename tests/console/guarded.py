"""A store with a token for its owner and for each role of both controllers, as on a server."""

from __future__ import annotations

from pathlib import Path

from anpr.embedded.store.launch import StoreProcess, start_store
from sinks.clickhouse.controllers import CONTROLLERS

__all__ = ["guarded_store"]


def guarded_store(folder: Path) -> StoreProcess:
    """It runs; each role opens it by its own token only."""
    roles = [role for controller in CONTROLLERS for role in controller.roles]
    tokens = {role: _token(folder / f"{role}.token", f"token of {role}, quite long") for role in roles}
    owner = _token(folder / "owner.token", "token of the owner, quite long")
    return start_store(folder / "store", token_file=owner, role_token_files=tokens)


def _token(path: Path, text: str) -> Path:
    path.write_text(text)
    return path
