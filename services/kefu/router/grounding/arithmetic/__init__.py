"""Arithmetic over evidence: what stands in question and pieces as figures, and the rules that compute with them."""
