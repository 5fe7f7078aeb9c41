"""`anpr simulate`: the traffic of a large city into topics or a file, with the truth beside it."""
