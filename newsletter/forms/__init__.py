"""What people type into the newsletter's pages: one file a noun."""
