"""The sample shop's order system: rules, data and page, without a server."""
