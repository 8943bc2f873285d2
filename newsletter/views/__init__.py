"""The pages of the newsletter: one file a noun."""
