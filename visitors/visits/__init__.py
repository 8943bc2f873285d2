"""From a web page to the counts: cookie, beacon, buffer, rows (docs/visitors.md)."""
