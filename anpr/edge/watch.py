"""A folder that other programs put files into: each is taken into the spool once, then removed.

`*.json`, `*.jsonl`, `*.ndjson`: reads, an array or one to a line. `*.jpg`, `*.jpeg`, `*.png`: a frame; beside it
`NAME.json` with what is known of it, else the camera that was named and the time when the file was written. Whoever
writes must rename a file into place; names that begin with a dot or end in `.part` or `.tmp` are passed over.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from anpr.edge.items import Item, frame_item, read_item
from anpr.edge.spool import Spool

__all__ = ["UNREADABLE", "reads_in", "take_folder"]

LOGGER = logging.getLogger("anpr.edge")
READS = frozenset({".json", ".jsonl", ".ndjson"})
PICTURES = frozenset({".jpg", ".jpeg", ".png"})
UNREADABLE = ".unreadable"
"""Added to the name of a file that holds no reads: it stays for somebody to look at."""


def take_folder(folder: Path, spool: Spool, camera: str | None) -> int:
    """Take what lies in the folder; how many items. Raises SpoolFull: the file in hand and all later ones lie on.

    camera: of pictures without a file beside them; None: such pictures wait for theirs.
    """
    count = 0
    for path in sorted(_files(folder)):
        try:
            items = _items(path, camera)
        except FileNotFoundError:  # somebody took it away
            continue
        except ValueError as error:
            LOGGER.error("%s holds no reads and is set aside: %s", path.name, type(error).__name__)
            path.rename(path.with_name(path.name + UNREADABLE))
            continue
        if items is not None:
            count += _take(path, items, spool)
    return count


def _take(path: Path, items: list[Item], spool: Spool) -> int:
    """In the spool first, then gone from the folder: a program that was killed in between finds it by its name."""
    found = path.stat()
    mark = f"{path.name}/{found.st_mtime_ns}/{found.st_size}/{found.st_ino}"
    taken = spool.put(items, mark)
    path.unlink()
    _beside(path).unlink(missing_ok=True)
    spool.forget_file(mark)
    return len(items) if taken else 0


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name.startswith(".") or not path.is_file():
            continue
        if path.suffix.lower() in PICTURES or (path.suffix.lower() in READS and not _describes(path)):
            yield path


def _describes(path: Path) -> bool:
    """`x.jpg.json`: about a picture, not a file of reads."""
    return Path(path.stem).suffix.lower() in PICTURES


def _beside(picture: Path) -> Path:
    return picture.with_name(f"{picture.name}.json")


def _items(path: Path, camera: str | None) -> list[Item] | None:
    """None: not yet. Raises ValueError."""
    if path.suffix.lower() in READS:
        return reads_in(path.read_bytes())
    about = _about(path, camera)
    return None if about is None else [frame_item(path.read_bytes(), about)]


def _about(picture: Path, camera: str | None) -> dict[str, Any] | None:
    beside = _beside(picture)
    if beside.exists():
        found = json.loads(beside.read_bytes())
        if not isinstance(found, dict):
            raise ValueError("not an object")
        return {"source": picture.name, **found}
    if camera is None:
        return None
    written = datetime.fromtimestamp(picture.stat().st_mtime, UTC)
    return {"camera_id": camera, "captured_at": written.isoformat(), "source": picture.name}


def reads_in(text: bytes) -> list[Item]:
    """Reads of a JSON array or of JSON lines. Raises ValueError."""
    text = text.strip()
    if text.startswith(b"["):
        return [read_item(one) for one in json.loads(text)]
    return [read_item(line) for line in text.splitlines() if line.strip()]
