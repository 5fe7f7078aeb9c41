"""The socket on which a process of ours answers over HTTP."""

from __future__ import annotations

import socket

from anpr.settings import SettingsFault

__all__ = ["listen"]

BACKLOG = 512


def listen(what: str, host: str, port: int, settings: str) -> socket.socket:
    """Listen; port 0: a free one. what: who is served. settings: of address and port begin so, as `ANPR_API`.

    Raises SettingsFault where that address cannot be had.
    """
    try:
        listener = socket.create_server((host, port), backlog=BACKLOG)
    except OSError as error:
        raise SettingsFault(
            f"{what} cannot be served on {host} port {port} ({error.strerror}): "
            f"set {settings}_PORT to another port (0: a free one) or {settings}_HOST to an address of this machine"
        ) from error
    # asyncio sets it on sockets that say they are TCP, which those of `create_server` do not: without it the last part
    # of an answer waits forty milliseconds for the other side to acknowledge the first.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener
