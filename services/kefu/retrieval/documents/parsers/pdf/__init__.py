"""PDF: lines, reading order, tables."""
