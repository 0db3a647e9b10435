"""Importing documents: unpack, convert in worker processes, embed, write."""
