"""Experiments: a share of conversations is answered over a draft, and what came of both is compared."""
