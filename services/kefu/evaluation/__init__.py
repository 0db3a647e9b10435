"""Evaluation: questions with known answers go through the router's own parts, and the answers are graded."""
