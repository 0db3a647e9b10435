"""ASGI middleware of every HTTP request: security headers, CORS, body deadline, request log."""
