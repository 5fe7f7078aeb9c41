"""The routes of the API, one subject a module. A new subject is a module with a `router`, named in `ROUTERS`."""

from fastapi import APIRouter

from console.routes import cases, contracts, health, hits

__all__ = ["ROUTERS"]

ROUTERS: tuple[APIRouter, ...] = (health.router, contracts.router, hits.router, cases.router)
