"""Writes answers: a model behind one contract, as frames of whole characters, and what it owes."""
