"""A worker that stands still, as if its machine did, right before it keeps its second batch of files.

    python -m tests.pipeline.flows.stalling_worker PLACE worker notices …

It writes its process id to the file PLACE and stops (SIGSTOP); whoever wants it to go on sends it SIGCONT.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from anpr.cli import main
from pipeline.flows.files import Files

SECOND = 2


def _stall(place: Path) -> None:
    save, saved = Files.save, []

    async def save_or_stall(self: Files[Any], changes: Any) -> None:
        if changes:
            saved.append(self)
        if changes and len(saved) == SECOND:
            place.write_text(str(os.getpid()))
            os.kill(os.getpid(), signal.SIGSTOP)
        await save(self, changes)

    Files.save = save_or_stall  # type: ignore[method-assign]


if __name__ == "__main__":
    _stall(Path(sys.argv[1]))
    sys.argv = ["anpr", *sys.argv[2:]]
    main()
