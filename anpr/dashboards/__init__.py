"""Grafana's dashboards as code: `python -m anpr.dashboards` writes grafana/dashboards (docs/decisions/0028)."""

from __future__ import annotations

from anpr.dashboards.cameras import CAMERAS
from anpr.dashboards.flow import FLOW
from anpr.dashboards.hits import HITS
from anpr.dashboards.lez import ZONES
from anpr.dashboards.searches import SEARCHES
from anpr.dashboards.store import STORE
from anpr.dashboards.subscribers import SUBSCRIBERS

__all__ = ["BOARDS"]

BOARDS = (FLOW, CAMERAS, HITS, SEARCHES, STORE, SUBSCRIBERS, ZONES)
"""All of them; the first is the home page."""
