"""Questions to the database of the low-emission zones."""
