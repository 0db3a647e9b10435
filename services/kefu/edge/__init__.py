"""Edge: nginx in front of the routers, its configuration and limits."""
