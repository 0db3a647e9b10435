"""What every HTTP request passes: security headers, CORS, the request log."""
