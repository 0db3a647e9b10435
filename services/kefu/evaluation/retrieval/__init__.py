"""Evaluation of retrieval on question sets: a run, its report, and the fit of relevance."""
