"""The routes of the API, one subject a module. A new subject is a module with a `router`, named in `ROUTERS`."""

from fastapi import APIRouter

from console.routes import (
    account,
    audit,
    camera_health,
    cameras_list,
    cases,
    contracts,
    health,
    hits,
    hotlists,
    investigations,
    map_base,
    officers,
    patrols,
    pictures,
    searches,
    second_factors,
    session,
    zones,
)

__all__ = ["ROUTERS"]

ROUTERS: tuple[APIRouter, ...] = (
    health.router,
    contracts.router,
    hits.router,
    cases.router,
    session.router,
    account.router,
    searches.router,
    pictures.router,
    cameras_list.router,
    patrols.router,
    map_base.router,
    camera_health.router,
    hotlists.router,
    investigations.router,
    zones.router,
    audit.router,
    officers.router,
    second_factors.router,
)
