"""The folder of a store: made, proved writable, and held by one process at a time."""

import contextlib
import fcntl
import os
from pathlib import Path

from anpr.embedded.store.errors import StoreUnavailable

LOCK_NAME = "store.lock"


class FolderLock:
    """An exclusive lock on a store folder for the life of this process.

    The lock is the kernel's (`flock`), so that it ends with the process, kill -9 included; the pid in the
    file is only there to be named in the message of a second process. Raises StoreUnavailable.
    """

    def __init__(self, folder: Path) -> None:
        self._fd = _open_lock_file(folder)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            owner = _read_owner(self._fd)
            os.close(self._fd)
            raise StoreUnavailable(
                f"The store folder {folder} is in use by process {owner}: "
                "stop that process, use its address, or give another --path."
            ) from None
        with contextlib.suppress(OSError):  # a full disk: a second program is refused all the same
            os.truncate(self._fd, 0)
            os.pwrite(self._fd, f"{os.getpid()}\n".encode(), 0)

    def release(self) -> None:
        """Give the folder back; the file stays, since removing it would race with the next owner."""
        os.close(self._fd)


def _open_lock_file(folder: Path) -> int:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as err:
        raise StoreUnavailable(
            f"The store folder {folder} cannot be written ({err.strerror}): "
            "change its permissions or give another --path."
        ) from err


def _read_owner(fd: int) -> str:
    return os.pread(fd, 32, 0).decode("ascii", "replace").strip() or "unknown"
