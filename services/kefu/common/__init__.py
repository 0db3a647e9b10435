"""What every service shares: configuration, errors, keys, gRPC servers, Redis, TLS, telemetry, text."""
