"""`python -m anpr.dashboards [--check]`: write grafana/dashboards anew, or say whether it is as it should be."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from anpr.dashboards import BOARDS
from anpr.dashboards.model import model

__all__ = ["files", "main"]

FOLDER = Path(__file__).parent.parent.parent / "grafana" / "dashboards"


def files() -> dict[Path, str]:
    """File → its text."""
    return {FOLDER / board.file: json.dumps(model(board), indent=1, ensure_ascii=False) + "\n" for board in BOARDS}


def main(arguments: Sequence[str]) -> int:
    """Write, or with --check only compare: 1 when something differs."""
    wanted = files()
    there = {path: path.read_text("utf-8") for path in FOLDER.rglob("*.json")}
    stale = sorted(path for path in wanted.keys() | there.keys() if wanted.get(path) != there.get(path))
    if "--check" in arguments:
        for path in stale:
            print(f"{path.relative_to(FOLDER.parent.parent)} is not what the code says: run python -m anpr.dashboards")
        return 1 if stale else 0
    for path in stale:
        if path in wanted:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted[path], "utf-8")
        else:
            path.unlink()
    print(f"{len(stale)} of {len(wanted)} dashboards written")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
