"""What is planted in the traffic for a search or an alarm to find: `asked` says what, `planting` makes it happen."""
