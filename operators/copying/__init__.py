"""A copy of everything that a site hosts, as one file."""
