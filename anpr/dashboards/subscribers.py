"""Subscribers: hits that leave the platform, by streams and webhooks."""

from __future__ import annotations

from anpr.dashboards.asking import per_second, quantiles
from anpr.dashboards.model import Board, Limit, Panel, Prom

__all__ = ["SUBSCRIBERS"]

SUBSCRIBERS = Board(
    "police/subscribers.json",
    "anpr-subscribers",
    "Subscribers",
    "Hits that leave the platform: streams and webhooks.",
    (
        Panel(
            "Hits told",
            "Hits that left the platform, once per subscriber, by stream and by webhook.",
            (per_second("anpr_hits_told_total", "way"),),
            unit="cps",
        ),
        Panel("Open streams", "Connections of subscribers.", (Prom("sum(anpr_streams_open)", "open"),)),
        Panel(
            "Streams refused and ended",
            "Refused: by token, number or audit. Ended by the platform: clients too slow or stalled, tokens ended.",
            (
                per_second("anpr_streams_refused_total", "reason", legend="refused {{reason}}"),
                per_second("anpr_streams_ended_total", "reason", legend="ended {{reason}}"),
            ),
            unit="cps",
        ),
        Panel(
            "Hits without a zone",
            "Hits at cameras that nobody registered: subscribers of a zone are not told of them. Register the camera.",
            (Prom("sum(rate(anpr_hits_without_zone_total[$__rate_interval]))", "hits"),),
            unit="cps",
        ),
        Panel(
            "Webhooks",
            "All that are sent to, and those whose last attempt failed.",
            (Prom("sum(anpr_webhooks)", "all"), Prom("sum(anpr_webhooks_failing)", "failing")),
        ),
        Panel(
            "Webhook attempts",
            "By outcome. Refused and gone become dead letters: anpr subscribers dead-letters NAME.",
            (per_second("anpr_webhook_attempts_total", "outcome"),),
            unit="cps",
        ),
        Panel(
            "Age when delivered",
            "From stamp of the hit to its delivery to a webhook.",
            quantiles("anpr_webhook_age_seconds"),
            unit="s",
        ),
        Panel("Attempt time", "How long targets take; 10 s is the limit.", quantiles("anpr_webhook_seconds"), unit="s"),
        Panel(
            "Behind",
            "Messages not yet dealt with, of the webhook most behind. Steady growth: its target is down or too slow.",
            (Prom("max(anpr_webhooks_behind)", "messages"),),
            limits=(Limit(1000, "orange"),),
        ),
    ),
)
