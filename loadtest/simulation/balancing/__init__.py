"""Balancing policies, simulated: python -m loadtest.simulation.balancing."""
