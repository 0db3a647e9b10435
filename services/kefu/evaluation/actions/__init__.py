"""`kefu eval actions`: customers who want something done, and what is done for them."""
