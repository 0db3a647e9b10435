"""nginx in front of the routers: its configuration, and the limits in it."""
