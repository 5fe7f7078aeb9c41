"""What the browser keeps, and where a sign-in leads: never away from this site."""

from __future__ import annotations

import re
from datetime import timedelta

from fastapi import Request, Response

from console.headers import is_secure

__all__ = ["CSRF_COOKIE", "clear_session", "journey_of", "keep_journey", "keep_session", "local_path", "session_key"]

CSRF_COOKIE = "csrf"
_LOCAL = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]{0,2000}\Z", re.ASCII)


def local_path(wished: str | None) -> str:
    """Where to go after the sign-in: a path of this site as it was wished, else the first page."""
    return wished if wished and _LOCAL.match(wished) else "/"


def session_key(request: Request) -> str | None:
    """The key that the browser shows; None: none."""
    return request.cookies.get(_name(request, "session"))


def keep_session(request: Request, response: Response, key: str, csrf: str, lasts: timedelta) -> None:
    """Give the browser its key, which no script can read, and the word that its pages send with what they change."""
    age, secure = int(lasts.total_seconds()), is_secure(request)
    response.set_cookie(
        _name(request, "session"), key, max_age=age, secure=secure, httponly=True, samesite="lax", path="/"
    )
    response.set_cookie(CSRF_COOKIE, csrf, max_age=age, secure=secure, samesite="lax", path="/")


def clear_session(request: Request, response: Response) -> None:
    """Take them back."""
    secure = is_secure(request)
    response.delete_cookie(_name(request, "session"), secure=secure, httponly=True, samesite="lax", path="/")
    response.delete_cookie(CSRF_COOKIE, secure=secure, samesite="lax", path="/")


def keep_journey(request: Request, response: Response, binding: str, lasts: timedelta) -> None:
    """Mark the browser that leaves for the provider: nobody else can come back in its place."""
    response.set_cookie(
        _name(request, "journey"),
        binding,
        max_age=int(lasts.total_seconds()),
        secure=is_secure(request),
        httponly=True,
        samesite="lax",
        path="/",
    )


def journey_of(request: Request) -> str:
    """That mark; empty: none."""
    return request.cookies.get(_name(request, "journey"), "")


def _name(request: Request, name: str) -> str:
    """Over https with a prefix that no other host of the domain can set."""
    return f"__Host-{name}" if is_secure(request) else name
