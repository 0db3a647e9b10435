"""Procedures: what a support lead has written down, compiled, checked and followed. No model takes part."""
