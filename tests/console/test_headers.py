"""What every answer says to the browser, errors and files included."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from console.headers import SecurityHeaders, Site


def fails(_request: Request) -> Response:
    raise RuntimeError("a defect")


def kept(_request: Request) -> Response:
    return PlainTextResponse("x", headers={"Cache-Control": "max-age=60"})


def asked(site: Site, path: str = "/", *, scheme: str = "http") -> dict[str, str]:
    """Headers of the answer of a small program."""
    app = Starlette(routes=[Route("/", lambda _: PlainTextResponse("x")), Route("/fails", fails), Route("/kept", kept)])
    app.middleware_stack = SecurityHeaders(app.build_middleware_stack(), site)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=transport, base_url=f"{scheme}://console.example") as client:
            return await client.get(path)

    return dict(asyncio.run(ask()).headers)


@pytest.mark.parametrize("path", ["/", "/fails", "/nowhere", "/static/nothing.js"])
def test_every_answer_has_them(path: str) -> None:
    found = asked(Site(), path)
    policy = found["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert "http" not in policy
    assert {"frame-ancestors 'none'", "object-src 'none'", "base-uri 'none'"} <= set(policy.split("; "))
    assert found["x-content-type-options"] == "nosniff"
    assert found["referrer-policy"] == "no-referrer"
    assert found["cross-origin-opener-policy"] == "same-origin"
    assert found["cache-control"] == ("no-cache" if path.startswith("/static/") else "no-store")
    assert "strict-transport-security" not in found


def test_what_a_route_says_about_keeping_stays() -> None:
    assert asked(Site(), "/kept")["cache-control"] == "max-age=60"


@pytest.mark.parametrize(("site", "scheme"), [(Site(), "https"), (Site(url="https://console.example"), "http")])
def test_over_https_the_browser_never_comes_without_it_again(site: Site, scheme: str) -> None:
    assert asked(site, scheme=scheme)["strict-transport-security"].startswith("max-age=31536000")


@pytest.mark.parametrize(
    ("tiles", "origin"),
    [
        ("https://tiles.example:8443/{z}/{x}/{y}.png?key=1", "https://tiles.example:8443"),
        ("https://{s}.tiles.example/{z}/{x}/{y}.png", "https://*.tiles.example"),
    ],
)
def test_map_tiles_come_from_where_the_settings_say_and_nowhere_else(tiles: str, origin: str) -> None:
    assert f"img-src 'self' data: {origin};" in Site(tiles=tiles).policy()
