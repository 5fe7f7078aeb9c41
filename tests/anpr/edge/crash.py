"""Puts into a spool and uploads it, killed at every statement in turn; run as a program, as it forks.

    python -m tests.anpr.edge.crash FOLDER

The door is a journal file: it acknowledges once an upload is on the disk there, as the real one does once it is in the
log, and knows an upload again by spool and number. Each life writes on a second file which items it was told are safe.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from anpr.edge.door import Answer
from anpr.edge.items import Batch, Item, Refused
from anpr.edge.spool import Spool
from anpr.edge.uploader import Uploader

ITEMS = 7
REFUSED = 3
"""This one the door never takes."""


class _Journal:
    """A door, and what it has."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "journal"

    def upload(self, spool: str, batch: Batch) -> Answer:
        """Acknowledge what is on the disk."""
        items = [item.body.decode() for item in batch.items]
        if [spool, batch.number] not in [known[:2] for known in self.uploads()]:
            _append(self._path, json.dumps([spool, batch.number, items]))
        refused = [Refused(n, "unusable", "") for n, item in enumerate(items) if item == str(REFUSED)]
        return Answer("taken", "200", tuple(refused))

    def uploads(self) -> list[list[object]]:
        """Spool, number, items."""
        return [json.loads(line) for line in self._path.read_text().splitlines()] if self._path.exists() else []


def _append(path: Path, line: str) -> None:
    with path.open("a") as file:
        file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())


def live(folder: Path, dies_at: int) -> bool:
    """One life of a device, which ends at its statement of this number; whether it came to its end."""
    child = os.fork()
    if child == 0:
        _live(folder, dies_at)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def _live(folder: Path, dies_at: int) -> None:
    spool = Spool(folder / "spool")
    left = dies_at

    def count(_statement: str) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    spool._db.set_trace_callback(count)
    safe = folder / "safe"
    known = len(safe.read_text().splitlines()) if safe.exists() else 0
    uploader = Uploader(spool, _Journal(folder), most_reads=2)  # type: ignore[arg-type]
    for number in range(known, ITEMS):
        spool.put([Item("read", str(number).encode())], file=str(number))
        _append(safe, str(number))
        if number % 3 == 2:
            batch = spool.next_batch(2, 1_000)
            assert batch is not None
            uploader.step(batch)
    uploader.run(until_empty=True)


def check(folder: Path) -> Sequence[str]:
    """What is not as it should be once the last life has come to its end."""
    uploads = _Journal(folder).uploads()
    items = [item for _spool, _number, listed in uploads for item in listed]  # type: ignore[attr-defined]
    faults = [] if items == [str(number) for number in range(ITEMS)] else [f"the door has {items}"]
    spool = Spool(folder / "spool")
    state, aside = spool.state(), spool.refused_items()
    if [body for _kind, body, _reason, _detail in aside] != [str(REFUSED).encode()]:
        faults.append(f"set aside are {aside}")
    if (state.spooled, state.uploaded, state.refused) != (0, ITEMS - 1, 1):
        faults.append(f"the spool says {state}")
    if state.held_bytes != len(str(REFUSED)) + 64:
        faults.append(f"{state.held_bytes} bytes are held")
    spool.close()
    return faults


def main(root: Path) -> None:
    """Die at each statement, twice in a row, then live to the end."""
    dies_at = deaths = 0
    ended = False
    while not ended:
        dies_at += 1
        folder = root / str(dies_at)
        folder.mkdir()
        ended = live(folder, dies_at)
        deaths += not ended
        deaths += not live(folder, max(1, dies_at // 2))
        while not live(folder, 0):
            deaths += 1
        faults = check(folder)
        assert not faults, f"killed at statement {dies_at}: {faults}"
        shutil.rmtree(folder)
    print(json.dumps({"deaths": deaths}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
