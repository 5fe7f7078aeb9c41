"""What every answer says to the browser: what it may load, keep and show."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlsplit

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["SecurityHeaders", "Site", "is_secure", "own_origin"]

HSTS = "max-age=31536000"
FEATURES = "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()"


@dataclass(frozen=True, slots=True)
class Site:
    """How people reach this process."""

    url: str | None = None
    """As they type it, where a proxy stands before it: `https://console.example`; None: as the request says."""
    proxies: str = "127.0.0.1"
    """Addresses, separated by commas, of proxies that say truly who asks."""
    tiles: str | None = None
    """Address of map tiles with {z}, {x} and {y}; None: nothing is loaded from outside."""

    def policy(self) -> str:
        """The Content-Security-Policy: everything from here, nothing inline."""
        tiles = f" {_tile_origin(self.tiles)}" if self.tiles else ""
        return (
            f"default-src 'self'; img-src 'self' data:{tiles}; object-src 'none'; base-uri 'none'; "
            "frame-ancestors 'none'; form-action 'self'"
        )


class SecurityHeaders:
    """Adds them to every answer, errors and files included. What a route says itself about keeping stays."""

    def __init__(self, app: ASGIApp, site: Site) -> None:
        self._app, self._site = app, site
        self._fixed = {
            "Content-Security-Policy": site.policy(),
            "X-Content-Type-Options": "nosniff",
            "Referrer-Policy": "no-referrer",
            "Permissions-Policy": FEATURES,
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "X-Frame-Options": "DENY",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add(scope, MutableHeaders(scope=message))
            await send(message)

        await self._app(scope, receive, with_headers)

    def _add(self, scope: Scope, headers: MutableHeaders) -> None:
        for name, value in self._fixed.items():
            headers.setdefault(name, value)
        static = scope["path"].startswith("/static/")  # asked for again each time, and not sent again if unchanged
        headers.setdefault("Cache-Control", "no-cache" if static else "no-store")
        if _scheme(scope, self._site) == "https":
            headers.setdefault("Strict-Transport-Security", HSTS)


def is_secure(request: Request) -> bool:
    """Whether people come here over https."""
    return _scheme(request.scope, request.app.state.parts.site) == "https"


def own_origin(request: Request) -> str:
    """`scheme://host[:port]` of this site, as browsers write it."""
    site: Site = request.app.state.parts.site
    if site.url:
        return _origin(site.url)
    return f"{request.scope['scheme']}://{request.headers.get('host', '').lower()}"


def _scheme(scope: Scope, site: Site) -> str:
    return urlsplit(site.url).scheme if site.url else str(scope["scheme"])


def _origin(url: str) -> str:
    found = urlsplit(url)
    return f"{found.scheme}://{found.netloc}".lower()


def _tile_origin(template: str) -> str:
    """Of `https://{s}.tiles.example/{z}/{x}/{y}.png`: `https://*.tiles.example`."""
    return _origin(template.replace("{s}.", "*."))
