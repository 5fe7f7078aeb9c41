"""What a subscription raises. All else it waits out: brokers and servers that are away come back."""

__all__ = ["SubscriptionFailed", "SubscriptionRefused"]


class SubscriptionFailed(RuntimeError):
    """Waiting will not help; the message says what to do."""


class SubscriptionRefused(SubscriptionFailed):
    """The platform knows this program and says no: an unknown or ended token, a right that is missing."""
