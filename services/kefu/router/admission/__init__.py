"""Whether a turn may run now: tenant limits, fair queue, concurrency limit, brown-out."""
