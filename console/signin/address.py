"""Where a request comes from, for limits and for the audit."""

from __future__ import annotations

from fastapi import Request

__all__ = ["address_of"]


def address_of(request: Request) -> str:
    """The peer's, or what a proxy that is believed says of it (`Site.proxies`)."""
    return request.client.host if request.client is not None else "unknown"
