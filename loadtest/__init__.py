"""Load tests, benchmarks and simulations."""
