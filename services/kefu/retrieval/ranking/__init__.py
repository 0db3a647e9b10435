"""Ranking: the signals of each candidate passage, relevance, and the reranker."""
