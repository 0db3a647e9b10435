"""Simulations: scripted customers, played against a procedure before a real one meets it."""
