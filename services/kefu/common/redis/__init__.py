"""Redis: the connection, its URL, and the commands that raise only our errors."""
