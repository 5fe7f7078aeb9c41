"""`anpr bench peers`: the same job in ours and in what a user would otherwise pick, on the same broker, by turns."""
