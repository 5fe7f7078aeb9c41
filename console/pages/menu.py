"""The menu of the console: its pages, and who sees each."""

from __future__ import annotations

from dataclasses import dataclass

from schemas.search import Role

__all__ = ["MENU", "Page"]


@dataclass(frozen=True, slots=True)
class Page:
    """An entry of the menu."""

    path: str
    name: str
    """Of its words (`title` among them), template, script and style."""
    roles: tuple[Role, ...]
    """Who sees it."""


MENU: tuple[Page, ...] = (
    Page("/live", "live", ("officer", "investigator")),
    Page("/search", "search", ("officer", "investigator")),
    Page("/cases", "cases", ("officer", "investigator")),
    Page("/investigation", "investigation", ("investigator",)),
    Page("/anomalies", "anomalies", ("investigator",)),
    Page("/hotlists", "hotlists", ("hotlist_manager",)),
    Page("/zones", "zones", ("lez_agent",)),
    Page("/cameras", "cameras", ("officer", "investigator", "hotlist_manager", "auditor", "administrator")),
    Page("/audit", "audit", ("auditor",)),
    Page("/administration", "administration", ("administrator",)),
)
