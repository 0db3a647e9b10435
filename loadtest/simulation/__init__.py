"""Simulations. Their inputs are chosen, not measured."""
