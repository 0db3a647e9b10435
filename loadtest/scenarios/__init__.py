"""Scenarios of load: streams, watchers, noisy neighbours: python -m loadtest.scenarios."""
