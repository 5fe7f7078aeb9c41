"""The audit: what was searched, shown, refused, exported and changed, in hash chains."""
