"""Questions to the store: `NAME.sql` and the typed function beside it, `NAME.py`. `ask` runs them."""
