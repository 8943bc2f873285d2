"""Pages on contacts, custom fields and imports."""
