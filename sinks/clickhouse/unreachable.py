"""The error of a store that is not there; by itself, as whoever waits for one need not load its client for that."""

__all__ = ["StoreUnreachable"]


class StoreUnreachable(RuntimeError):
    """Nothing answers at the DSN; the message says what to check. Holds no password."""
