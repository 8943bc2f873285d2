"""What people do with newsletters: one file a noun."""
