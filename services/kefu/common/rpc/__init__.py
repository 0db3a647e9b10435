"""gRPC servers and calls: serving with drain, health, the interceptor that maps errors, status details."""
