"""The database of the low-emission zones: its own tables, terms, roles and audit."""
