"""Helpers of tests and load tests: a Redis server, the whole suite, free ports, rendered manifests."""
