"""Everything that only an NVIDIA card can show, in one run with a page at its end."""
