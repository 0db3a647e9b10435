"""One parser for each document format."""
