"""The soak test: python -m loadtest.soak."""
