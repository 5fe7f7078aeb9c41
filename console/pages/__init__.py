"""The pages of the console, one subject a module: a new one is named here and in `menu`."""

from fastapi import APIRouter

__all__ = ["PAGE_ROUTERS"]

PAGE_ROUTERS: tuple[APIRouter, ...] = ()
