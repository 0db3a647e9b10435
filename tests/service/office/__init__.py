"""Tests of the office, over gRPC and Redis."""
