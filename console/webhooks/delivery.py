"""What is sent for a message of the log, and signed how."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from console.credentials import Credentials
from pipeline.identity import fact_id
from schemas.webhook import sign_webhook
from sinks.clickhouse.subscribers import Subscriber

__all__ = ["OVERLAP", "delivery_id", "signed_headers"]

OVERLAP = timedelta(hours=24)
"""So long after a rotation deliveries are signed with the former secret too, for receivers to change over."""


def delivery_id(subscriber: str, log: str, partition: int, offset: int) -> str:
    """The same however often it is tried, replays of dead letters included: a receiver drops repetitions by it."""
    return f"msg_{fact_id('webhook', subscriber, log, partition, offset).hex}"


def signed_headers(
    credentials: Credentials, subscriber: Subscriber, message_id: str, body: bytes, now: datetime
) -> Mapping[str, str]:
    """Headers of one attempt, Standard Webhooks."""
    generations = [subscriber.generation]
    if subscriber.generation > 1 and subscriber.rotated_at <= now < subscriber.rotated_at + OVERLAP:
        generations.append(subscriber.generation - 1)
    secrets = [credentials.signing_secret(subscriber.name, one) for one in generations]
    return sign_webhook(secrets, message_id, now, body)
