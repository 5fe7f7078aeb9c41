"""Where facts are kept: ClickHouse for rows, an object store for evidence pictures."""
