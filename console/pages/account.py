"""One's own password and second factor."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import HTMLResponse

from console.pages.page import page_router
from console.pages.shell import render
from console.signin.passwords import LEAST_CHARACTERS
from console.signin.person import PersonOf

__all__ = ["router"]

router = page_router()


@router.get("/account")
async def show(request: Request, person: PersonOf) -> HTMLResponse:
    """For everybody who is signed in; what there is to change, its script finds out."""
    return render(request, person, "account", least=LEAST_CHARACTERS)
