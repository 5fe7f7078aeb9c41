"""For programs that consume hits: `for hit in subscribe(kind="stolen_vehicle", source=Kafka(…))`.

Such a program imports this package and `schemas`, nothing else of ours. What holds of every hit that it gets, over
Kafka and over HTTP alike, is told in docs/subscribers.md; in short:

- At least once. A hit counts as dealt with when the program asks for the next one, or says `done()`. What was in hand
  when it ended comes again: the same `hit_id` and revision. `Seen` tells repetitions from news.
- A hit may be revised and withdrawn: the highest revision of a `hit_id` holds, of equal ones the later message.
- `alert_class` is `confirm` where a person must compare the picture before anybody acts.
"""

from anpr.client.errors import SubscriptionFailed, SubscriptionRefused
from anpr.client.seen import Seen
from anpr.client.sources import Http, Kafka
from anpr.client.subscribe import subscribe, subscribe_cases
from anpr.client.subscription import Subscription
from schemas.webhook import WebhookUnverified, verify_webhook

__all__ = [
    "Http",
    "Kafka",
    "Seen",
    "Subscription",
    "SubscriptionFailed",
    "SubscriptionRefused",
    "WebhookUnverified",
    "subscribe",
    "subscribe_cases",
    "verify_webhook",
]
