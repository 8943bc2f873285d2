"""What people may type: contacts, custom fields, imports."""
