"""What privacy does, one file a noun."""
