"""Benchmarks of the real thing: the processes, topics and tables of the product, with counted truth."""
