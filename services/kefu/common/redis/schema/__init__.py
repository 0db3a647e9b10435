"""The layout of what Kefu keeps in Redis: its version, the check at a service's start, and the way to a newer one."""
