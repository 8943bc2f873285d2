"""What privacy asks for, one file a noun."""
