"""The index of one collection: passages, BM25, curated answers, and its snapshot on disk."""
