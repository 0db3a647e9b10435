"""Decoding, from token ids to text: chat template, detokenizer, reasoning, stop strings."""
