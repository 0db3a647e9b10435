"""The kinds of sources: each reads what is there now, and says of each document what became of it."""
