"""A replica: live collections in memory that follow change streams, and the search over them."""
