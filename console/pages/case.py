"""`/cases`: which there are; `/cases/ID`: one, with all that is known of it and what can be done."""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import Annotated, get_args

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse

from console.pages.page import error_page, page_router
from console.pages.shell import SENTENCES, render
from console.signin.person import Person, having
from pipeline.cases.actions import LEADS_TO
from schemas.case import CaseState
from schemas.hotlist import ListKind

__all__ = ["router"]

router = page_router()
OfCases = Annotated[Person, Depends(having("officer", "investigator"))]
TERMS = ("case_terms", SENTENCES)
CASE_ID = re.compile(r"[0-9a-fA-F]{6,8}(-[0-9a-fA-F-]{0,27})?")
"""As the API takes it: six first digits do. A plate is no address."""


@router.get("/cases")
async def cases(request: Request, person: OfCases) -> HTMLResponse:
    """The page alone: its script asks the API for all that it shows."""
    states, kinds = get_args(CaseState), get_args(ListKind)
    return render(request, person, "cases", extra_words=TERMS, states=states, case_kinds=kinds)


@router.get("/cases/{case_id}")
async def case(request: Request, person: OfCases, case_id: str) -> HTMLResponse:
    """The page alone, whatever the case: whether there is one is seen when its script asks for it."""
    if not CASE_ID.fullmatch(case_id):
        return error_page(request, HTTPStatus.NOT_FOUND, person)
    leads_to = {action: dict(states) for action, states in LEADS_TO.items()}
    return render(request, person, "case", extra_words=TERMS, case_id=case_id, leads_to=leads_to)
