"""Searches of people: what they typed, what was found, and what they take with them."""
