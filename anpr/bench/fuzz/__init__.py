"""Messages that nobody should send, through everything that takes messages: `python bench/fuzz.py`."""
