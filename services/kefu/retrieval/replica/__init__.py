"""A replica's copy of the knowledge: live collections that follow changes, and the search over them."""
