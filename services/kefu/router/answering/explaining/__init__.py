"""Explanations: what the pipeline notes of its searches, its evidence, its decision and its model."""
