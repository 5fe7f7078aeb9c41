"""Dead letters: looked at, and put back into the topics that they come from, once each. docs/decisions/0036."""
