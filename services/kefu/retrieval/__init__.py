"""The retrieval service: import, chunk, embed, index, search."""
