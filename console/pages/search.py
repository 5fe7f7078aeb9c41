"""Search: what a witness saw of a plate, why, and where the vehicle was last."""

from __future__ import annotations

from typing import Annotated, get_args

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse

from console.pages.page import page_router
from console.pages.shell import render
from console.signin.person import Person, having
from schemas.search import Purpose, Role
from sinks.clickhouse.plate_search.patterns import Match

__all__ = ["EXAMPLES", "PERIODS", "router"]

PERIODS = (("hour", 1), ("day", 24), ("week", 7 * 24), ("month", 30 * 24))
"""How far back is looked: word → hours."""
EXAMPLES = (
    ("1-ABC-234", "example_whole"),
    ("ABC2", "example_part"),
    ("1AB?2*", "example_unknown"),
    ("1ABC23 B or 8", "example_either"),
    ("ABC+234", "example_groups"),
)
"""What can be typed, and the word that explains it."""
ROLES: tuple[Role, ...] = ("investigator", "officer")
"""Who may search; the wider role first."""
router = page_router()


@router.get("/search")
async def show(request: Request, person: Annotated[Person, Depends(having(*ROLES))]) -> HTMLResponse:
    """The page. Nothing of a search is in it: `?s=ID` is read by its script, which asks as anybody must."""
    return render(
        request,
        person,
        "search",
        purposes=get_args(Purpose),
        matches=get_args(Match),
        periods=PERIODS,
        examples=EXAMPLES,
        roles=[role for role in ROLES if person.has(role)],
    )
