"""ClickHouse: numbered migrations, the writer that is exact under re-delivery, named queries."""
