"""What tests and load tests start: a Redis, the whole suite, free ports, rendered manifests."""
