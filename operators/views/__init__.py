"""Pages of the people at work, one file a noun."""
