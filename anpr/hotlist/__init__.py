"""The topic of lists, filled from the store."""
