"""Load generators: HTTP/2 clients, turns, worker processes."""
