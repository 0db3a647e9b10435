"""The gRPC surface of retrieval: the servicer, its requests, and its responses."""
