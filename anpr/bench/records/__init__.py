"""What is kept of benchmarks: one shape for all, a page of them, and two of them compared."""
