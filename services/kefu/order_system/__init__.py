"""A small order system of a sample shop: what Kefu's actions call in the demo, over HTTP, and the shop's own page."""
