"""The pages of the console, one subject a module: a new one is named here and in `menu`."""

from fastapi import APIRouter

from console.pages import (
    account,
    administration,
    anomalies,
    audit,
    cameras,
    case,
    home,
    hotlists,
    investigation,
    live,
    search,
    signin,
    tour,
    zones,
)

__all__ = ["PAGE_ROUTERS"]

PAGE_ROUTERS: tuple[APIRouter, ...] = (
    home.router,
    search.router,
    signin.router,
    account.router,
    tour.router,
    live.router,
    case.router,
    investigation.router,
    anomalies.router,
    hotlists.router,
    zones.router,
    cameras.router,
    audit.router,
    administration.router,
)
