"""What privacy shows, one file a noun."""
