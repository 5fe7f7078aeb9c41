"""Messages as columns."""
