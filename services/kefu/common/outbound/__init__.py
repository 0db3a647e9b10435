"""Calls to addresses that somebody outside chose: the SSRF guard, HTTP behind it, published keys."""
