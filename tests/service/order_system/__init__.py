"""The sample shop's order system over HTTP."""
