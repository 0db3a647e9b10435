"""The demo: what it puts into a suite, and how that is taken away."""
