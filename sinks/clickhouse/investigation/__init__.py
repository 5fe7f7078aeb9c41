"""What investigators ask beyond one plate: places, routes, company, where next. Pure; the SQL is in `queries`."""
