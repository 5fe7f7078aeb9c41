"""The API process and what it delivers."""
