"""The cost of single steps: a frame, a score, a search, an import."""
