"""`/live`: the map with cameras and patrols, and what has to be dealt with, as it comes."""

from __future__ import annotations

from typing import Annotated, get_args

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse

from console.pages.page import page_router
from console.pages.shell import SENTENCES, render
from console.signin.person import Person, having
from schemas.hotlist import ListKind

__all__ = ["router"]

router = page_router()


@router.get("/live")
async def live(request: Request, person: Annotated[Person, Depends(having("officer", "investigator"))]) -> HTMLResponse:
    """The page alone: its script asks the API for all that it shows."""
    return render(request, person, "live", extra_words=("case_terms", SENTENCES), kinds=get_args(ListKind))
