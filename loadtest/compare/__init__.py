"""Kefu beside other routers: python -m loadtest.compare."""
