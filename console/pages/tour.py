"""The guided tour: three minutes over the real pages, with the car that the demo lets be stolen.

Only where `anpr demo` runs: each search is recorded and needs a real reason, so nobody practises on real vehicles.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse, JSONResponse

from console.pages.page import page_router
from console.pages.shell import language_of, render
from console.pages.words import words_of
from console.parts import PartsOf
from console.signin.person import Person, having
from console.store import TOUR_FILE

__all__ = ["router", "tour_car"]

router = page_router()
Searching = Annotated[Person, Depends(having("officer", "investigator"))]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do; its words are `NAME_title` and `NAME_text`."""

    name: str
    until: str = ""
    """Expression that path and query fit once it is done; empty: only the person can tell."""


STEPS = (
    Step("open_search", r"^/search"),
    Step("search", r"^/search\?.*s="),
    Step("look"),
    Step("next"),
    Step("open_live", r"^/live"),
    Step("open_case", r"^/cases/."),
    Step("take"),
    Step("send"),
    Step("tell"),
    Step("end"),
)


@router.get("/tour")
async def tour(request: Request, parts: PartsOf, person: Searching) -> HTMLResponse:
    """What the tour is, and its beginning."""
    return render(request, person, "tour", car=tour_car(parts.store.data_dir))


@router.get("/tour/steps")
async def steps(request: Request, parts: PartsOf, _person: Searching) -> JSONResponse:
    """All steps in the person's language; none where no demo runs."""
    car, words = tour_car(parts.store.data_dir), words_of("tour", language_of(request))
    return JSONResponse(
        {"words": dict(words), "steps": [] if car is None else [_told(one, words, car) for one in STEPS]}
    )


def tour_car(folder: Path) -> dict[str, str] | None:
    """`seen` (what a witness remembers of the plate), `plate`, `display` (as people write it), `vehicle`; None:
    no demo runs on this data folder."""
    try:
        told: dict[str, str] = json.loads((folder / TOUR_FILE).read_text("utf-8"))
    except FileNotFoundError:
        return None
    plate = told["plate"]
    return {**told, "seen": f"{plate[:3]}?{plate[4:-1]}?"}


def _told(step: Step, words: Any, car: dict[str, str]) -> dict[str, str]:
    return {
        "title": words[f"{step.name}_title"],
        "text": words[f"{step.name}_text"].format(**car),
        "until": step.until,
    }
