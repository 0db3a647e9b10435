"""Redis: the client, its URL, and typed commands that raise only Kefu's errors."""
