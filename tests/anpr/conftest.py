"""Commands under test find a store that runs, as a server does."""

from tests.own_store import store, tables

__all__ = ["store", "tables"]
