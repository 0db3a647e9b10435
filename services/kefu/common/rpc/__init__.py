"""gRPC servers and calls: servers with drain and health, the call interceptor, status details."""
