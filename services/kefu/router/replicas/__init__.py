"""Replicas of the generation service: discovery, load, balancing, circuit breaker, multiplexed calls."""
