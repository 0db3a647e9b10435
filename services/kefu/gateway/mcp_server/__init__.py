"""Kefu's tools for assistants of others, by the Model Context Protocol (MCP)."""
