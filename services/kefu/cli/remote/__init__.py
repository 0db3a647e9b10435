"""Calls to a running Kefu: the connection, pagination, resource names."""
