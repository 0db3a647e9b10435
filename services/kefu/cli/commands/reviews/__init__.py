"""Commands for what Kefu said, and for reviews of it."""
