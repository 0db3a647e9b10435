"""Admission control: tenant limits, fair queue, concurrency limit, brown-out."""
