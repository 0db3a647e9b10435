"""A day with the autoscaler, simulated: python -m loadtest.simulation.autoscaling."""
