"""The parser of PDFs: lines, reading order, tables."""
