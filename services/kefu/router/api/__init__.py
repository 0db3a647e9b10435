"""The gRPC surface of the router: servicers, request validation, server streams."""
