"""The edge proxy: nginx in front of the routers, its rendered configuration and limits."""
