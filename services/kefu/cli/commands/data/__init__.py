"""The commands that look at what is in Redis, and migrate it."""
