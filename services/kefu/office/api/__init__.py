"""The gRPC surface of the office: its servicers."""
