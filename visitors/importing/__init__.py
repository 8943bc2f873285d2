"""How a CSV becomes contacts: dialect, columns, records, rows, chunks, slices."""
