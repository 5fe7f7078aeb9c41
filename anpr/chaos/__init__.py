"""Parts of a running platform are killed, and every fact is compared with what must have come of it."""
