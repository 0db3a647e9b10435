"""Faults that are planted one at a time, to see whether the tests find them; see README.md."""
