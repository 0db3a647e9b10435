"""The gRPC surface of the router: servicers, checked requests, server streams."""
