"""The replicas of the model: discovery, load, balancing, circuit breaker, multiplexed streams."""
